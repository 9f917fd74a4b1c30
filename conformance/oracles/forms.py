"""Fields of a URL-encoded form in UTF-8, and the text of them that is signed: names in order, values as they are."""

from urllib.parse import quote, unquote_to_bytes

KIND = "application/x-www-form-urlencoded;charset=utf-8"


def pairs(octets):
    found = {}
    for part in octets.decode("ascii").split("&"):
        name, _, text = part.partition("=")
        if "+" in text or name in found:
            raise ValueError(f"{part!r}: a sign that must be escaped, or twice the same name")
        found[name] = unquote_to_bytes(text).decode("utf-8")
    return found


def form(found):
    return "&".join(f"{name}={quote(text, safe='')}" for name, text in found.items()).encode("ascii")


def covered(found, *left_out):
    """What is empty is not there."""
    names = sorted(name for name, text in found.items() if name not in left_out and text != "")
    return "&".join(f"{name}={found[name]}" for name in names).encode("utf-8")
