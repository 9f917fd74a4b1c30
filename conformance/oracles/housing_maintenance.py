"""Maintenance funds of houses (housing-maintenance), a second implementation from sections 2 and 3 of its page: the statement
and its result, and the questions of part B. An answer that refuses has of the bill what says so alone, one of 9000 nothing.

The MAC covers the number of the outer system without its blanks, in lower case as in the page's other MD5 (both open there).
"""

import hashlib

import elements
from fixed import Reader
from tables import line, lines, row, table, value, written

INFO = "TXN_CODE:N4= REQ_SN"
TOLD = f"{INFO} RET_CODE:X4= ERR_MSG"
STATE = "BILL_STS_CODE:X4= BILL_STS_TITLE"
HOUSE = "HOUSE_ID HOUSE_LOCATION HOUSE_AREA STANDARD:Y"
OWNER = "AREA_ACCOUNT HOUSE_ACCOUNT CARD_TYPE CARD_NO OWNER TEL"
PAY = "BANK_ID BANKUSER_ID PAY_BILLNO RESERVE"
REFUND = "BANK_ID BANKUSER_ID REFUND_BILLNO RESERVE"
# Call: code, what is asked, what begins an answer, what ends it where the bill is as it must be.
CALLS = {
    "query_notice": ("1001", PAY, f"PAY_BILLNO {STATE}", f"{HOUSE} TXN_AMT:Y PAY_BANK {OWNER} RESERVE"),
    "confirm": ("2001", PAY, f"PAY_BILLNO {STATE} RESERVE", ""),
    # The enquiries read the state alone.
    "notice_paid": ("1001", PAY, f"PAY_BILLNO {STATE}", ""),
    "query_refund": (
        "3001", REFUND, f"REFUND_BILLNO {STATE}",
        "RP_TYPE RP_MEMO RP_MONEY:Y PAY_BILL_NO PAY_BANK BANK_USER BANK_CFM_DATE:D PAY_MONEY:Y "
        f"{HOUSE} {OWNER} ACCEPT_DATE:D RESERVE",
    ),
    "confirm_refund": ("3002", REFUND, f"REFUND_BILLNO {STATE} RESERVE", ""),
    "refund_paid": ("3001", REFUND, f"REFUND_BILLNO {STATE}", ""),
}

HEAD = (
    "mark:X1= day:D account:X32 name:X120 ccy:X3= opening:Z18 closing:Z18 count:I debits:I paid:Y18 credits:I taken:Y18"
)
DETAIL = (
    "mark:X1= seq:I8 day:D time:T serial:X32 side:X1= amount:Y18 balance:Z18 oaccount:X32 oname:X120 obank:X120 kind:X4 voucher:X20 "
    "notice:X30 house:X30 memo:X60 remark:X120 reversal:N1= of_serial:X32"
)
TAIL = "mark:X1= count:I closing:Z18 digest:X32="
RESULT = "verdict:X4= said number:I"


def mac(text, date, system):
    return hashlib.md5(text.encode("gbk") + date.encode("ascii") + system.encode("gbk")).hexdigest()


def body(message, answer, state):
    call, side = message.split(".")
    code, asked, told, whole = CALLS[call]
    if answer == "9000":
        return code, ()
    return code, table(asked if side == "request" else f"{told} {whole}" if state == "0000" else told)


def packet(message, specimen):
    reader = Reader(bytes.fromhex(specimen["parts"]["content"]))
    texts = [reader.take(width).decode("gbk") for width in (4, 10, 10, 8, 32)]
    version, system, code, date, found = [text.rstrip(" ") for text in texts]
    text = reader.take(len(reader.octets) - reader.at).decode("gbk")
    if found != mac(text, date, system):
        raise ValueError(f"the MAC is {mac(text, date, system)}, found {found}")
    root = elements.root(text)
    expected, fields = body(message, root.findtext("INFO/RET_CODE"), root.findtext("BODY/BILL_STS_CODE"))
    if (version, code) != ("1.00", expected) or root.tag != "ROOT" or [part.tag for part in root] != ["INFO", "BODY"]:
        raise ValueError(f"{code} {version} with {[part.tag for part in root]} in {root.tag}")
    info = elements.read(root[0], table(INFO if message.endswith(".request") else TOLD))
    if info["TXN_CODE"] != code:
        raise ValueError(f"{info['TXN_CODE']} inside {code}")
    head = {"version": version, "system": system, "code": code, "date": value(date, table("date:D")[0])}
    return {"head": head, "mac": found, "xml": {"root": {"INFO": info, "BODY": elements.read(root[1], fields)}}}


def of_packet(message, found):
    head, root = found["head"], found["xml"]["root"]
    _, fields = body(message, root["INFO"].get("RET_CODE"), root["BODY"].get("BILL_STS_CODE"))
    info = elements.write(root["INFO"], table(INFO if message.endswith(".request") else TOLD))
    text = f'<?xml version="1.0" encoding="GBK"?><ROOT><INFO>{info}</INFO><BODY>{elements.write(root["BODY"], fields)}</BODY></ROOT>'
    date = written(head["date"], table("date:D")[0])
    return f"{head['version']}{head['system']:10}{head['code']:10}{date}{mac(text, date, head['system'])}{text}".encode("gbk")


def digest(texts):
    return hashlib.md5("".join(f"{text}\r\n" for text in texts).encode("gbk")).hexdigest()


def statement(specimen):
    texts = lines(bytes.fromhex(specimen["parts"]["content"]))
    head, tail, rows = row(texts[0], HEAD), row(texts[-1], TAIL), [row(text, DETAIL) for text in texts[1:-1]]
    if [head["mark"], tail["mark"]] + [one["mark"] for one in rows] != ["H", "T"] + ["D"] * len(rows):
        raise ValueError("marks of lines")
    sums = [[one["amount"] for one in rows if one["side"] == side] for side in "DC"]
    told = [head[name] for name in ("count", "debits", "paid", "credits", "taken")]
    if told != [len(rows), len(sums[0]), sum(sums[0]), len(sums[1]), sum(sums[1])] or tail["count"] != len(rows):
        raise ValueError(f"the head says {told}, the last line {tail['count']}")
    if tail["closing"] != head["closing"]:
        raise ValueError("two closing balances")
    if tail["digest"] != digest(texts[:-1]):
        raise ValueError(f"the MD5 is {digest(texts[:-1])}, found {tail['digest']}")
    return {"head": head, "detail": rows, "tail": tail}


def of_statement(found):
    texts = [line(found["head"], HEAD)] + [line(one, DETAIL) for one in found["detail"]]
    texts.append(line({**found["tail"], "digest": digest(texts)}, TAIL))
    return "".join(f"{text}\r\n" for text in texts).encode("gbk")


def read(message, specimen):
    if message == "put_statement.request":
        return statement(specimen)
    if message == "result.request":
        return {"rows": [row(text, RESULT) for text in lines(bytes.fromhex(specimen["parts"]["content"]))]}
    return packet(message, specimen)


def write(message, found, specimen):
    if message == "put_statement.request":
        return of_statement(found)
    if message == "result.request":
        return "".join(f"{line(one, RESULT)}\r\n" for one in found["rows"]).encode("gbk")
    return of_packet(message, found)
