"""A school's card system (campus-card), a second implementation from its page: form T (sections 3 and 4), form H (4b),
form F (4c) and the files (6)."""

import hashlib
import hmac
import json
from urllib.parse import parse_qsl, urlencode

import macs
import signatures
from fixed import Reader, record, value, written

HEAD = [
    ("ver", "X", 2), ("code", "X", 4), ("school", "X", 8), ("bank", "X", 4), ("term", "X", 12), ("date", "D", 8), ("time", "T", 6),
    ("serial", "N", 12), ("ret", "X", 4), ("msg", "X", 40), ("keyidx", "N", 1), ("mode", "N", 1),
]
BIND = [
    ("stuno", "X", 20), ("cardno", "X", 20), ("account", "X", 32), ("name", "X", 40), ("idtype", "X", 2), ("idno", "X", 20),
    ("phone", "X", 11), ("act", "N", 1), ("auto", "N", 1), ("floor", "A", 12), ("each", "A", 12),
]
BOUND = [("agreement", "X", 20), ("time", "M", 14)]
OURS = [("odate", "D", 8), ("oserial", "N", 12), ("bserial", "X", 32)]
THEIRS = [("odate", "D", 8), ("oserial", "N", 12), ("stuno", "X", 20), ("amount", "A", 12)]
BODIES = {
    "8001": [("bizdate", "D", 8)],
    "8002": [("mak", "X", 32), ("makkcv", "X", 8), ("pik", "X", 32), ("pikkcv", "X", 8), ("bizdate", "D", 8)],
    "8003": [], "8004": [],
    "3001": [("stuno", "X", 20), ("cardno", "X", 20), ("name", "X", 40), ("idno", "X", 20)],
    "3002": [
        ("stuno", "X", 20), ("cardno", "X", 20), ("name", "X", 40), ("dept", "X", 60), ("state", "X", 2), ("balance", "A", 12),
        ("pending", "A", 12), ("maxbal", "A", 12), ("bound", "X", 32),
    ],
    "3011": BIND, "3012": BOUND, "3013": BIND, "3014": BOUND,
    "3021": [("stuno", "X", 20), ("cardno", "X", 20), ("account", "X", 32), ("amount", "A", 12), ("bserial", "X", 32), ("channel", "X", 2)],
    "3022": [("cserial", "X", 20), ("pending", "A", 12), ("time", "M", 14)],
    "3023": OURS, "3024": [("state", "X", 2), ("cserial", "X", 20), ("taken", "N", 1)],
    "3025": OURS + [("amount", "A", 12)], "3026": [("state", "X", 2)],
    "4001": [
        ("stuno", "X", 20), ("cardno", "X", 20), ("account", "X", 32), ("amount", "A", 12), ("before", "A", 12), ("count", "I", 6), ("pin", "X", 16),
    ],
    "4002": [("bserial", "X", 32), ("bizdate", "D", 8), ("account", "X", 32), ("avail", "A", 12)],
    "4003": THEIRS + [("reason", "X", 2)], "4004": [("bserial", "X", 32), ("state", "X", 2)],
    "4005": THEIRS, "4006": [("state", "X", 2), ("bserial", "X", 32), ("bizdate", "D", 8)],
    "4007": [("stuno", "X", 20), ("account", "X", 32), ("pin", "X", 16)], "4008": [("avail", "A", 12)],
    "9001": [("adate", "D", 8), ("count", "I", 8), ("amount", "A", 14), ("file", "X", 60), ("digest", "X", 32)],
    "9002": [("state", "X", 2)],
}
# Form F: one record for all; amounts stand on the right among blanks; sixteen octets of a password.
FORM_F = [
    ("TradeCode", "X", 2), ("RetCode", "X", 2), ("TradeDate", "D", 8), ("TradeTime", "T", 6), ("CustAccountNo", "X", 10),
    ("BankCardNo", "X", 20), ("MercAccount", "X", 10), ("TransMoney", "L", 9), ("Balance", "L", 9), ("BankCardPwd", "B", 16),
    ("CustSn", "X", 8), ("BankSn", "X", 20), ("CustNo", "X", 16), ("AutoFlag", "X", 1),
]
# A form of text alone: names are the gateway's, widths the page's; code and flag are read as one, and nothing seals it.
FORM_Z = [
    ("ret", "X", 2), ("zone", "X", 5), ("business", "X", 9), ("code", "X", 3), ("card", "X", 30), ("amount", "I", 10), ("currency", "X", 3),
    ("date", "D", 8), ("time", "T", 6), ("pin_check", "X", 1), ("pin_kind", "X", 1), ("pin", "X", 8), ("lserial", "X", 8), ("oserial", "X", 8),
    ("bserial", "X", 8), ("merchant", "X", 5), ("index", "X", 2), ("campus", "X", 10), ("machine", "X", 5), ("percent", "X", 9), ("kind", "X", 2),
    ("filler", "X", 64),
]
# A head of 200 octets, in which one octet is the figure eight, and a body: what the gateway calls head ends with the local serial.
FORM_X_HEAD = [
    ("ret", "X", 4), ("code", "X", 4), ("branch", "X", 7), ("terminal", "X", 2), ("teller", "X", 2), ("filler", "X", 3), ("unit_length", "1", 1),
    ("unit", "X", 8), ("unit_name", "X", 24), ("error", "X", 7), ("error_text", "X", 60), ("lserial", "X", 20),
]
FORM_X_BODY = [
    ("bserial", "X", 8), ("filler", "X", 50), ("campus", "X", 30), ("card", "X", 30), ("card_kind", "X", 1), ("amount", "I", 13),
    ("pin", "X", 16), ("tpk", "X", 16), ("authorisation", "X", 7), ("oserial", "X", 20),
]
# Form H: request fields in the order of signing, by path; what an answer adds.
BY_PERSON = ["custname", "custid", "stuempno", "idtype", "idno"]
FORM_H = {
    "bind_h": ["bankcardno", "bankcode", *BY_PERSON, "termid", "tradetime", "seqno", "timeout"],
    "unbind_h": ["bankcardno", "bankcode", *BY_PERSON, "termid", "tradetime", "seqno", "timeout"],
    "balance": ["bankcardno", *BY_PERSON, "termid", "tradetime", "seqno", "timeout"],
    "terminal_load": ["bankcardno", "seqno", "stuempno", "custname", "amount", "termid", "tradetime", "timeout"],
    "enquire_load": ["bankcardno", "seqno", "loadseqno", "stuempno", "custname", "amount", "termid", "tradetime", "timeout"],
}
DETAIL = ["bizdate", "time", "bserial", "cserial", "kind", "stuno", "cardno", "account", "amount", "state"]
DAILY = [("TradeCode", "X", 2), ("GDCAccount", "X", 10), ("BankCard", "X", 20), ("LocalSn", "X", 8), ("BankSn", "X", 20), ("TransMoney", "I", 9)]
SETTLED = ["bizdate", "time", "bserial", "cserial", "kind", "amount"]
FILES = {"put_daily_list.request", "put_list.request", "put_settlement.request", "differences.request", "reversed_list.request"}


