"""Meal cards (campus-meal), a second implementation from sections 2 to 6 of its page: XML in GBK under an MD5 or an X9.9, and the
list of fixed width. Where the page leaves it open: the sign-in bears an empty MAC, 4002 tells of differences."""

import hashlib

import elements
import macs
from fixed import Reader
from tables import table

DECLARATION = '<?xml version="1.0" encoding="GBK"?>'
HEAD = (
    "TXCODE:N4= BANKID:X8 SCHOOLID:X12 TXDATE:D TXTIME:T SERIAL:X24 RTNSERIAL:X24 CHANNEL:X2 RTNCODE:X4 RTNMSG:X60"
)
LOAD = "DATE:D TIME:T AMOUNT:A12 STATE:N1= SERIAL:X24"
# Call: code, fields of the request's body, of the answer's.
CALLS = {
    "sign_in": ("1001", "KEYTYPE:N1=", "WORKKEY:X32= CHECK:X8="),
    "schools": ("2001", "AREA:X6?", "SCHOOLS[SCHOOLID:X12 NAME:X60 KIND:N1= STATE:N1=]"),
    "card": (
        "2002", "CARDNO:X20? STUNO:X20? NAME:X40",
        "CARDNO:X20 STUNO:X20 NAME:X40 DEPT:X60 STATE:N1= BALANCE:A12 PENDING:A12 MAXBAL:A12",
    ),
    "top_up": ("2003", "CARDNO:X20 NAME:X40 AMOUNT:A12 ACCT:X32 HOSTSERIAL:X32", "CARDSERIAL:X24 PENDING:A12 TIME:M"),
    "enquire": ("2004", "OLDDATE:D OLDSERIAL:X24", "STATE:N1= CARDSERIAL:X24"),
    "reverse": ("2005", "OLDDATE:D OLDSERIAL:X24 AMOUNT:A12 REASON:X60", "STATE:N1="),
    "loads": ("2006", "CARDNO:X20 FROM:D TO:D PAGE:I4", f"RECORDS[{LOAD}]"),
    "tell_list": ("3001", "DATE:D COUNT:I8 AMOUNT:A14 FILE:X60 MD5:X32=", "STATE:N1="),
    "card_told": ("4001", "CARDNO:X20 STATE:N1= NEWCARD:X20?", ""),
    "differences": ("4002", "DATE:D ROWS[SERIAL:X24 AMOUNT:A12 CLASS:N1=]", ""),
}
UNSEALED = ("1001",)
# Section 6: name, width.
FIRST = [("mark", 1), ("date", 8), ("count", 8), ("amount", 14), ("filler", 129)]
DETAIL = [
    ("mark", 1), ("date", 8), ("time", 6), ("serial", 24), ("cserial", 24), ("cardno", 20), ("stuno", 20), ("amount", 12), ("state", 1),
    ("host", 32), ("filler", 12),
]


def seal(text, specimen):
    """Over what stands from `<HEAD>` to `</BODY>` as it was sent."""
    octets = text[text.index("<HEAD>") : text.index("</BODY>") + len("</BODY>")].encode("gbk")
    key = specimen["given"]["session"]["work"].upper()
    if specimen["variant"]["seal"] == "md5":
        return hashlib.md5(octets + key.encode("ascii")).hexdigest().upper()
    return macs.x9_9(bytes.fromhex(key)[:8], octets).hex().upper()


def packet(message, specimen):
    call, side = message.split(".")
    code, asked, answered = CALLS[call]
    text = bytes.fromhex(specimen["parts"]["content"]).decode("gbk")
    root = elements.root(text, DECLARATION)
    if [part.tag for part in root] != ["HEAD", "BODY", "MAC"] or root.tag != "ROOT":
        raise ValueError(f"{[part.tag for part in root]} in {root.tag}")
    head = elements.read(root[0], table(HEAD))
    if head["TXCODE"] != code:
        raise ValueError(f"{head['TXCODE']} is not {code}")
    mac = root[2].text or ""
    if mac != ("" if code in UNSEALED else seal(text, specimen)):
        raise ValueError("the MAC is wrong")
    if side == "request" and (head["RTNCODE"], head["RTNMSG"], head["RTNSERIAL"]) != ("", "", ""):
        raise ValueError("a request has no result")
    refused = side == "reply" and head["RTNCODE"] not in ("0000", "0010")
    fields = asked if side == "request" else "" if refused else answered
    return {"content": {"ROOT": {"HEAD": head, "BODY": elements.read(root[1], table(fields)), "MAC": mac}}}


def of_packet(message, found, specimen):
    call, side = message.split(".")
    code, asked, answered = CALLS[call]
    root = found["content"]["ROOT"]
    refused = side == "reply" and root["HEAD"]["RTNCODE"] not in ("0000", "0010")
    fields = asked if side == "request" else "" if refused else answered
    body = f"<HEAD>{elements.write(root['HEAD'], table(HEAD))}</HEAD><BODY>{elements.write(root['BODY'], table(fields))}</BODY>"
    mac = "" if code in UNSEALED else seal(body, specimen)
    return f"{DECLARATION}<ROOT>{body}<MAC>{mac}</MAC></ROOT>".encode("gbk")


def record(reader, widths):
    found = {}
    for name, width in widths:
        text = reader.take(width).decode("gbk")
        found[name] = text if name in ("count", "amount") else text.rstrip(" ")
        if name in ("count", "amount"):
            found[name] = int(text)
        if name == "date":
            found[name] = f"{text[:4]}-{text[4:6]}-{text[6:]}"
        if name == "time":
            found[name] = f"{text[:2]}:{text[2:4]}:{text[4:]}"
    if reader.take(2) != b"\r\n":
        raise ValueError("a record of 160 octets ends in CR and LF")
    return found


def of_record(found, widths):
    text = b""
    for name, width in widths:
        value = found.get(name, "")
        if name in ("count", "amount"):
            text += str(value).rjust(width, "0").encode("ascii")
        else:
            plain = str(value).replace("-", "").replace(":", "") if name in ("date", "time") else str(value)
            text += plain.encode("gbk").ljust(width)
    if len(text) != 160:
        raise ValueError(f"a record of {len(text)} octets")
    return text + b"\r\n"


def day_list(specimen):
    octets = bytes.fromhex(specimen["parts"]["content"])
    reader = Reader(octets)
    head = record(reader, FIRST)
    detail = [record(reader, DETAIL) for _ in range(len(octets) // 162 - 1)]
    reader.end()
    if (head["mark"], head["count"], head["amount"]) != ("H", len(detail), sum(one["amount"] for one in detail)):
        raise ValueError("the first line does not agree with the others")
    if any(one["mark"] != "D" for one in detail):
        raise ValueError("a detail is marked D")
    # The day that a name was made up with is none of the list's values.
    school, day = specimen["file"].removesuffix(".txt").split("_", 2)[2].rsplit("_", 1)
    name = f"YXT_{specimen['given']['setting']['bank_id']}_{school}_{day}.txt"
    if specimen["file"] != name or not (len(day) == 8 and day.isdigit()):
        raise ValueError(f"the name is {name}, found {specimen['file']}")
    return {"head": head, "detail": detail}


def read(message, specimen):
    return day_list(specimen) if message == "put_list.request" else packet(message, specimen)


def write(message, found, specimen):
    if message == "put_list.request":
        return of_record(found["head"], FIRST) + b"".join(of_record(one, DETAIL) for one in found["detail"])
    return of_packet(message, found, specimen)
