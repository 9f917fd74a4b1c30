"""XML whose data all stand in attributes (court-control), in the codings of both modes, from sections 2 and 3 of its page."""

import base64
import re
import xml.etree.ElementTree as Tree
from xml.sax.saxutils import quoteattr

from court_control_tables import ONCE, attributes


def from_base64(text):
    """Old services break lines at 76 characters."""
    return base64.b64decode(re.sub(r"\s", "", text), validate=True)


def to_base64(octets):
    return base64.b64encode(octets).decode("ascii")


class WebService:
    """Mode A: each value in GBK and base64; octets in base64, and that again."""

    def text(self, value):
        return from_base64(value).decode("gbk")

    def octets(self, value):
        return from_base64(from_base64(value).decode("ascii"))

    def of_text(self, text):
        return to_base64(text.encode("gbk"))

    def of_octets(self, octets):
        return to_base64(to_base64(octets).encode("ascii"))


class Folder:
    """Mode B: plain values; octets in base64 once."""

    def text(self, value):
        return value

    def octets(self, value):
        return from_base64(value)

    def of_text(self, text):
        return text

    def of_octets(self, octets):
        return to_base64(octets)


FORMS = {
    "D": r"(\d{4})-(\d\d)-(\d\d)()()()",
    "S": r"(\d{4})/(\d\d)/(\d\d)()()()",
    "T": r"(\d{4})/(\d\d)/(\d\d) (\d\d):(\d\d):(\d\d)",
    "Q": r"(\d{4})/(\d\d)/(\d\d) (\d\d):(\d\d):(\d\d)",
    "M": r"(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)",
}


def value(text, kind):
    if kind == "X":
        return text
    if text == "":
        return None
    if kind == "I":
        return int(text)
    if kind == "A":
        found = re.fullmatch(r"(\d+)\.(\d\d)", text)
        if not found:
            raise ValueError(f"{text!r} is no amount of two places")
        return int(found[1] + found[2])
    found = re.fullmatch(FORMS[kind], text)
    if not found:
        raise ValueError(f"{text!r} is none of {FORMS[kind]}")
    year, month, day, hour, minute, second = found.groups()
    return f"{year}-{month}-{day}" + (f"T{hour}:{minute}:{second}" if kind in "TM" else "")


def written(found, kind):
    if found is None:
        return ""
    if kind == "A":
        return f"{found // 100}.{found % 100:02}"
    if kind == "S":
        return found.replace("-", "/")
    if kind == "Q":
        return found.replace("-", "/") + " 00:00:00"
    if kind == "T":
        return found.replace("-", "/").replace("T", " ")
    return found.replace("T", " ") if kind == "M" else str(found)


def element(found, coding, around=()):
    """Attributes and what stands inside, by name."""
    known = attributes(found.tag, around)
    if strange := set(found.attrib) - {name for name, _, _ in known}:
        raise ValueError(f"strange attributes {strange} of {found.tag}")
    if missing := {name for name, _, may in known if not may} - set(found.attrib):
        raise ValueError(f"attributes {missing} of {found.tag} are missing")
    tree = {}
    for name, kind, _ in known:
        text = found.attrib.get(name)
        if text is None:
            continue
        if kind == "B":
            tree[name] = coding.octets(text).hex().upper() if text else None
        else:
            tree[name] = value(coding.text(text) if text else "", kind)
    for inner in found:
        below = element(inner, coding, (*around, found.tag))
        if inner.tag.lower().endswith("list") or inner.tag in ONCE:
            tree[inner.tag] = below
        else:
            tree.setdefault(inner.tag, []).append(below)
    return tree


def document(text, coding):
    if not re.match(r'<\?xml version="1.0" encoding="UTF-8" ?\?>', text):
        raise ValueError(f"it begins {text[:40]!r}")
    root = Tree.fromstring(text.split("?>", 1)[1])
    return {root.tag: element(root, coding)}


def of_element(tag, tree, coding, around=()):
    known = attributes(tag, around)
    head = ""
    for name, kind, may in known:
        if may and name not in tree:
            continue
        found = tree.get(name)
        if kind == "B":
            text = coding.of_octets(bytes.fromhex(found)) if found else ""
        else:
            text = written(found, kind)
            text = coding.of_text(text) if text else ""
        head += f" {name}=" + quoteattr(text, {'"': "&quot;"})
    inner = ""
    for name, below in tree.items():
        if isinstance(below, (list, dict)):
            rows = below if isinstance(below, list) else [below]
            inner += "".join(of_element(name, row, coding, (*around, tag)) for row in rows)
    return f"<{tag}{head}>{inner}</{tag}>"


def of_document(tree, coding):
    """Between declaration and elements blanks are free, and an empty element may be written in one tag: ours are in two."""
    ((tag, root),) = tree.items()
    return '<?xml version="1.0" encoding="UTF-8"?>' + of_element(tag, root, coding)