def mac(code, covered, given):
    """Section 5: the first four octets in hex; X9.19, the sign-in under the transport key; at older fronts X9.9 under a fixed
    key; or the folded MAC, whose eight characters stand as they are."""
    way = given["setting"]["mac"]
    if way == "x9_9":
        return macs.x9_9(bytes.fromhex(given["key"]["fixed"]), covered).hex().upper()[:8]
    key = bytes.fromhex(given["key"]["tmk"] if code in ("8001", "8002") else given["session"]["mak"])
    return macs.folded(key, covered) if way == "cups_ecb" else macs.x9_19(key, covered).hex().upper()[:8]


def form_t(octets, given):
    reader = Reader(octets)
    head = reader.fields(HEAD)
    found, code = {"head": head}, head["code"]
    if len(octets) > 102 + 8:
        found["body"] = reader.fields(BODIES[code])
    covered = octets[: reader.at]
    found["mac"] = reader.take(8).decode("ascii")
    reader.end()
    if found["mac"] != mac(code, covered, given):
        raise ValueError(f"the MAC is {mac(code, covered, given)}, found {found['mac']}")
    if given["setting"]["mac"] == "cups_ecb":
        # The gateway takes these characters for octets.
        found["mac"] = found["mac"].encode().hex().upper()
    return found


