"""Judges messages that the gateway made up, by a second implementation of a party's protocol.

    tongshi specimens power-dongguan | python3 conformance/oracles/judge.py power_dongguan

In: specimens, one JSON object a line. Out: one JSON object a line: `message`, `case`, and `wrong` (null where the second
implementation read the same values and, where it writes, wrote the same octets), `schema` (its XML was held to the party's
XML schema, see `schema.py`). A message that it does not know is left
out. Each implementation is a module beside this file, written from the party's specification alone: it must not look into
`configs/`. It has `read(message, specimen)`, which gives the fields of the octets by the specification's names (amounts in
fen, days and times in ISO form, codes as they stand), and may have `write(message, fields, specimen)`, which gives octets.
Both give None for what they do not know, and raise ValueError for what is none of the protocol. `OWN` names fields that it
has for itself, or of which the gateway keeps no value for each row since they are always the same (`DATA.`: all inside).
"""

import importlib
import json
import sys

# How it ends where a library is not there.
LIBRARY_MISSING = 3


def flat(value, path=""):
    """Values by path; what is absent, empty or an empty list is left out, since both say the same."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from flat(inner, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for row, inner in enumerate(value):
            yield from flat(inner, f"{path}[{row}]")
    elif value is not None and value != "":
        yield path, str(value)


def owned(path, own):
    path = f".{path}"
    return any(f".{name}" in path if name.endswith(".") else path.endswith(f".{name}") for name in own)


def difference(ours, theirs, own=()):
    """The first field of which the gateway has another value than was read, or None."""
    ours, theirs = dict(flat(ours)), dict(flat(theirs))
    for path in ours | theirs:
        if ours.get(path) != theirs.get(path) and (path in ours or not owned(path, own)):
            return f"{path}: the gateway has {ours.get(path)!r}, read was {theirs.get(path)!r}"
    return None


def judged(oracle, specimen):
    """What is wrong with a specimen: (known, text or None)."""
    message = specimen["message"]
    try:
        found = oracle.read(message, specimen)
        if found is None:
            return False, None
        wrong = difference(specimen["fields"], found, getattr(oracle, "OWN", ()))
        if wrong is None and hasattr(oracle, "write"):
            octets = oracle.write(message, found, specimen)
            sent = bytes.fromhex(specimen["parts"].get("content", ""))
            if octets is not None and octets != sent:
                at = next((i for i, (a, b) in enumerate(zip(octets, sent)) if a != b), min(len(octets), len(sent)))
                wrong = f"written again, {len(octets)} octets and {len(sent)} differ from offset {at}"
    except (ValueError, KeyError, IndexError) as error:
        wrong = f"{type(error).__name__}: {error}"
    return True, wrong


def held_to_schema(oracle, party, specimen):
    """Whether its XML was held to the party's schema, and what is wrong with it."""
    found = oracle.schema_document(specimen["message"], specimen) if hasattr(oracle, "schema_document") else None
    if found is None:
        return False, None
    import schema

    return True, schema.wrong(party, *found)


def main():
    try:
        oracle = importlib.import_module(sys.argv[1])
    except ModuleNotFoundError as error:
        print(error, file=sys.stderr)
        sys.exit(LIBRARY_MISSING)
    for line in sys.stdin:
        specimen = json.loads(line)
        specimen["parts"].setdefault("content", "")
        known, wrong = judged(oracle, specimen)
        if known:
            by_schema, not_so = (False, None) if wrong else held_to_schema(oracle, sys.argv[1], specimen)
            line = {"message": specimen["message"], "case": specimen["case"], "wrong": wrong or not_so, "schema": by_schema}
            print(json.dumps(line, ensure_ascii=False))


if __name__ == "__main__":
    main()
