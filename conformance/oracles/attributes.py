"""XML whose values stand in attributes, by tables of fields (`tables.py`): a field is an attribute, one with fields inside an
element, a list as many elements as there are. The order of attributes, and how an empty element is closed, mean nothing.

Two kinds more: O octets, and Q a day `yyyy-MM-dd` that may have a time behind it.
"""

import re
import xml.etree.ElementTree as Tree
from xml.sax.saxutils import quoteattr

import tables

DECLARATION = r'<\?xml version="1.0" encoding="UTF-8" ?\?>'


def value(text, field, coding):
    if field.kind == "O":
        return coding.octets(text).hex().upper() if text else None
    text = coding.text(text) if text else ""
    if field.kind == "Q":
        found = re.fullmatch(r"(\d{4}-\d\d-\d\d)( \d\d:\d\d:\d\d)?", text)
        if text and not found:
            raise ValueError(f"{field.name} is {text!r}, no day")
        return found[1] if found else None
    return tables.value(text, field)


def read(element, fields, coding):
    attributes = {field.name: field for field in fields if field.kind not in "(["}
    if strange := set(element.attrib) - set(attributes):
        raise ValueError(f"strange attributes {strange} of {element.tag}")
    found, children = {}, list(element)
    for field in fields:
        if field.kind not in "([":
            if field.name in element.attrib:
                found[field.ours] = value(element.attrib[field.name], field, coding)
            elif not field.may:
                raise ValueError(f"no {field.name} of {element.tag}")
            continue
        rows = []
        while children and children[0].tag == field.name and (field.kind == "[" or not rows):
            rows.append(read(children.pop(0), field.inner, coding))
        if field.kind == "[":
            found[field.ours] = rows
        elif rows:
            found[field.ours] = rows[0]
        elif not field.may:
            raise ValueError(f"no {field.name} in {element.tag}")
    if children or (element.text or "").strip():
        raise ValueError(f"{children[0].tag if children else element.text} in {element.tag}")
    return found


def written(found, field, coding):
    if found is None or found == "":
        return ""
    if field.kind == "O":
        return coding.of_octets(bytes.fromhex(found))
    return coding.of_text(f"{found} 00:00:00" if field.kind == "Q" else tables.written(found, field))


def write(tag, found, fields, coding):
    head, inner = "", ""
    for field in fields:
        below = found.get(field.ours)
        if field.kind == "[":
            inner += "".join(write(field.name, row, field.inner, coding) for row in below or [])
        elif field.ours not in found and field.may:
            continue
        elif field.kind == "(":
            inner += write(field.name, below, field.inner, coding)
        else:
            head += f" {field.name}=" + quoteattr(written(below, field, coding), {'"': "&quot;"})
    return f"<{tag}{head}>{inner}</{tag}>"


def document(text, fields, coding):
    """A document by its root, the one field of a table."""
    start = re.match(DECLARATION, text)
    if not start:
        raise ValueError(f"it begins {text[:60]!r}")
    root = Tree.fromstring(text[start.end() :])
    (field,) = fields
    if root.tag != field.name:
        raise ValueError(f"{root.tag} is not {field.name}")
    return {field.name: read(root, field.inner, coding)}


def of_document(found, fields, coding):
    (field,) = fields
    return '<?xml version="1.0" encoding="UTF-8"?>' + write(field.name, found[field.name], field.inner, coding)