def written_t(fields, given):
    code = fields["head"]["code"]
    covered = record(fields["head"], HEAD)
    if "body" in fields:
        covered += record(fields["body"], BODIES[code])
    return covered + mac(code, covered, given).encode()


def form_f(message, octets, given):
    reader, found = Reader(octets), {}
    for name, kind, width in FORM_F:
        taken = reader.take(width)
        if kind == "L":
            # What a message does not use holds anything.
            text = taken.decode("gbk").strip(" \0")
            found[name] = int(text) if text.isdigit() else text
        elif kind == "B":
            # All sixteen as they stand; the reply to a key exchange has the key there as a text.
            as_text = found["TradeCode"] == "34" and message.endswith(".reply")
            found[name] = value(taken, "X") if as_text else taken.hex().upper()
        else:
            found[name] = value(taken.replace(b"\0", b" "), kind)
    names = [name for name, *_ in FORM_F]
    found = {"head": {name: found[name] for name in names[:4]}, "body": {name: found[name] for name in names[4:]}}
    covered = octets[: reader.at]
    seal = reader.take(8)
    reader.end()
    if message.endswith(".reply") and given["setting"]["verify_reply_mac"] in ("no", False):
        if seal != b" " * 8:
            raise ValueError("an answer without a MAC has blanks there")
        return found | {"NoMAC": ""}
    seal = seal.hex().upper()
    # Sign-in and the exchange of keys; all else is under the key that was exchanged.
    signs = found["head"]["TradeCode"] in ("31", "34")
    key = bytes.fromhex(given["key"]["fixed"] if signs else given["session"]["dynamic"])
    if seal != macs.x9_9(key, covered).hex().upper():
        raise ValueError("the MAC does not hold")
    return found | {"MAC": seal}


def form_z(message, octets):
    # Who asks for a balance says no amount.
    asks = message in ("balance.request", "balance_other.request")
    reader, found = Reader(octets), {}
    for name, kind, width in FORM_Z:
        found[name] = value(reader.take(width), "X" if name == "amount" and asks else kind)
    reader.end()
    names = [name for name, *_ in FORM_Z]
    return {"head": {name: found[name] for name in names[:4]}, "body": {name: found[name] for name in names[4:]}}


def written_z(message, fields):
    asks = message in ("balance.request", "balance_other.request")
    table = [(name, "X" if name == "amount" and asks else kind, width) for name, kind, width in FORM_Z]
    return record({**fields["head"], **fields["body"]}, table)


def form_x(octets):
    reader, found = Reader(octets), {}
    for name, kind, width in FORM_X_HEAD:
        taken = reader.take(width)
        found[name] = taken[0] if kind == "1" else value(taken, kind)
    if found["unit_length"] != 8 or found["code"] not in ("DXRB", "DXRV"):
        raise ValueError(f"a head of {found}")
    body = reader.fields(FORM_X_BODY)
    reader.end()
    return {"head": found, "body": body}


def written_x(fields):
    head = b""
    for name, kind, width in FORM_X_HEAD:
        head += bytes([8]) if kind == "1" else record(fields["head"], [(name, kind, width)])
    return head + record(fields["body"], FORM_X_BODY)


def fen(text):
    yuan, _, cents = text.partition(".")
    if len(cents) > 2:
        raise ValueError(f"{text!r} is no amount")
    return int(yuan) * 100 + int(cents.ljust(2, "0") or 0)


def signed(text, sign, given):
    """HmacSHA1 under the shared key, or in other revisions SHA1withRSA by the front."""
    if given["setting"]["front_seal"] == "rsa_sha1":
        return signatures.good(given["key"]["front_signer"], text, sign, "RSA")
    return sign == hmac.new(bytes.fromhex(given["key"]["front"]), text, hashlib.sha1).hexdigest()


