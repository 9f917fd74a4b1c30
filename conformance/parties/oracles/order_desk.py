"""The order desk's texts (FIX 4.4), read and written by the library `simplefix` of PyPI.

Tags are those of FIX 4.4 (FillsGrp of 5.0); which message holds which is said here from that specification's tables.
"""

from decimal import Decimal

import simplefix

HEAD = {"8": "begin", "9": "length", "35": "kind", "49": "sender", "56": "target", "34": "sequence"}
HEAD |= {"43": "again", "122": "first_sent", "52": "sent"}
SUM = {"10": "sum"}
ORDER = {
    "11": "number", "1": "account", "453": "parties", "21": "handling", "55": "symbol", "54": "side", "60": "at", "38": "quantity",
    "40": "type_", "44": "price", "354": "size", "355": "note",
}
PARTY = {"448": "id", "447": "source", "452": "role"}
REPORT = {
    "37": "order", "11": "number", "17": "report", "150": "type_", "39": "state", "103": "why", "55": "symbol", "54": "side",
    "151": "left", "14": "done", "6": "price", "1362": "fills", "58": "said",
}
FILL = {"1363": "id", "1364": "price", "1365": "quantity"}
LOGGED = {"98": "method", "108": "interval"}
TESTED = {"112": "token"}
RANGE = {"7": "first", "16": "last"}
FILL_UP = {"123": "filling", "36": "next"}
STATUS = {"11": "number", "55": "symbol", "54": "side"}
# Tags of a message, and of its group: the tag that begins a row, its tags, what the rows are called.
FORMS = {
    "place.request": (ORDER, ("448", PARTY, "party")),
    "place.reply": (REPORT, ("1363", FILL, "fill")),
    "enquire.request": (STATUS, None),
    "enquire.reply": (REPORT, ("1363", FILL, "fill")),
    "log_on.request": (LOGGED, None),
    "log_on.reply": (LOGGED, None),
    "log_out.request": ({}, None),
    "log_out.reply": ({}, None),
    "test.request": (TESTED, None),
    "test.reply": (TESTED, None),
    "tested_by_them.request": (TESTED, None),
    "tested_by_them.reply": (TESTED, None),
    "ask_again.request": (RANGE, None),
    "asked_again.request": (RANGE, None),
    "fill.request": (FILL_UP, None),
    "filled.request": (FILL_UP, None),
}
# The calls that the other side begins: a message of one of them, and an answer to one of the bank's, is said by it.
THEIRS = {"tested_by_them", "asked_again", "filled", "alive_there", "allocation"}
MOMENTS = {"52", "60", "122"}
PRICES = {"6", "44", "1364"}
NUMBERS = {"9", "10", "34", "98", "108", "7", "16", "36", "453", "452", "38", "53", "354", "151", "14", "1362", "1365"}


def value(tag, octets):
    text = octets.decode("utf-8")
    if tag in MOMENTS:
        return f"{text[:4]}-{text[4:6]}-{text[6:8]}T{text[9:]}"
    if tag in PRICES:
        return f"{Decimal(text):.4f}"
    return int(text) if tag in NUMBERS else text


def speakers(message, specimen, theirs):
    """SenderCompID and TargetCompID go by who speaks."""
    call, side = message.split(".")
    setting = specimen["given"]["setting"]
    ours, other = setting["sender"], setting["target"]
    return (ours, other) if (call in theirs) == (side == "reply") else (other, ours)


def read(message, specimen, forms=FORMS, theirs=frozenset(THEIRS)):
    if message not in forms:
        return None
    octets = bytes.fromhex(specimen["parts"]["content"])
    parser = simplefix.FixParser()
    parser.append_buffer(octets)
    found = parser.get_message()
    if found is None or parser.get_buffer():
        raise ValueError("no whole message")
    body, group = forms[message]
    names = HEAD | body | SUM
    text = {}
    for tag, raw in found.pairs:
        tag = tag.decode()
        if group and tag in group[1]:
            rows = text.setdefault(group[2], [])
            if tag == group[0]:
                rows.append({})
            rows[-1][group[1][tag]] = value(tag, raw)
            continue
        name = names[tag]
        if name in text:
            raise ValueError(f"tag {tag} comes twice")
        text[name] = value(tag, raw)
    if (text["sender"], text["target"]) != speakers(message, specimen, theirs):
        raise ValueError(f"{message} is not said by {text['sender']!r} to {text['target']!r}")
    return {"text": text}


def write(message, fields, specimen, forms=FORMS):
    text = fields["text"]
    body, group = forms[message]
    made = simplefix.FixMessage()
    for tag, name in (HEAD | body).items():
        if name in text and tag not in ("9", "354"):
            put(made, tag, text[name])
        if group and tag == {"448": "453", "1363": "1362"}[group[0]]:
            for row in text.get(group[2], []):
                for inner, part in group[1].items():
                    put(made, inner, row[part])
    # The library computes length and sum itself.
    return made.encode()


def put(made, tag, given):
    if tag in MOMENTS:
        day, time = given.split("T")
        made.append_pair(tag, f"{day.replace('-', '')}-{time}")
    elif tag in PRICES:
        made.append_pair(tag, f"{Decimal(given).normalize():f}")
    elif tag == "355":
        made.append_data("354", "355", given.encode("utf-8"))
    else:
        made.append_pair(tag, given)
