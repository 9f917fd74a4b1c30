"""XML of elements without attributes, by tables of fields (`tables.py`)."""

import xml.etree.ElementTree as Tree
from xml.sax.saxutils import escape

import tables


def root(text, declaration='<?xml version="1.0" encoding="GBK"?>'):
    """The outermost element of a document that begins as it must."""
    if not text.startswith(declaration):
        raise ValueError(f"it begins {text[:60]!r}")
    return Tree.fromstring(text[len(declaration) :])


def read(element, fields):
    """The values of an element's children. Each field stands in its place, a list's rows one after the other."""
    found, children = {}, list(element)
    for field in fields:
        rows = []
        while children and children[0].tag == field.name and (field.kind == "[" or not rows):
            rows.append(children.pop(0))
        if field.kind == "[":
            found[field.ours] = [read(row, field.inner) for row in rows]
        elif not rows:
            if not field.may:
                raise ValueError(f"no {field.name} in {element.tag}, but {children[0].tag if children else 'its end'}")
        elif field.kind == "(":
            found[field.ours] = read(rows[0], field.inner)
        else:
            if len(rows[0]) or rows[0].attrib:
                raise ValueError(f"{field.name} is no text")
            found[field.ours] = tables.value(rows[0].text or "", field)
    if children:
        raise ValueError(f"{children[0].tag} in {element.tag}")
    return found


def write(found, fields):
    text = ""
    for field in fields:
        inner = found.get(field.ours)
        if field.kind == "[":
            text += "".join(f"<{field.name}>{write(row, field.inner)}</{field.name}>" for row in inner or [])
        elif field.ours not in found and field.may:
            continue
        elif field.kind == "(":
            text += f"<{field.name}>{write(inner, field.inner)}</{field.name}>"
        else:
            text += f"<{field.name}>{escape(tables.written(inner, field))}</{field.name}>"
    return text
