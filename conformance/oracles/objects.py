"""JSON by tables of fields (`tables.py`): I and A are numbers, all else are texts; a list of plain texts has rows `value`.
Kinds more: R number with a point, O octets in base64, U time `HHmmssSSS`."""

import base64
import json
import re

import tables


class Figures(str):
    """A number with a point, by its figures."""


def value(found, field):
    if field.kind in "IA":
        if type(found) is not int:
            raise ValueError(f"{field.name} is {found!r}, no number")
        tables.measured(str(abs(found)), field)
        return found
    if field.kind == "R" and type(found) is Figures:
        return str(found)
    if type(found) is not str:
        raise ValueError(f"{field.name} is {found!r}, no text")
    if field.kind == "O":
        return base64.b64decode(found, validate=True).hex().upper()
    if field.kind == "U":
        hours, minutes, seconds, milliseconds = re.fullmatch(r"(\d\d)(\d\d)(\d\d)(\d{3})", found).groups()
        return f"{hours}:{minutes}:{seconds}" + (f".{milliseconds}" if milliseconds != "000" else "")
    return tables.value(found, field)


def read(found, fields):
    if strange := set(found) - {field.name for field in fields}:
        raise ValueError(f"strange fields {strange}")
    tree = {}
    for field in fields:
        if field.name not in found:
            if not field.may:
                raise ValueError(f"{field.name} is missing")
            continue
        inner = found[field.name]
        if field.kind == "(":
            tree[field.ours] = read(inner, field.inner)
        elif field.kind == "[" and field.inner:
            tree[field.ours] = [read(row, field.inner) for row in inner]
        elif field.kind == "[":
            tree[field.ours] = [{"value": value(row, tables.table("row")[0])} for row in inner]
        else:
            tree[field.ours] = value(inner, field)
    return tree


def write(tree, fields):
    found = {}
    for field in fields:
        if field.ours not in tree:
            continue
        inner = tree[field.ours]
        if field.kind == "(":
            found[field.name] = write(inner, field.inner)
        elif field.kind == "[":
            found[field.name] = [write(row, field.inner) if field.inner else row["value"] for row in inner]
        else:
            found[field.name] = text(inner, field)
    return found


def text(found, field):
    if field.kind in "IA":
        return found
    if field.kind == "R":
        return Figures(found)
    if field.kind == "O":
        return base64.b64encode(bytes.fromhex(found)).decode("ascii")
    if field.kind == "U":
        return re.sub(r"\D", "", found).ljust(9, "0")
    return tables.written(found, field)


def text_of(found):
    """One line; `json` has no way to keep a number's figures, so they are put in behind it."""
    figures = []

    def marked(inner):
        if isinstance(inner, dict):
            return {name: marked(below) for name, below in inner.items()}
        if isinstance(inner, list):
            return [marked(below) for below in inner]
        if isinstance(inner, Figures):
            figures.append(inner)
            return "\0"
        return inner

    line = json.dumps(marked(found), ensure_ascii=False, separators=(",", ":"))
    return re.sub(r'"\\u0000"', lambda _: figures.pop(0), line)


def pairs(found, path=""):
    """Every value by its path, `body.rows[0].name`."""
    if isinstance(found, dict):
        for name, inner in found.items():
            yield from pairs(inner, f"{path}.{name}" if path else name)
    elif isinstance(found, list):
        for row, inner in enumerate(found):
            yield from pairs(inner, f"{path}[{row}]")
    else:
        yield path, str(found)
