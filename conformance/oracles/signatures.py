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
