"""Bank cards (card-switch), a second implementation by pyiso8583: fields in BCD by their bits, behind a head of five octets, under
an X9.19 in field 64 or 128 over all that stands before it from the message type on."""

import copy

import iso8583
import macs
from iso8583.specs import default_ascii

HEAD = 5
# Bit: name, kind, most. Kinds: figures (n), figures of any number (ll), text (x), text of any length (xll, xlll), octets (b, blll).
BITS = {
    2: ("pan", "ll", 19), 3: ("kind", "n", 6), 4: ("amount", "n", 12), 7: ("sent", "n", 10), 11: ("trace", "n", 6), 12: ("time", "n", 6),
    13: ("day", "n", 4), 14: ("expires", "n", 4), 22: ("entry", "n", 3), 25: ("condition", "n", 2), 32: ("acquirer", "ll", 11),
    33: ("forwarder", "ll", 11), 37: ("reference", "x", 12), 38: ("approval", "x", 6), 39: ("code", "x", 2), 41: ("terminal", "x", 8),
    42: ("merchant", "x", 15), 44: ("words", "xll", 99), 48: ("note", "xlll", 999), 49: ("currency", "x", 3), 54: ("balance", "xlll", 120),
    62: ("cipher", "blll", 16), 63: ("check_value", "blll", 4), 64: ("seal", "b", 8), 70: ("network", "n", 3), 90: ("initial", "n", 42),
    128: ("long_seal", "b", 8),
}
NAMES = {name: bit for bit, (name, _, _) in BITS.items()}
TYPES = {
    "balance": ("0100", "0110"), "purchase": ("0200", "0210"), "reverse": ("0400", "0410"), "sign_in": ("0800", "0810"),
    "exchange_key": ("0800", "0810"), "echo": ("0800", "0810"),
}
NETWORK = {"sign_in": "001", "exchange_key": "101", "echo": "301"}
BALANCE = [("account", 2), ("kind", 2), ("currency", 3), ("sign", 1), ("amount", 12)]


def form(kind, most):
    odd = {"left_pad": "0"} if most % 2 or kind == "ll" else {}
    figures = {"data_enc": "b", "len_enc": "bcd", "len_count": "nibbles", **odd}
    octets = {"data_enc": "b", "len_enc": "bcd", "len_count": "bytes"}
    text = {"data_enc": "ascii", "len_enc": "bcd", "len_count": "bytes"}
    base, size = {
        "n": (figures, 0), "ll": (figures, 1), "x": (text, 0), "xll": (text, 1), "xlll": (text, 2), "b": (octets, 0), "blll": (octets, 2),
    }[kind]
    return {**base, "len_type": size, "max_len": most, "desc": kind}


SPEC = copy.deepcopy(default_ascii)
SPEC["t"].update(data_enc="b", max_len=2)
SPEC["p"].update(data_enc="b", max_len=8)
SPEC["1"].update(data_enc="b", max_len=8)
for number, (_, kind, most) in BITS.items():
    SPEC[str(number)] = form(kind, most)


def moment(figures, year):
    day = f"{year}-{figures[0:2]}-{figures[2:4]}"
    return f"{day}T{figures[4:6]}:{figures[6:8]}:{figures[8:10]}"


def parts(text):
    at, found = 0, {}
    for name, width in BALANCE:
        found[name] = text[at : at + width]
        at += width
    if at != len(text):
        raise ValueError(f"a balance of {len(text)}")
    return {**found, "amount": int(found["amount"])}


def values(decoded, year):
    found = {}
    for bit, text in decoded.items():
        if bit in ("h", "p", "1"):
            continue
        if bit == "t":
            found["mti"] = text
            continue
        name, kind, _ = BITS[int(bit)]
        if name == "sent":
            text = moment(text, year)
        elif name == "time":
            text = f"{text[0:2]}:{text[2:4]}:{text[4:6]}"
        elif name == "day":
            text = f"{year}-{text[0:2]}-{text[2:4]}"
        elif name == "amount":
            text = int(text)
        elif name == "balance":
            text = parts(text)
        elif kind == "x":
            text = text.rstrip(" ")
        found[name] = text
    return found


def year_of(specimen):
    """No year stands on the wire: it is that of the day on which the message is sent."""
    sent = specimen["fields"]["data"].get("sent") or specimen["fields"]["data"].get("day") or "2026"
    return sent[:4]


def sealed(octets, specimen):
    return macs.x9_19(bytes.fromhex(specimen["given"]["session"]["mak"]), octets).hex().upper()


def read(message, specimen):
    call, side = message.split(".")
    octets = bytes.fromhex(specimen["parts"]["content"])
    decoded, _ = iso8583.decode(octets[HEAD:], SPEC)
    found = values(decoded, year_of(specimen))
    if found["mti"] != TYPES[call][side == "reply"] or found.get("network") != NETWORK.get(call):
        raise ValueError(f"{found['mti']} {found.get('network')} is not {message}")
    seal = found.get("seal") or found.get("long_seal")
    if (seal is None) != (call in NETWORK):
        raise ValueError("a seal that ought not to be there, or is not")
    if seal is not None and seal != sealed(octets[HEAD:-8], specimen):
        raise ValueError("the MAC is wrong")
    head = {"id": octets[0:1].hex(), "destination": octets[1:3].hex(), "source": octets[3:5].hex()}
    return {"tpdu": head, "data": found}


def text_of(name, value):
    if name in ("sent", "day", "time"):
        figures = "".join(sign for sign in str(value) if sign.isdigit())
        return figures if name == "time" else figures[4:]
    if name == "amount":
        return f"{value:012}"
    if name == "balance":
        return "".join(f"{value[part]:0{width}}" if part == "amount" else value[part] for part, width in BALANCE)
    _, kind, most = BITS[NAMES[name]]
    return value.ljust(most) if kind == "x" else value


def write(message, found, specimen):
    data = found["data"]
    fields = {str(NAMES[name]): text_of(name, value) for name, value in data.items() if name != "mti"}
    fields["t"] = data["mti"]
    head = bytes.fromhex(found["tpdu"]["id"] + found["tpdu"]["destination"] + found["tpdu"]["source"])
    seal = "128" if "long_seal" in data else "64" if "seal" in data else None
    if seal:
        fields[seal] = "00" * 8
        octets, _ = iso8583.encode(fields, SPEC)
        fields[seal] = sealed(bytes(octets[:-8]), specimen)
    octets, _ = iso8583.encode(fields, SPEC)
    return head + bytes(octets)
