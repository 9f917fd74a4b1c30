"""MACs of banks by pycryptodome: X9.9, X9.19, and the last block of a CBC of SM4 by gmssl."""

from Cryptodome.Cipher import DES, DES3
from gmssl.sm4 import SM4_ENCRYPT, CryptSM4


def padded(octets, size=8):
    return octets + b"\0" * (-len(octets) % size)


def x9_9(key, octets):
    return DES.new(key[:8], DES.MODE_CBC, b"\0" * 8).encrypt(padded(octets))[-8:]


def x9_19(key, octets):
    last = DES.new(key[:8], DES.MODE_CBC, b"\0" * 8).encrypt(padded(octets))[-8:]
    inner = DES.new(key[8:16], DES.MODE_ECB).decrypt(last)
    return DES.new(key[:8], DES.MODE_ECB).encrypt(inner)


def folded(key, octets):
    """The bank-card MAC: blocks xored, the block as hex, its halves enciphered one upon the other; eight characters."""
    cipher = DES3.new(key, DES3.MODE_ECB) if len(key) == 16 else DES.new(key, DES.MODE_ECB)
    text = padded(octets)
    block = bytes(8)
    for at in range(0, len(text), 8):
        block = bytes(a ^ b for a, b in zip(block, text[at : at + 8]))
    digits = block.hex().upper().encode()
    first = cipher.encrypt(digits[:8])
    return cipher.encrypt(bytes(a ^ b for a, b in zip(first, digits[8:]))).hex().upper()[:8]


def tdes_ecb(key, octets):
    return DES3.new(key, DES3.MODE_ECB).encrypt(octets)


def sm4_cbc(key, octets):
    """CBC-MAC of SM4, zeros behind."""
    cipher = CryptSM4(padding_mode=None)
    cipher.set_key(key, SM4_ENCRYPT)
    last = bytes(16)
    text = padded(octets, 16)
    for at in range(0, len(text), 16):
        last = bytes(cipher.one_round(cipher.sk, [a ^ b for a, b in zip(last, text[at : at + 16])]))
    return last
