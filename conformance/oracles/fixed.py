"""Records of fixed width, as Chinese banks write them: N figures filled with zeros on the left, X text filled with blanks
on the right, A amounts in fen, D days (B, E: amounts and days that are blank where there is none, not zeros), T times, M moments,
Y months. One table a message: (name, kind, width in octets)."""


class Reader:
    """Takes octets from the front."""

    def __init__(self, octets, charset="gbk"):
        self.octets, self.at, self.charset = octets, 0, charset

    def take(self, width):
        if self.at + width > len(self.octets):
            raise ValueError(f"{width} octets wanted at {self.at} of {len(self.octets)}")
        found = self.octets[self.at : self.at + width]
        self.at += width
        return found

    def fields(self, table):
        return {name: value(self.take(width), kind, self.charset) for name, kind, width in table}

    def end(self):
        if self.at != len(self.octets):
            raise ValueError(f"{len(self.octets) - self.at} octets too many at {self.at}")


def day(text):
    if not (len(text) == 8 and text.isdigit()):
        raise ValueError(f"{text!r} is no day")
    return f"{text[:4]}-{text[4:6]}-{text[6:]}"


def time(text):
    if not (len(text) == 6 and text.isdigit()):
        raise ValueError(f"{text!r} is no time")
    return f"{text[:2]}:{text[2:4]}:{text[4:]}"


def value(octets, kind, charset="gbk"):
    """One value. `N` keeps its figures, `I` is a number without its zeros; a blank field is absent but for `X`."""
    text = octets.decode(charset)
    if kind == "X":
        return text.rstrip(" ")
    if text.strip(" ") == "" or (kind in "DMY" and set(text) == {"0"}):
        return None
    if kind == "N":
        if not text.isdigit():
            raise ValueError(f"{text!r} is not of figures")
        return text
    if kind in "IAB":
        if not text.isdigit():
            raise ValueError(f"{text!r} is not of figures")
        return int(text)
    if kind in "DE":
        return day(text)
    if kind == "T":
        return time(text)
    if kind == "Y":
        return f"{text[:4]}-{text[4:6]}"
    if kind == "M":
        return f"{day(text[:8])}T{time(text[8:])}"
    raise ValueError(f"no kind {kind}")


def written(found, kind, width, charset="gbk"):
    """The octets of a value."""
    if kind == "X":
        octets = ("" if found is None else found).encode(charset)
        return octets.ljust(width, b" ")
    if found is None:
        return (b" " if kind in "EB" else b"0") * width
    text = str(found)
    if kind in "DETMY":
        text = "".join(figure for figure in text if figure.isdigit())
    return text.encode().rjust(width, b"0")


def record(fields, table, charset="gbk"):
    return b"".join(written(fields.get(name), kind, width, charset) for name, kind, width in table)
