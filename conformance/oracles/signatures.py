"""Signatures of RSA (PKCS#1 v1.5), checked with public keys. They are kept when a message is written again: the octets that
they cover are made anew, and no private key is here."""

import base64

from Cryptodome.Hash import SHA1, SHA256
from Cryptodome.PublicKey import RSA
from Cryptodome.Signature import pkcs1_15

HASHES = {"RSA2": SHA256, "RSA": SHA1}


def good(key, octets, sign, algorithm="RSA2"):
    """Whether the signature is good; it must be of one line of base64."""
    try:
        pkcs1_15.new(RSA.import_key(key)).verify(HASHES[algorithm].new(octets), base64.b64decode(sign, validate=True))
    except ValueError:
        return False
    return True
