"""Batch collection and payment (batch-collection), a second implementation from sections 3, 4 and 6 of its page: notices,
and files in both layouts, ciphered or plain. The page leaves to us: lines end in CR LF, a day that there is none of is blank in
the fixed layout."""

import hashlib

from Cryptodome.Cipher import DES3
from Cryptodome.Util.Padding import pad, unpad
from fixed import Reader, record, value
from gmssl.sm4 import SM4_DECRYPT, SM4_ENCRYPT, CryptSM4

HEAD = ["unit", "batch", "date D", "kind", "business", "count I", "total Y", "account", "name"]
SUMS = ["done_count I", "done_amount Y", "failed_count I", "failed_amount Y", "finished M"]
DETAIL = ["seq S", "account", "name", "amount Y", "user_no", "period P", "agree", "id_no", "memo"]
RESULT = ["code", "text", "booked Y", "hdate D", "hserial"]
TAIL = ["mark", "count I", "digest"]
FIXED_HEAD = [
    ("mark", "X", 1), ("unit", "X", 10), ("batch", "X", 8), ("date", "D", 8), ("kind", "X", 2), ("business", "X", 4), ("count", "I", 8),
    ("total", "A", 15), ("account", "X", 32), ("filler", "X", 112),
]
FIXED_DETAIL = [
    ("mark", "X", 1), ("seq", "I", 8), ("account", "X", 32), ("name", "X", 60), ("amount", "A", 13), ("user_no", "X", 20), ("period", "Y", 6),
    ("agree", "X", 20), ("memo", "X", 40),
]
FIXED_RESULT = [("code", "X", 4), ("booked", "A", 13), ("hdate", "E", 8), ("hserial", "X", 20), ("text", "X", 40)]
NOTICE = ["code", "unit", "serial", "date D", "time T"]
REPLY = ["code", "unit", "serial", "ret", "msg"]
BODIES = {
    "6001": (["file", "kind", "batch", "count I", "total I", "digest"], ["batch"]),
    "6002": (["batch"], ["state", "done I", "damount I", "failed I", "famount I", "file"]),
    "6003": (["batch", "file", "digest", "done I", "damount I", "failed I", "famount I"], []),
    "6004": (["batch", "reason"], []),
    "6005": (["act", "user_no", "account", "name", "id_no", "ceiling I"], ["agree"]),
    "6006": (["batch", "seq I"], ["code", "text", "hserial", "hdate D"]),
}


def parts(names):
    return [(name.split(" ") + ["X"])[:2] for name in names]


def cell(text, kind):
    if kind == "X":
        return text
    if text == "":
        return None
    if kind == "Y":
        yuan, cents = text.split(".")
        if len(cents) != 2:
            raise ValueError(f"{text!r} has no two decimals")
        return int(yuan) * 100 + int(cents)
    if kind in "IS":
        return int(text)
    return value(text.encode(), "Y" if kind == "P" else kind)


def shown(found, kind):
    if found is None:
        return ""
    if kind == "Y":
        return f"{found // 100}.{found % 100:02}"
    if kind == "S":
        return f"{found:06}"
    if kind in "DTMP":
        return "".join(figure for figure in found if figure.isdigit())
    return str(found)


def cells(texts, names):
    return {name: cell(text, kind) for text, (name, kind) in zip(texts, parts(names), strict=True)}


def line(fields, names):
    return "|".join(shown(fields.get(name), kind) for name, kind in parts(names))


def notice(message, octets, given):
    text, _, seal = octets.decode("gbk").rpartition("|")
    text += "|"
    if seal != hashlib.md5(text.encode("gbk") + bytes.fromhex(given["key"]["notice"])).hexdigest().upper():
        raise ValueError("the MD5 does not hold")
    texts = text[:-1].split("|")
    request = message.endswith(".request")
    body = BODIES[texts[0]][0 if request else 1]
    found = {"head": cells(texts[:5], NOTICE if request else REPLY), "mac": seal}
    rest = texts[5:]
    # A refused reply has no body; the state of a row that nobody knows has none either.
    if rest and texts[0] == "6006" and not request:
        found["body"] = {"rows": [cells(rest, body)]}
    elif rest:
        found["body"] = cells(rest, body)
    return found


