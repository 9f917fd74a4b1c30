"""The grid's protocol (power-dongguan), a second implementation from sections 2 to 6 of its page."""

import macs
from fixed import Reader, record, value

HEAD = [
    ("ver", "N", 2), ("code", "N", 4), ("bank", "X", 4), ("area", "N", 5), ("branch", "X", 10), ("teller", "X", 8),
    ("channel", "N", 2), ("date", "D", 8), ("time", "T", 6), ("bizdate", "D", 8), ("serial", "N", 20), ("peer", "X", 20),
    ("ret", "X", 4), ("msg", "X", 40), ("rsv", "X", 9),
]
# Code: fields of the body, then, where rows follow, their name and fields; `count` says how many.
BODIES = {
    "1001": ([("customer", "X", 20), ("mode", "N", 1), ("month", "Y", 6), ("force", "N", 1)], None),
    "1002": (
        [("customer", "X", 20), ("settle", "X", 20), ("name", "X", 60), ("addr", "X", 120), ("class", "N", 1), ("total", "A", 12),
         ("power", "A", 12), ("penalty", "A", 12), ("prepaid", "A", 12), ("partial", "N", 1), ("count", "I", 3)],
        ("bills", [("recv", "X", 20), ("month", "Y", 6), ("power", "A", 12), ("penalty", "A", 12), ("due", "A", 12), ("state", "X", 2), ("lock", "X", 2)]),
    ),
    "1003": (
        [("customer", "X", 20), ("kind", "N", 1), ("way", "X", 2), ("settle", "X", 2), ("account", "X", 32), ("amount", "A", 12),
         ("invoice", "N", 1), ("query", "X", 20), ("count", "I", 3)],
        ("paid", [("recv", "X", 20), ("due", "A", 12)]),
    ),
    "1004": ([("customer", "X", 20), ("receipt", "X", 20), ("time", "M", 14), ("amount", "A", 12), ("before", "A", 12), ("after", "A", 12), ("invoice", "X", 20)], None),
    "1005": ([("customer", "X", 20), ("odate", "D", 8), ("oserial", "N", 20), ("amount", "A", 12), ("reason", "X", 2)], None),
    "1006": ([("receipt", "X", 20), ("time", "M", 14)], None),
    "1007": ([("odate", "D", 8), ("oserial", "N", 20), ("customer", "X", 20), ("amount", "A", 12)], None),
    "1008": ([("state", "X", 2), ("receipt", "X", 20), ("time", "M", 14), ("amount", "A", 12)], None),
    "0001": ([("sdate", "D", 8), ("alg", "N", 1)], None),
    "0002": ([("mak", "X", 32), ("kcv", "X", 8), ("valid", "M", 14), ("pdate", "D", 8)], None),
    "0003": ([], None), "0004": ([], None), "0005": ([], None), "0006": ([], None),
    "1013": ([("customer", "X", 20), ("account", "X", 32), ("name", "X", 60), ("idtype", "X", 2), ("idno", "X", 20), ("phone", "X", 11), ("act", "N", 1)], None),
    "1014": ([("agreement", "X", 20), ("eff", "D", 8)], None),
    "1015": ([("customer", "X", 20), ("from", "D", 8), ("to", "D", 8)], None),
    "1016": ([("count", "I", 3)], ("rows", [("date", "D", 8), ("amount", "A", 12), ("receipt", "X", 20), ("agent", "X", 4), ("state", "X", 2)])),
    "1021": ([("adate", "D", 8), ("count", "I", 8), ("amount", "A", 14), ("rcount", "I", 8), ("ramount", "A", 14), ("file", "X", 60), ("digest", "X", 32)], None),
    "1022": ([("state", "X", 2), ("pcount", "I", 8), ("pamount", "A", 14)], None),
    "2001": ([("adate", "D", 8), ("state", "X", 2), ("file", "X", 60)], None),
    "2002": ([("ok", "X", 2)], None),
    "2003": ([("file", "X", 60), ("count", "I", 8), ("amount", "A", 14), ("digest", "X", 32)], None),
    "2004": ([("ok", "X", 2)], None),
}
ALGORITHMS = {"x9_9": macs.x9_9, "x9_19": macs.x9_19}


def mac(code, covered, given):
    """Section 5: hex of the MAC; the sign-in under the master key, the line test none."""
    if code in ("0005", "0006"):
        return "0" * 16
    key = given["key"]["mmk"] if code in ("0001", "0002") else given["session"]["mak"]
    return ALGORITHMS[given["setting"]["mac_algorithm"]](bytes.fromhex(key), covered).hex().upper()


