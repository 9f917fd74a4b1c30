"""The core host (core), a second implementation from sections 3.3, 3.4, 4 and 6 of its page: the fixed form in GBK, JSON, and
the list of a day, which is the same beside both. ESB's XML is no form of ours. In a page's answer rows stand until the end,
else as many as `count` says.
"""

import json
import re

import objects
from core_tables import CALLS
from fixed import Reader, value, written
from tables import line, lines, row, table

HEAD = [
    ("tran", "X", 6), ("chan", "X", 3), ("sys", "X", 6), ("branch", "X", 9), ("teller", "X", 8), ("auth", "X", 8), ("date", "D", 8),
    ("time", "T", 6), ("bizdate", "D", 8), ("gserial", "X", 32), ("cserial", "X", 32), ("hserial", "X", 32), ("mode", "X", 1),
    ("start", "I", 4), ("more", "X", 1), ("ret", "X", 8), ("msg", "X", 80), ("rsv", "X", 20),
]
MODES = {"200901": "1", "100105": "2"}
ENVELOPE = (
    "serviceCode:X11= serviceScene:X2= consumerId:X6= bussSeqNo:X52 consumerSeqNo:X42 tranDate:D tranTimestamp:U9= branchId:X9 "
    "userId:X8 channel:X3="
)
TOLD = f"{ENVELOPE} retStatus:X1= retCode:X8 retMsg:X512 hostSeqNo:X32? hostDate:D?"
# A line of the list, and its last one. A day's platform serial is a number, an amount of 16,2 in yuan.
LISTED = (
    "pdate:D pserial:I8 hdate:D hserial:X32 branch:X16 teller:X16 ccy:X3= bizno:X16 product:X16 cash:N1= side:X1= amount:Y16 "
    "dacct:X32 dsub:X10 cacct:X32 csub:X10 state:N1="
)
TOTAL = "mark:X5= count:I9 amount:Y19"


def layout(message):
    call, side = message.split(".")
    code, service, asked, answered = CALLS[call]
    return code, service, table(asked if side == "request" else answered)


# The fixed form


def one(reader, field):
    """A value of a fixed body; an image is all that follows."""
    if field.kind == "O":
        return reader.take(len(reader.octets) - reader.at).hex().upper()
    octets = reader.take(field.width)
    if field.kind == "R":
        return octets.decode("ascii")
    if field.kind == "G":
        return int(octets)
    if field.kind in "PK":
        return value(octets, "Y" if field.kind == "P" else "B")
    return value(octets, field.kind)


def body(reader, fields):
    found = {}
    for field in fields:
        if field.kind != "[":
            found[field.ours] = one(reader, field)
            continue
        rows = found[field.ours] = []
        while reader.at < len(reader.octets) if "count" not in found else len(rows) < found["count"]:
            rows.append(body(reader, field.inner))
    return found


def of_one(found, field):
    if field.kind == "O":
        return bytes.fromhex(found)
    if field.kind == "R":
        return found.encode("ascii")
    if field.kind == "G":
        return f"{found:0{field.width}}".encode("ascii")
    return written(found, {"P": "Y", "K": "B"}.get(field.kind, field.kind), field.width)


def of_body(found, fields):
    octets = b""
    for field in fields:
        rows = found[field.ours] if field.kind == "[" else None
        if rows is None:
            octets += of_one(found.get(field.ours), field)
        else:
            octets += b"".join(of_body(row, field.inner) for row in rows)
    return octets


def fixed(message, octets):
    code, _, fields = layout(message)
    reader = Reader(octets)
    head = reader.fields(HEAD)
    if (head["tran"], head["mode"]) != (code, MODES.get(code, "0")):
        raise ValueError(f"{head['tran']} in mode {head['mode']} is not {code}")
    found = {"head": head}
    # Refused, an answer is its head alone.
    if message.endswith(".request") or head["ret"] == "000000" or reader.at < len(octets):
        found["body"] = body(reader, fields)
    reader.end()
    return found


def of_fixed(message, found):
    head = b"".join(written(found["head"].get(name), kind, width) for name, kind, width in HEAD)
    return head + (of_body(found["body"], layout(message)[2]) if "body" in found else b"")


# JSON: amounts are texts of yuan, a rate is a number


def in_json(fields):
    """Fields as JSON has them (K: a number, blank in the fixed form where there is none). What may be missing no page says."""
    kinds = {"A": "Z", "B": "Z", "G": "Z", "K": "I"}
    return tuple(
        field._replace(
            kind=kinds.get(field.kind, field.kind), width=None, may=True, inner=in_json(field.inner) if field.inner else ()
        )
        for field in fields
        if field.name != "-"
    )


def packet(message, octets):
    code, service, fields = layout(message)
    found = json.loads(octets.decode("utf-8"), parse_float=objects.Figures)
    head = objects.read(found["head"], table(ENVELOPE if message.endswith(".request") else TOLD))
    if f"{head['serviceCode']}/{head['serviceScene']}" != service or list(found) != ["head", "body"]:
        raise ValueError(f"{head['serviceCode']}/{head['serviceScene']} is not {service}")
    return {"content": {"head": head, "body": objects.read(found["body"], in_json(fields))}}


def of_packet(message, found):
    content = found["content"]
    head = objects.write(content["head"], table(ENVELOPE if message.endswith(".request") else TOLD))
    return objects.text_of({"head": head, "body": objects.write(content["body"], in_json(layout(message)[2]))}).encode("utf-8")


# The list of a day


def day(specimen):
    *listed, last = lines(bytes.fromhex(specimen["parts"]["content"]), "gbk", "\n")
    found = {"rows": [row(text, LISTED) for text in listed], "tail": row(last, TOTAL)}
    due = ("TOTAL", len(listed), sum(one["amount"] for one in found["rows"]))
    if due != tuple(found["tail"][name] for name in ("mark", "count", "amount")):
        raise ValueError(f"the last line is {last!r}, {due} is due")
    name = re.fullmatch(r"HOST_ALL_\d{8}\.txt", specimen["file"])
    if not name:
        raise ValueError(f"the name is {specimen['file']}")
    return found


def of_day(found):
    texts = [*(line(one, LISTED) for one in found["rows"]), line(found["tail"], TOTAL)]
    return "".join(f"{text}\n" for text in texts).encode("gbk")


def read(message, specimen):
    if message == "day_books.request":
        return day(specimen)
    octets = bytes.fromhex(specimen["parts"]["content"])
    return packet(message, octets) if specimen["variant"]["form"] == "json" else fixed(message, octets)


def write(message, found, specimen):
    if message == "day_books.request":
        return of_day(found)
    return of_packet(message, found) if specimen["variant"]["form"] == "json" else of_fixed(message, found)
