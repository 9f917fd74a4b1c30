"""The records of a core on an AS/400 (midrange), a second implementation by glibc's iconv: IBM935 for each field alone, packed
amounts by their half octets."""

import subprocess

# Name, kind, octets. X text filled with blanks, C text by characters, N figures, D day, L text behind two figures of length, P packed.
HEAD = [("code", "N", 4), ("serial", "N", 12), ("day", "D", 8), ("result", "X", 4)]
CUSTOMER = [("name", "X", 22), ("brief", "X", 8), ("title", "C", 6), ("address", "L", 60), ("limit", "P", 6)]
BODIES = {
    "open.request": [("account", "X", 20), *CUSTOMER],
    "open.reply": [("number", "N", 8)],
    "find.request": [("account", "X", 20)],
    "find.reply": CUSTOMER,
}
SHIFT_OUT, SHIFT_IN = 0x0E, 0x0F


def converted(octets, source, target):
    return subprocess.run(["iconv", "-f", source, "-t", target], input=octets, capture_output=True, check=True).stdout


def text_of(octets):
    return converted(octets, "IBM935", "UTF-8").decode()


def octets_of(text):
    return converted(text.encode(), "UTF-8", "IBM935")


def by_characters(octets, count):
    """How many octets so many characters take, with their shifts."""
    at, wide = 0, False
    while count or wide:
        if octets[at] == (SHIFT_IN if wide else SHIFT_OUT):
            wide, at = not wide, at + 1
        elif count:
            count, at = count - 1, at + (2 if wide else 1)
        else:
            raise ValueError(f"a run goes on at {at}")
    return at


class Record:
    def __init__(self, octets):
        self.octets = octets

    def take(self, width):
        if width > len(self.octets):
            raise ValueError(f"{width} octets wanted of {len(self.octets)}")
        taken, self.octets = self.octets[:width], self.octets[width:]
        return taken

    def value(self, kind, width):
        if kind == "P":
            halves = self.take(width).hex()
            if halves[-1] not in "cd" or not halves[:-1].isdigit():
                raise ValueError(f"{halves} is not packed")
            return int(halves[:-1]) * (-1 if halves[-1] == "d" else 1)
        if kind == "L":
            return text_of(self.take(int(text_of(self.take(2)))))
        if kind == "C":
            width = by_characters(self.octets, width)
        text = text_of(self.take(width))
        if kind in "ND" and not text.isdigit():
            raise ValueError(f"{text!r} is not of figures")
        return f"{text[:4]}-{text[4:6]}-{text[6:]}" if kind == "D" else text.rstrip(" ")

    def fields(self, table):
        return {name: self.value(kind, width) for name, kind, width in table}


def read(message, specimen):
    record = Record(bytes.fromhex(specimen["parts"]["content"]))
    found = {"head": record.fields(HEAD), "body": record.fields(BODIES[message]) if record.octets else {}}
    if record.octets:
        raise ValueError(f"{len(record.octets)} octets too many")
    return found


def written(value, kind, width):
    if kind == "P":
        return bytes.fromhex(f"{abs(value):0{width * 2 - 1}d}" + ("d" if value < 0 else "c"))
    text = str(value or "")
    if kind == "D":
        text = text.replace("-", "")
    octets = octets_of(text)
    if kind == "L":
        return octets_of(f"{len(octets):02d}") + octets
    if kind == "C":
        return octets + b"\x40" * (width - len(text))
    return octets.ljust(width, b"\x40")


def write(message, fields, specimen):
    rows = [(fields["head"], HEAD), (fields["body"], BODIES[message])]
    return b"".join(written(row.get(name), kind, width) for row, table in rows for name, kind, width in table)
