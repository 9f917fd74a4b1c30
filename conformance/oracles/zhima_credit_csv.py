"""Records of loans as lines (zhima-credit, section 6): the columns of the page, one line a record, commas between, nothing quoted, LF behind
each."""

from zhima_credit_json import back, fields
from zhima_credit_tables import RECORD, table

COLUMNS = [name for name, *_ in table(RECORD)]
NUMBERS = {name for name, kind, *_ in table(RECORD) if kind == "N"}
MAY = {name for name, _, may, _ in table(RECORD) if may}


def record(line):
    found = dict(zip(COLUMNS, line.split(","), strict=True))
    gone = {name for name, text in found.items() if not text and name in MAY}
    tree = fields({name: int(text) if name in NUMBERS else text for name, text in found.items() if name not in gone}, RECORD)
    # A place that may be empty says that there is none.
    return tree | dict.fromkeys(gone)


def records(text):
    if not text.endswith("\n"):
        raise ValueError("the last line has no end")
    return [record(line) for line in text[:-1].split("\n")]


def text_of(rows):
    def line(row):
        there = back({name: value for name, value in row.items() if value is not None}, RECORD)
        return ",".join(str(there.get(name, "")) for name in COLUMNS)

    return "".join(f"{line(row)}\n" for row in rows)