def written_notice(message, fields, given):
    request = message.endswith(".request")
    body = BODIES[fields["head"]["code"]][0 if request else 1]
    text = line(fields["head"], NOTICE if request else REPLY) + "|"
    if "body" in fields:
        rows = fields["body"].get("rows", [fields["body"]])
        text += "".join(line(row, body) + "|" for row in rows if body)
    octets = text.encode("gbk")
    return octets + hashlib.md5(octets + bytes.fromhex(given["key"]["notice"])).hexdigest().upper().encode()


def plain(specimen):
    """The file without its cipher, which its name tells."""
    octets = bytes.fromhex(specimen["parts"]["content"])
    if not (specimen["file"] or "").endswith(".enc"):
        return octets
    if triple_des(specimen):
        return unpad(cipher(specimen, None).decrypt(octets), 8)
    return cipher(specimen, SM4_DECRYPT).crypt_cbc(bytes(16), octets)


def sealed(specimen, octets):
    """The file under its cipher, where its name tells one."""
    if not (specimen["file"] or "").endswith(".enc"):
        return octets
    if triple_des(specimen):
        return cipher(specimen, None).encrypt(pad(octets, 8))
    return cipher(specimen, SM4_ENCRYPT).crypt_cbc(bytes(16), octets)


def triple_des(specimen):
    return specimen["given"]["setting"]["cipher"].startswith("tdes")


def cipher(specimen, way):
    """The two ciphers that the page offers: 3DES-CBC and SM4-CBC, PKCS#5/7, zero IV, a key of the unit."""
    keys = specimen["given"]["key"]
    if triple_des(specimen):
        return DES3.new(bytes.fromhex(keys["file_tdes"]), DES3.MODE_CBC, iv=bytes(8))
    made = CryptSM4()
    made.set_key(bytes.fromhex(keys["file_sm4"]), way)
    return made


def lines(octets):
    found = octets.split(b"\r\n")
    return found[:-1] if found[-1] == b"" else found


def delimited(message, octets):
    result = not message.endswith(".request")
    first, *details = [one.decode("gbk").split("|") for one in lines(octets)]
    found = {"head": cells(first, HEAD + (SUMS if result else []))}
    if details and details[-1][0] == "END":
        found["tail"] = cells(details.pop(), TAIL)
        before = octets[: octets.rindex(b"END|")]
        if found["tail"]["digest"].upper() != hashlib.md5(before).hexdigest().upper():
            raise ValueError("the MD5 of the lines does not hold")
    found["detail"] = [cells(detail, DETAIL + (RESULT if result else [])) for detail in details]
    return found


def written_delimited(message, fields):
    result = not message.endswith(".request")
    all_lines = [line(fields["head"], HEAD + (SUMS if result else []))]
    all_lines += [line(row, DETAIL + (RESULT if result else [])) for row in fields["detail"]]
    text = "".join(one + "\r\n" for one in all_lines)
    if "tail" in fields:
        text += line(fields["tail"], TAIL) + "\r\n"
    return text.encode("gbk")


def fixed(message, octets):
    first, *details = lines(octets)
    table = FIXED_DETAIL + (FIXED_RESULT if not message.endswith(".request") else [])
    head, rows = Reader(first), []
    found = {"head": head.fields(FIXED_HEAD)}
    head.end()
    for detail in details:
        reader = Reader(detail)
        rows.append(reader.fields(table))
        reader.end()
    return {**found, "detail": rows}


def written_fixed(message, fields):
    table = FIXED_DETAIL + (FIXED_RESULT if not message.endswith(".request") else [])
    return b"".join(one + b"\r\n" for one in [record(fields["head"], FIXED_HEAD)] + [record(row, table) for row in fields["detail"]])


def read(message, specimen):
    if message.startswith("batch_delimited"):
        return delimited(message, plain(specimen))
    if message.startswith("batch_fixed"):
        return fixed(message, plain(specimen))
    return notice(message, bytes.fromhex(specimen["parts"]["content"]), specimen["given"])


def write(message, fields, specimen):
    if not message.startswith("batch_"):
        return written_notice(message, fields, specimen["given"])
    octets = written_delimited(message, fields) if message.startswith("batch_delimited") else written_fixed(message, fields)
    return sealed(specimen, octets)