def form_h(message, specimen):
    content = bytes.fromhex(specimen["parts"]["content"])
    call, side = message.rsplit(".", 1)
    first = specimen["variant"]["front_edition"] == "first"
    if side == "reply":
        found = json.loads(content)
        name, good = ("ret", "00") if first else ("retcode", "0")
        if name not in found or found[name] != good and found.keys() - {name, "retmsg"}:
            raise ValueError(f"an answer of {found}")
        if "money" in found:
            found["money"] = fen(found["money"])
        return {"content": found}
    found = dict(parse_qsl(content.decode(), keep_blank_values=True, strict_parsing=True))
    # The first revision names the card of a load by another word.
    order = ["bankaccount" if first and call == "terminal_load" and name == "bankcardno" else name for name in FORM_H[call]]
    text = "".join(found.get(name, "") for name in order)
    if not signed(text.encode(), found["sign"], specimen["given"]):
        raise ValueError("the sign does not hold")
    unknown = found.keys() - {*order, "sign"}
    if unknown:
        raise ValueError(f"the page has no {unknown}")
    if "amount" in found:
        found["amount"] = fen(found["amount"])
    found["tradetime"] = value(found["tradetime"].encode(), "M")
    return {"content": found}


def written_h(message, fields, specimen):
    content = dict(fields["content"])
    if message.endswith(".reply"):
        if "money" in content:
            content["money"] = f"{content['money'] // 100}.{content['money'] % 100:02}"
        return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    return None


def rows(octets, names):
    text = octets.decode("gbk")
    if text and not text.endswith("\n"):
        raise ValueError("the last line has no end")
    first, *details = [line.split("|") for line in text[:-1].split("\n")]
    head = {"school": first[0], "date": value(first[1].encode(), "D"), "count": int(first[2]), "amount": int(first[3])}
    found = []
    for detail in details:
        row = dict(zip(names + ["class"][: len(detail) - len(names)], detail, strict=True))
        row["bizdate"], row["time"] = value(row["bizdate"].encode(), "D"), value(row["time"].encode(), "T")
        row["amount"] = int(row["amount"])
        found.append(row)
    if head["count"] != len(found) or head["amount"] != sum(row["amount"] for row in found):
        raise ValueError("the head does not agree with the rows")
    return head, found


def file(message, octets, variant):
    if message == "put_daily_list.request":
        reader, lines = Reader(octets), []
        while reader.at < len(octets):
            lines.append(reader.fields(DAILY))
            if reader.take(2) != b"\r\n":
                raise ValueError("a line of 71 octets does not end in CR LF")
        kinds = [line.get("TradeCode") for line in lines]
        if kinds != sorted(kinds) or set(kinds) - {"01", "02"}:
            raise ValueError(f"lines of {kinds}")
        return {name: [line for line in lines if line["TradeCode"] == code] for name, code in (("loads", "01"), ("payments", "02"))}
    head, found = rows(octets, SETTLED if message == "put_settlement.request" else DETAIL)
    if message not in ("put_list.request", "put_settlement.request"):
        return {"head": head, "detail": found}
    kinds = {"loads": "01", "topped": "02"}
    # Fees are paid at machines of form F alone.
    if message == "put_settlement.request" and variant.get("terminal") == "form_f":
        kinds["fees"] = "03"
    if any(row["kind"] not in kinds.values() for row in found):
        raise ValueError("a row of another kind")
    return {"head": head} | {name: [row for row in found if row["kind"] == kind] for name, kind in kinds.items()}


def form(message, specimen):
    """Which form a message has: files and what the bank says are of form T always."""
    content = bytes.fromhex(specimen["parts"]["content"])
    if message in FILES:
        return "file"
    if content[:2] == b"10" and len(content) >= 110 and len(content) not in (145, 207, 333):
        return "T"
    if specimen["variant"].get("terminal") == "form_z" and len(content) == 207:
        return "Z"
    if specimen["variant"].get("terminal") == "form_x" and len(content) == 333:
        return "X"
    return "H" if specimen["variant"].get("terminal") == "form_h" else "F" if len(content) == 145 else "T"


def read(message, specimen):
    octets = bytes.fromhex(specimen["parts"]["content"])
    kind = form(message, specimen)
    if kind == "file":
        return file(message, octets, specimen["variant"])
    if kind == "H":
        return form_h(message, specimen)
    if kind == "Z":
        return form_z(message, octets)
    if kind == "X":
        return form_x(octets)
    return form_f(message, octets, specimen["given"]) if kind == "F" else form_t(octets, specimen["given"])


def write(message, fields, specimen):
    kind = form(message, specimen)
    if kind == "T":
        return written_t(fields, specimen["given"])
    if kind == "Z":
        return written_z(message, fields)
    if kind == "X":
        return written_x(fields)
    return written_h(message, fields, specimen) if kind == "H" else None