def packet(octets, given):
    reader = Reader(octets)
    head = reader.fields(HEAD)
    found = {"head": head}
    code = head["code"]
    # A refused reply has no body.
    if len(octets) > 150 + 16 or BODIES[code][0] == []:
        table, rows = BODIES[code]
        body = reader.fields(table)
        if rows:
            name, inner = rows
            # The count of an answer is true where there are more than 99, of which the first are here; the MAC ends them.
            body[name] = []
            while reader.at < len(octets) - 16 if code in ("1002", "1016") else len(body[name]) < (body["count"] or 0):
                body[name].append(reader.fields(inner))
        found["body"] = body
    covered = octets[: reader.at]
    found["mac"] = reader.take(16).decode("ascii")
    reader.end()
    if found["mac"] != mac(code, covered, given):
        raise ValueError(f"the MAC is {mac(code, covered, given)}, found {found['mac']}")
    return found


def lines(octets):
    """Section 6: GBK, `|`, LF; the head counts and adds up, the tail once more."""
    text = octets.decode("gbk")
    if not text.endswith("\n"):
        raise ValueError("the last line has no end")
    return [line.split("|") for line in text[:-1].split("\n")]


def fen(text):
    yuan, cents = text.split(".")
    if len(cents) != 2:
        raise ValueError(f"{text!r} has no two decimals")
    return int(yuan) * 100 + int(cents)


# Details of files: field, kind of its text.
DETAILS = {
    "put_day_list.request": ["mark", "serial", "gserial", "customer", "amount A", "bizdate D", "time T", "kind", "way", "receipt", "state"],
    "differences.request": ["mark", "serial", "gserial", "customer", "bamount A", "amount A", "class", "proposal"],
    "withhold.request": ["mark", "seq I", "customer", "name", "account", "recv", "month Y", "amount A", "agreement"],
}
DETAILS["withhold.reply"] = DETAILS["withhold.request"] + ["result", "debited A", "bserial", "bizdate D"]
DETAILS["withhold.later"] = DETAILS["withhold.reply"]


def cell(text, kind):
    if kind == "A":
        return fen(text)
    return value(text.encode("gbk"), kind) if text else None


def cells(parts, names):
    pairs = [(name.split(" ") + ["X"])[:2] for name in names]
    return {name: cell(part, kind) for part, (name, kind) in zip(parts, pairs, strict=True)}


def file(message, octets):
    first, *details, last = lines(octets)
    if first[0] != "H" or last[0] != "T" or any(detail[0] != "D" for detail in details):
        raise ValueError("lines begin otherwise")
    head = cells(first, ["mark", "bank", "area", "date D", "count I", "amount A", "rcount I", "ramount A"][: len(first)])
    tail = cells(last, ["mark", "count I", "amount A"])
    rows = [cells(detail, DETAILS[message]) for detail in details]
    # What a withholding file's head says is compared with its rows by who books it, not by who reads it.
    counted = {tail["count"]} if message.startswith("withhold") else {head["count"], tail["count"]}
    if counted != {len(rows)}:
        raise ValueError("head, rows and tail do not agree")
    return {"head": head, "detail": rows, "tail": tail}


def text_of(found, kind):
    if kind == "A":
        return f"{found // 100}.{found % 100:02}"
    if kind in "DTY" and found is not None:
        return "".join(figure for figure in found if figure.isdigit())
    return "" if found is None else str(found)


def line(fields, names):
    pairs = [(name.split(" ") + ["X"])[:2] for name in names]
    return "|".join(text_of(fields[name], kind) for name, kind in pairs) + "\n"


def written_file(message, fields):
    head = ["mark", "bank", "area", "date D", "count I", "amount A", "rcount I", "ramount A"][: len(fields["head"])]
    rows = "".join(line(row, DETAILS[message]) for row in fields["detail"])
    return (line(fields["head"], head) + rows + line(fields["tail"], ["mark", "count I", "amount A"])).encode("gbk")


def read(message, specimen):
    octets = bytes.fromhex(specimen["parts"]["content"])
    return file(message, octets) if message in DETAILS else packet(octets, specimen["given"])


def write(message, fields, specimen):
    if message in DETAILS:
        return written_file(message, fields)
    head, code = record(fields["head"], HEAD), fields["head"]["code"]
    body = b""
    if "body" in fields:
        table, rows = BODIES[code]
        body = record(fields["body"], table)
        if rows:
            body += b"".join(record(row, rows[1]) for row in fields["body"][rows[0]])
    return head + body + mac(code, head + body, specimen["given"]).encode()
