"""Rules of an interface document (`tongshi doc PARTY --json`): expressions, worked out over what is known of a message.

Written from the document's description in `conformance/README.md`; as much of the vocabulary as the systems built from documents need.
"""

from Cryptodome.Cipher import DES3

import macs


class Unknown(ValueError):
    """A value that is not known here."""


MACS = {"x9_9": macs.x9_9, "x9_19": macs.x9_19, "sm4_cbc": macs.sm4_cbc}


def cipher(algorithm, key):
    if algorithm != "tdes_ecb":
        raise NotImplementedError(f"no cipher {algorithm}")
    return DES3.new(key if len(key) in (16, 24) else key * 2, DES3.MODE_ECB)


def check_value(algorithm, key):
    if algorithm.startswith("sm4"):
        # Of one block the MAC is the block itself, enciphered.
        return macs.sm4_cbc(key, bytes(16))
    return cipher("tdes_ecb", key).encrypt(bytes(8))


FUNCTIONS = {
    "if": lambda condition, then, other: then if condition else other,
    "hex_upper": lambda octets: octets.hex().upper(),
    "hex": lambda octets: octets.hex(),
    "from_hex": bytes.fromhex,
    "mac": lambda algorithm, key, octets: MACS[algorithm](key, octets)[:8],
    "kcv": lambda count, key, algorithm="tdes": check_value(algorithm, key)[:count],
    "encrypt": lambda algorithm, key, octets: cipher(algorithm, key).encrypt(octets),
    "decrypt": lambda algorithm, key, octets: cipher(algorithm, key).decrypt(octets),
}


def constant(value):
    if not isinstance(value, dict):
        return value
    (kind, inner), = value.items()
    return int(inner) if kind == "number" else bytes.fromhex(inner) if kind == "hex" else inner


class Scope:
    """What is known: values and octets of fields by path, facts of the exchange, settings, keys, values of the session."""

    def __init__(self, given, exchange=None, request=None):
        self.given, self.exchange, self.request = given, dict(exchange or {}), request or {}
        self.fields, self.octets, self.outcome, self.row, self.lists = {}, {}, None, {}, {}
        # Values that count or sum up rows: by the list, path and rule.
        self.counted = {}

    def named(self, kind, name):
        if name not in self.given.get(kind, {}):
            raise Unknown(f"{kind} {name}")
        return self.given[kind][name]

    def value(self, tree):
        kind = tree["is"]
        if kind == "constant":
            return constant(tree["value"])
        if kind == "field":
            path = tree["path"]
            if path in self.row:
                return self.row[path]
            if path not in self.fields:
                raise Unknown(path)
            return self.fields[path]
        if kind == "request_field":
            if tree["path"] not in self.request:
                raise Unknown(tree["path"])
            return self.request[tree["path"]]
        if kind == "exchange":
            if tree["fact"] not in self.exchange:
                raise Unknown(tree["fact"])
            return self.exchange[tree["fact"]]
        if kind in ("setting", "key", "session"):
            return self.named(kind, tree["name"])
        if kind == "raw":
            return self.octets.get(tree["of"], b"")
        if kind == "outcome_is":
            return (self.outcome or "").split(" ")[0] == tree["outcome"]
        if kind.startswith("original") or kind in ("asked", "answered"):
            raise Unknown(f"{kind} {tree.get('path')}")
        if kind in ("count", "sum"):
            return self.fold(kind, tree)
        if kind == "call":
            return FUNCTIONS[tree["function"]](*[self.value(part) for part in tree["of"]])
        if kind == "in":
            return self.value(tree["of"][0]) in [self.value(part) for part in tree["any"]]
        return self.joined(kind, [self.value(part) for part in tree.get("of", [])])

    @staticmethod
    def joined(kind, parts):
        if kind in ("join", "add"):
            whole = parts[0]
            for part in parts[1:]:
                whole = whole + part
            return whole
        if kind == "subtract":
            return parts[0] - parts[1]
        if kind == "equal":
            return parts[0] == parts[1]
        if kind == "less":
            return parts[0] < parts[1]
        if kind == "less_or_equal":
            return parts[0] <= parts[1]
        if kind == "and":
            return all(parts)
        if kind == "or":
            return any(parts)
        if kind == "not":
            return not parts[0]
        raise NotImplementedError(f"no rule {kind}")

    def fold(self, kind, tree):
        rows, before, found = self.lists.get(tree["list"]["path"], []), self.row, []
        for row in rows:
            self.row = row
            if tree["where"] is None or self.value(tree["where"]):
                found.append(1 if kind == "count" else self.value(tree["each"]))
        self.row = before
        return sum(found)


def inverse(tree, value, scope):
    """What a field must hold so that the expression over it gives this value: the path and the field's value."""
    if tree["is"] == "last_reply_field":
        return tree["path"], value
    function, parts = tree["function"], tree["of"]
    if function == "from_hex":
        return inverse(parts[0], value.hex().upper(), scope)
    if function == "decrypt":
        key = scope.value(parts[1])
        return inverse(parts[2], cipher(scope.value(parts[0]), key).encrypt(value), scope)
    raise NotImplementedError(f"no inverse of {function}")
