"""JSON of the credit platform (zhima-credit): from text to values and back, by the tables of its methods."""

import json

from zhima_credit_tables import INSIDE, NAMES, table


def value(found, kind):
    if kind == "X":
        expected, read = str, found
    elif kind == "N":
        expected, read = int, found
    elif kind == "Q":
        # `N/A` says that there is none.
        expected, read = str, None if found == "N/A" else int(found)
    elif kind == "B":
        expected, read = bool, "true" if found else "false"
    elif kind == "Y":
        yuan, _, cents = found.partition(".")
        if len(cents) != 2:
            raise ValueError(f"{found!r} has no two places")
        expected, read = str, int(yuan + cents)
    else:
        raise ValueError(f"no kind {kind}")
    if type(found) is not expected:
        raise ValueError(f"{found!r} is no {expected.__name__}")
    return read


def fields(found, text):
    """Values of an object by its line of fields."""
    known = table(text)
    if strange := set(found) - {name for name, *_ in known}:
        raise ValueError(f"strange fields {strange}")
    tree = {}
    for name, kind, may, inner in known:
        if name not in found:
            if not may:
                raise ValueError(f"{name} is missing")
            continue
        ours = NAMES.get(name, name)
        if kind == "(":
            tree[ours] = {INSIDE[name]: fields(json.loads(found[name]), inner)}
        elif kind == "[":
            tree[ours] = [fields(row, inner) if inner else {"value": value(row, "X")} for row in found[name]]
        else:
            tree[ours] = value(found[name], kind)
    return tree


def plain(found, kind):
    if kind == "Q":
        return "N/A" if found is None else str(found)
    if kind == "B":
        return found == "true"
    return f"{found // 100}.{found % 100:02}" if kind == "Y" else found


def back(tree, text):
    found = {}
    for name, kind, _, inner in table(text):
        ours = NAMES.get(name, name)
        if ours not in tree:
            continue
        if kind == "(":
            found[name] = text_of(back(tree[ours][INSIDE[name]], inner))
        elif kind == "[":
            found[name] = [back(row, inner) if inner else row["value"] for row in tree[ours]]
        else:
            found[name] = plain(tree[ours], kind)
    return found


def text_of(found):
    return json.dumps(found, ensure_ascii=False, separators=(",", ":"))
