"""Tables of named fields, one a line of text, and the values of fields that are texts (XML, JSON, forms, delimited lines).

A field is `name`, and behind it, each where there is one: `:K`, its kind; `20`, the most characters (`4=` just so many); `?`,
may be missing; `(…)`, fields inside; `[…]`, fields of each row of a list; `>name`, what the gateway calls it.

Kinds: X text, N figures that keep their zeros, I number, C number of four figures at least, A amount in fen, B the same of
three figures at least, Y amount in yuan of two places, Z the same with its sign, D `yyyyMMdd`, E `yyyy-MM-dd`, T `HHmmss`,
M `yyyyMMddHHmmss`, S `yyyy-MM-dd HH:mm:ss`, P `yyyyMM`, R number with a point, its figures kept.
"""

import re
from functools import lru_cache
from typing import NamedTuple

FIELD = re.compile(r"([^\s:?()\[\]>]+)(?::([A-Z])(\d+)?(=)?)?(\?)?")
# Figures that a number has at least.
FIGURES = {"I": 1, "A": 1, "B": 3, "C": 4}
MOMENTS = {
    "D": (r"(\d{4})(\d\d)(\d\d)", "{}-{}-{}"),
    "E": (r"(\d{4})-(\d\d)-(\d\d)", "{}-{}-{}"),
    "T": (r"(\d\d)(\d\d)(\d\d)", "{}:{}:{}"),
    "M": (r"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)", "{}-{}-{}T{}:{}:{}"),
    "S": (r"(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)", "{}-{}-{}T{}:{}:{}"),
    "P": (r"(\d{4})(\d\d)", "{}-{}"),
}


class Field(NamedTuple):
    name: str
    kind: str
    width: int | None
    exactly: bool
    may: bool
    inner: tuple
    ours: str


@lru_cache(maxsize=None)
def table(text):
    fields, at = parsed(text, 0)
    if at != len(text):
        raise ValueError(f"{text[at:]!r} is no field")
    return fields


def parsed(text, at):
    fields = []
    while at < len(text) and text[at] not in ")]":
        if text[at].isspace():
            at += 1
            continue
        found = FIELD.match(text, at)
        name, kind, width, exactly, may = found.groups()
        at, inner = found.end(), ()
        if at < len(text) and text[at] in "([":
            kind = text[at]
            inner, at = parsed(text, at + 1)
            if text[at] != {"(": ")", "[": "]"}[kind]:
                raise ValueError(f"{name} is not closed")
            at += 1
            if text[at : at + 1] == "?":
                may, at = "?", at + 1
        ours = name
        if text[at : at + 1] == ">":
            ours = re.compile(r"\w+").match(text, at + 1)[0]
            at += 1 + len(ours)
        fields.append(Field(name, kind or "X", int(width) if width else None, bool(exactly), bool(may), inner, ours))
    return tuple(fields), at


def measured(text, field):
    if field.width is not None and (len(text) > field.width or (field.exactly and text and len(text) != field.width)):
        raise ValueError(f"{field.name} has {len(text)} characters of {field.width}: {text!r}")
    return text


def value(text, field):
    """A field's value; what is empty is absent, but for texts."""
    kind = field.kind
    if kind in "YZ" and text:
        found = re.fullmatch(r"(-?)(0|[1-9]\d*)\.(\d\d)", text)
        if not found or (found[1] and kind == "Y"):
            raise ValueError(f"{field.name} is {text!r}, no yuan of two places")
        # N18.2 counts figures.
        measured(found[2] + found[3], field)
        return int("".join(found.groups()))
    measured(text, field)
    if kind == "X":
        return text
    if kind == "R":
        if text and not re.fullmatch(r"(0|[1-9]\d*)\.\d+", text):
            raise ValueError(f"{field.name} is {text!r}, no number with a point")
        return text or None
    if text == "":
        return None
    if kind == "N" or kind in FIGURES:
        if not re.fullmatch(r"\d+", text) or (kind != "N" and text != f"{int(text):0{FIGURES[kind]}}"):
            raise ValueError(f"{field.name} is {text!r}, no number")
        return text if kind == "N" else int(text)
    form, shown = MOMENTS[kind]
    found = re.fullmatch(form, text)
    if not found:
        raise ValueError(f"{field.name} is {text!r}, none of {form}")
    return shown.format(*found.groups())


def written(found, field):
    """The text of a value."""
    if found is None:
        return ""
    if field.kind in "YZ":
        return f"{'-' if found < 0 else ''}{abs(found) // 100}.{abs(found) % 100:02}"
    if field.kind in FIGURES:
        return f"{found:0{FIGURES[field.kind]}}"
    if field.kind in "DTMP":
        return "".join(figure for figure in found if figure.isdigit())
    return found.replace("T", " ") if field.kind == "S" else str(found)


def lines(octets, charset="gbk", end="\r\n"):
    """The lines of a file, of which each has its end."""
    text = octets.decode(charset)
    if text and not text.endswith(end):
        raise ValueError("the last line has no end")
    return text.split(end)[:-1]


def row(line, fields, mark="|"):
    """The values of a delimited line."""
    fields = table(fields)
    texts = line.split(mark)
    if len(texts) != len(fields):
        raise ValueError(f"{len(texts)} columns, {len(fields)} are due: {line!r}")
    return {field.ours: value(text, field) for text, field in zip(texts, fields)}


def line(found, fields, mark="|"):
    return mark.join(written(found.get(field.ours), field) for field in table(fields))
