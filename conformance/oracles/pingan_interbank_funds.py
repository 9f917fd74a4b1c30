"""The funds family (section 3 of the page of pingan-interbank): the head of 222 octets says `000000`, a business head of 122 behind it which
transaction it is, and the fields behind that each end with `&`. The MAC, where there is one, is over that head without it, and the body."""

import macs
from fixed import Reader, record

FRONT = [
    ("type", "X", 4), ("target", "N", 2), ("encoding", "N", 2), ("protocol", "N", 2), ("corp", "X", 20), ("length", "I", 10),
    ("tran", "N", 6), ("teller", "X", 5), ("serv", "N", 2), ("date", "D", 8), ("time", "T", 6), ("seq", "X", 20),
]
REQUEST = [("asked", "X", 6), ("blank", "X", 100)]
REPLY = [("code", "X", 6), ("colon", "X", 1), ("msg", "X", 99)]
BACK = [
    ("more", "N", 1), ("times", "N", 3), ("signed", "N", 1), ("signfmt", "X", 1), ("signalg", "X", 12), ("signlen", "I", 10),
    ("attach", "N", 1),
]
KIND = [("tran", "N", 4), ("serv", "N", 2)]
DAY = [("day", "D", 8), ("clock", "T", 6)]
WANTED = [("wanted", "N", 6), ("nothing", "X", 42)]
ENDED = [("ended", "X", 6), ("said", "X", 42)]
REST = [("further", "N", 1), ("size", "I", 8), ("who", "X", 5), ("number", "X", 20), ("net", "X", 4)]
WIDTH = 122
# Call: transaction, fields asked, fields answered. Y amounts in yuan, D days, X texts.
CALLS = {
    "market_move": (
        "6001",
        "FuncFlag:X MemberAcc:X CustName:X IdType:X IdCode:X AcctNo:X TranAmt:Y CcyCode:X",
        "FrontLogNo:X TranDate:D Balance:Y",
    ),
    "market_state": ("6002", "OrigSeq:X OrigDate:D", "State:X FrontLogNo:X TranDate:D Balance:Y"),
}


def tables(message):
    request = message.endswith(".request")
    return FRONT + (REQUEST if request else REPLY) + BACK, DAY + (WANTED if request else ENDED) + REST


def columns(message, ended):
    _, asked, answered = CALLS[message.split(".")[0]]
    text = asked if message.endswith(".request") else (answered if ended == "000000" else "")
    return [one.split(":") for one in text.split()]


def seal(octets, specimen):
    given = specimen["given"]
    key = bytes.fromhex(given["key"]["funds"])
    return (macs.x9_9 if given["setting"]["funds_mac"] == "x9_9" else macs.x9_19)(key, octets).hex().upper()


def sealed(specimen):
    return specimen["given"]["setting"]["funds_sealed"] in ("yes", "true", True)


def value(text, kind):
    if kind == "Y":
        whole, point, rest = text.partition(".")
        if not (point and whole.isdigit() and len(rest) == 2 and rest.isdigit()):
            raise ValueError(f"{text!r} is no amount")
        return int(whole + rest)
    return f"{text[:4]}-{text[4:6]}-{text[6:]}" if kind == "D" else text


def text(found, kind):
    if kind == "Y":
        return f"{found // 100}.{found % 100:02}"
    return found.replace("-", "") if kind == "D" else found


def read(message, specimen):
    octets = bytes.fromhex(specimen["parts"]["content"])
    front, rest = tables(message)
    reader = Reader(octets)
    head = reader.fields(front)
    due = {"type": "A001", "target": "03", "encoding": "01", "protocol": "01", "tran": "000000", "attach": "0", "signed": "0"}
    for name, expected in due.items():
        if head[name] != expected:
            raise ValueError(f"{name} is {head[name]!r}, {expected!r} is due")
    if head["length"] != len(octets) - 222:
        raise ValueError("the head counts other octets")
    kind = reader.fields(KIND)
    if kind["tran"] != CALLS[message.split(".")[0]][0]:
        raise ValueError(f"{kind['tran']} is another transaction")
    (mac,) = reader.fields([("mac", "X", 16)]).values()
    last = reader.fields(rest)
    body = reader.take(last["size"])
    reader.end()
    if mac != (seal(octets[222:228] + octets[244:], specimen) if sealed(specimen) else ""):
        raise ValueError("the MAC is wrong")
    parts = body.decode("gbk").split("&")
    names = columns(message, last.get("ended"))
    if parts.pop() != "" or len(parts) != len(names):
        raise ValueError(f"{len(parts)} fields, {len(names)} are due")
    fields = {name: value(part, kind_) for (name, kind_), part in zip(names, parts) if part != "" or kind_ == "X"}
    return {"head": head, "inner": {"business": {"kind": kind, "mac": mac, "rest": last}, "body": fields}}


def write(message, found, specimen):
    front, rest = tables(message)
    business, fields = found["inner"]["business"], found["inner"]["body"]
    names = columns(message, business["rest"].get("ended"))
    body = "".join(f"{text(fields[name], kind)}&" if name in fields else "&" for name, kind in names).encode("gbk")
    kind = record(business["kind"], KIND)
    last = record({**business["rest"], "size": len(body)}, rest)
    mac = seal(kind + last + body, specimen) if sealed(specimen) else ""
    inner = kind + mac.ljust(16).encode("ascii") + last + body
    return record({**found["head"], "length": len(inner)}, front) + inner
