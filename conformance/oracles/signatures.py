"""Signatures of RSA (PKCS#1 v1.5) and of SM2, checked with public keys. They are kept when a message is written again: the octets that
they cover are made anew, and no private key is here."""

import base64

from Cryptodome.Hash import SHA1, SHA256
from Cryptodome.PublicKey import RSA
from Cryptodome.Signature import pkcs1_15
from Cryptodome.Util import asn1
from gmssl import sm2

HASHES = {"RSA2": SHA256, "RSA": SHA1}


def good(key, octets, sign, algorithm="RSA2"):
    """Whether the signature is good; it must be of one line of base64."""
    return verified(key, octets, base64.b64decode(sign, validate=True), algorithm)


def good_hex(key, octets, sign, algorithm):
    return verified(key, octets, bytes.fromhex(sign), algorithm)


def verified(key, octets, sign, algorithm):
    try:
        pkcs1_15.new(RSA.import_key(key)).verify(HASHES[algorithm].new(octets), sign)
    except ValueError:
        return False
    return True


def sm2_good(key, octets, sign):
    """Whether a signature of SM3 with SM2, DER in base64, is good, for the usual user."""
    point = base64.b64decode("".join(key.strip().splitlines()[1:-1]))[-64:].hex()
    parts = asn1.DerSequence().decode(base64.b64decode(sign, validate=True))
    if len(parts) != 2:
        return False
    return bool(sm2.CryptSM2(private_key="", public_key=point).verify_with_sm3("".join(f"{part:064x}" for part in parts), octets))


# Of PKCS#7: names of what it is, of the digest and of the signature in it.
SIGNED_DATA, DATA, RSA_NAME = "1.2.840.113549.1.7.2", "1.2.840.113549.1.7.1", "1.2.840.113549.1.1.1"
DIGESTS = {"RSA": "1.3.14.3.2.26", "RSA2": "2.16.840.1.101.3.4.2.1"}


def sequence(octets):
    return asn1.DerSequence().decode(octets)


def named(octets):
    return asn1.DerObjectId().decode(octets).value


def inside(octets, tag):
    """What stands under a tag of its own."""
    found = asn1.DerObject().decode(octets)
    if octets[0] != tag:
        raise ValueError(f"tag {octets[0]:02X}, {tag:02X} is due")
    return found.payload


def detached(certificate, octets, envelope, algorithm):
    """Whether a PKCS#7 is one of content outside it, signed by the holder of this very certificate, without attributes."""
    kind, content = sequence(envelope)
    version, digests, around, certificates, signers = sequence(inside(content, 0xA0))
    (signer,) = asn1.DerSetOf().decode(signers)
    (digest,) = asn1.DerSetOf().decode(digests)
    of_signer, who, of_digest, of_signature, signature = sequence(signer)
    der = base64.b64decode("".join(certificate.strip().splitlines()[1:-1]))
    own = sequence(sequence(der)[0])
    serial, issuer = (own[1], own[3]) if isinstance(own[0], bytes) else (own[0], own[2])
    names = [named(kind), named(sequence(around)[0]), named(sequence(digest)[0]), named(sequence(of_digest)[0]), named(sequence(of_signature)[0])]
    if (version, of_signer, len(sequence(around)._seq)) != (1, 1, 1) or sequence(who)._seq != [issuer, serial]:
        return False
    if names != [SIGNED_DATA, DATA, DIGESTS[algorithm], DIGESTS[algorithm], RSA_NAME] or inside(certificates, 0xA0) != der:
        return False
    return verified(certificate, octets, asn1.DerOctetString().decode(signature).payload, algorithm)
