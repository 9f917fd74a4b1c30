"""The platform of mobile data (data-topup), a second implementation from sections 3 to 7 of its page: dialect A in JSON under a token, its
batch under a signature over the body (C), dialect B as a form with the secret around it; lists of numbers and of a day.

AES is the system's OpenSSL, called as a program.
"""

import base64
import csv
import hashlib
import io
import json
import re
import subprocess
import zipfile
from urllib.parse import quote, unquote_plus
from xml.etree import ElementTree

import objects
from tables import line, lines, row, table, value, written

ANSWERED = "code:X3= custno:X29? orderno:X32? info:X100?"
BATCH_ANSWER = "code:X3= batchno:X29? accepted:I? rejected[custno:X29 code:X8]? info:X100?"
# Call: path, what is asked beside appkey and sign, the answer.
A = {
    "refresh_token": ("refreshToken", "appsecret:X64", "code:X3= token:X64? info:X100?"),
    "charge": ("chargeOrder", "custno:X29 mobile prodcode:X20", ANSWERED),
    "seek": ("seekOrder", "custno:X29 requesttime:S?", "code:X3= custno:X29? info:X100?"),
    "order_state": ("seekOrder", "custno:X29 requesttime:S?", "code:X3= custno:X29? info:X100?"),
    "funds": ("getMyBalance", "", "code:X3= balance? freeze? availBalance?"),
    "batch_order": ("batchOrder", "batchno:X29 count:I items[custno:X29 mobile prodcode:X20]", BATCH_ANSWER),
    "list": ("reconFile", "date:D", "code:X3= url:X200? md5:X32=? info:X100?"),
    "told": (None, "code:X3= orderno:X32 custno:X29 info:X100", "info:X1="),
}
B = {
    "charge_form": ("tuhao.data.charge", "mobile amount:I area:N1= effecttime:N1= roam:N1= order_no:X29", "order_id:X32?"),
    "funds_form": ("tuhao.account.balance", "", "balance"),
    "told_form": (None, "order_no:X29 order_id:X32 status:N1= msg:X100?", None),
}
ENTRY = "app_id:X32 method:X40 timestamp:S v:X3= format:X4= sign_method:X3="
BULK = "batchNo:X29 count:I items[outOrderId:X29 mobile productCode:X20]"
LISTED = "custno:X29 orderno:X32 mobile prodcode:X20 price:Y time:S code:X3="
RESULT = "mobile prodcode:X20 custno:X29 status code:X8 info:X100"


def texts_of(given):
    setting = given["setting"]
    return setting, bytes.fromhex(given.get("key", {}).get("secret", "")), given.get("session", {}).get("token")


def joined(found):
    """Each name before its value, sorted by name, nothing between them."""
    return "".join(f"{name}{found[name]}" for name in sorted(found))


def aes(text, given, back):
    cipher = given["setting"]["cipher"]
    cbc = cipher == "aes_cbc_pkcs5"
    vector = ["-iv", given["setting"]["app"][:16].encode().hex()] if cbc else []
    command = ["openssl", "enc", "-d" if back else "-e", "-aes-128-cbc" if cbc else "-aes-128-ecb", "-K", given["key"]["mobile"], *vector]
    octets = base64.b64decode(text, validate=True) if back else text.encode("utf-8")
    made = subprocess.run(command, input=octets, capture_output=True, check=True).stdout
    return made.decode("utf-8") if back else base64.b64encode(made).decode("ascii")


def of_mobile(rows, given, back):
    for one in rows:
        if "mobile" in one:
            number = one["mobile"]
            one["mobile"] = {"number_": aes(number, given, True)} if back else aes(number["number_"], given, False)


# Dialect A


def raw_values(text):
    """The values of a flat object as they stand, texts without quotes and escapes, lists as their JSON."""
    found, at, decoder = {}, 1, json.JSONDecoder()
    while at < len(text) and text[at] != "}":
        name, at = decoder.raw_decode(text, at)
        begin = at + 1
        one, at = decoder.raw_decode(text, begin)
        found[name] = one if isinstance(one, str) else text[begin:at]
        at += text[at : at + 1] == ","
    return found


def token_sign(found, given):
    setting, _, token = texts_of(given)
    return hashlib.sha1((joined(found) + setting["token_word"] + token).encode("utf-8")).hexdigest()


def asked(message, octets, specimen):
    call, given = message.split(".")[0], specimen["given"]
    path, names, _ = A[call]
    text = octets.decode("utf-8")
    sealed = call != "refresh_token"
    if sealed:
        values = raw_values(text)
        if values.pop("sign") != token_sign(values, given):
            raise ValueError("the signature is wrong")
    head = "appkey:X32 " if call != "told" else ""
    found = objects.read(json.loads(text), table(f"{head}{names}" + (" sign:X40=" if sealed else "")))
    if path and "path" in specimen["parts"] and bytes.fromhex(specimen["parts"]["path"]).decode() != f"/{path}":
        raise ValueError("another path")
    of_mobile(found["items"] if "items" in found else [found], given, True)
    return found


def of_asked(message, found, specimen):
    call, given = message.split(".")[0], specimen["given"]
    names = A[call][1]
    of_mobile(found["items"] if "items" in found else [found], given, False)
    found.pop("sign", None)
    head = "appkey:X32 " if call != "told" else ""
    body = objects.write(found, table(f"{head}{names}"))
    if call != "refresh_token":
        body["sign"] = token_sign(raw_values(objects.text_of(body)), given)
    return objects.text_of(body).encode("utf-8")


# The batch under its body


def bulk_sign(body, query, given):
    _, secret, _ = texts_of(given)
    parts = {**{name: text.encode("utf-8") for name, text in query.items() if name != "sign"}, "body": body}
    return hashlib.md5(b"&".join(name.encode() + b"=" + parts[name] for name in sorted(parts)) + secret).hexdigest()


def form(octets):
    return {name: unquote_plus(text, errors="strict") for name, _, text in (part.partition("=") for part in octets.decode("ascii").split("&"))}


def of_form(found):
    return "&".join(f"{name}={quote(text, safe='')}" for name, text in found.items()).encode("ascii")


QUERY = "appKey:X32 timestamp:M version:X3= sign:X32="


def texts_read(texts, names):
    fields = {field.name: field for field in table(names)}
    if strange := set(texts) - set(fields):
        raise ValueError(f"strange parameters {strange}")
    return {name: value(text, fields[name]) for name, text in texts.items()}


def texts_written(found, names):
    return {field.name: written(found[field.name], field) for field in table(names) if field.name in found}


def bulk(specimen):
    body, texts = bytes.fromhex(specimen["parts"]["content"]), form(bytes.fromhex(specimen["parts"]["query"]))
    if texts["sign"] != bulk_sign(body, texts, specimen["given"]):
        raise ValueError("the signature is wrong")
    return {"query": texts_read(texts, QUERY), "content": objects.read(json.loads(body), table(BULK))}


# Dialect B


def around(texts, given):
    _, secret, _ = texts_of(given)
    plain = {name: text for name, text in texts.items() if name != "sign"}
    return hashlib.md5(secret + joined(plain).encode("utf-8") + secret).hexdigest()


def names_of_form(call):
    return f"{ENTRY if B[call][0] else ''} {B[call][1]} sign:X32="


def entry(message, octets, specimen):
    texts = form(octets)
    if texts["sign"] != around(texts, specimen["given"]):
        raise ValueError("the signature is wrong")
    return texts_read(texts, names_of_form(message.split(".")[0]))


def of_entry(message, found, specimen):
    texts = texts_written(found, names_of_form(message.split(".")[0]).replace(" sign:X32=", ""))
    texts["sign"] = around(texts, specimen["given"])
    return of_form(texts)


def answer_names(call):
    return f"response(code msg:X100? {B[call][2]})"


# Amounts of accounts stand as numbers of yuan in A, as texts in B.


def fen(number):
    whole, _, part = str(number).partition(".")
    return int(whole) * 100 + int((part + "00")[:2])


def yuan(amount):
    return f"{amount // 100}.{amount % 100:02}"


AMOUNTS = ("balance", "freeze", "availBalance")


def answer(message, octets):
    call = message.split(".")[0]
    found = json.loads(octets.decode("utf-8"), parse_float=objects.Figures)
    if call in B:
        return found if call == "told_form" else amounts({"response": dict(found["response"], code=str(found["response"]["code"]))}, call)
    names = BATCH_ANSWER if call == "bulk_order" else A[call][2]
    if call == "funds":
        return {name: fen(one) if name in AMOUNTS else one for name, one in found.items()}
    return objects.read(found, table(names))


def amounts(found, call):
    if "balance" in found["response"]:
        found["response"]["balance"] = fen(found["response"]["balance"])
    return found


def of_answer(message, found):
    call = message.split(".")[0]
    if call == "funds":
        parts = [f'"{name}":{yuan(one) if name in AMOUNTS else json.dumps(one)}' for name, one in found.items()]
        return ("{" + ",".join(parts) + "}").encode("utf-8")
    if call == "told_form":
        return objects.text_of(found).encode("utf-8")
    if call in B:
        inner = dict(found["response"])
        code = inner.pop("code")
        if "balance" in inner:
            inner["balance"] = yuan(inner["balance"])
        rest = objects.text_of(inner)[1:-1]
        return ('{"response":{"code":' + code + ("," + rest if rest else "") + "}}").encode("utf-8")
    names = BATCH_ANSWER if call == "bulk_order" else A[call][2]
    return objects.text_of(objects.write(found, table(names))).encode("utf-8")


# Files


def day(specimen):
    texts = lines(bytes.fromhex(specimen["parts"]["content"]), "utf-8", "\n")
    found = {"rows": [row(text, LISTED, "|") for text in texts[:-1]], "tail": row(texts[-1], "count:I amount:Y", "|")}
    if found["tail"] != {"count": len(texts) - 1, "amount": sum(one["price"] for one in found["rows"])}:
        raise ValueError("the last line does not agree with the others")
    if not re.fullmatch(rf"LL_{re.escape(specimen['given']['setting']['app'])}_\d{{8}}\.txt", specimen["file"]):
        raise ValueError(f"the name is {specimen['file']}")
    return found


def of_day(found):
    texts = [line(one, LISTED, "|") for one in found["rows"]] + [line(found["tail"], "count:I amount:Y", "|")]
    return "".join(f"{text}\n" for text in texts).encode("utf-8")


def cells(octets):
    """The rows of a workbook's first sheet, or of comma-separated values."""
    if octets[:2] != b"PK":
        return list(csv.reader(io.StringIO(octets.decode("utf-8"))))
    space = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
    with zipfile.ZipFile(io.BytesIO(octets)) as book:
        shared = []
        if "xl/sharedStrings.xml" in book.namelist():
            root = ElementTree.fromstring(book.read("xl/sharedStrings.xml"))
            shared = ["".join(part.text or "" for part in one.iter(f"{space}t")) for one in root.findall(f"{space}si")]
        sheet = ElementTree.fromstring(book.read("xl/worksheets/sheet1.xml"))
    found = []
    for one in sheet.iter(f"{space}row"):
        texts = []
        for cell in one.findall(f"{space}c"):
            place = re.match("[A-Z]+", cell.get("r")).group() if cell.get("r") else None
            while place and len(texts) < ord(place) - ord("A"):
                texts.append("")
            inner = cell.find(f"{space}v")
            text = "".join(part.text or "" for part in cell.iter(f"{space}t")) if inner is None else inner.text or ""
            texts.append(shared[int(text)] if cell.get("t") == "s" else text)
        found.append(texts)
    return found


def numbers(specimen):
    rows = [texts + [""] * (3 - len(texts)) for texts in cells(bytes.fromhex(specimen["parts"]["content"]))]
    customer, batch, count = rows[0]
    if int(count) != len(rows) - 1 or specimen["file"] != f"LLPL_{customer}_{batch}.csv":
        raise ValueError("the first line does not agree with the others, or with the name")
    found = [{"mobile": mobile, "prodcode": package, "memo": memo or None} for mobile, package, memo in rows[1:]]
    return {"sheet": {"head": {"customer": customer, "batch": batch, "count": int(count)}, "rows": found}}


def result(specimen):
    texts = lines(bytes.fromhex(specimen["parts"]["content"]), "utf-8", "\n")
    return {"result": {"rows": [row(text, RESULT, ",") for text in texts]}}


def of_result(found):
    return "".join(f"{line(one, RESULT, ',')}\n" for one in found["result"]["rows"]).encode("utf-8")


def read(message, specimen):
    call, side = message.split(".")
    if message == "day_list.request":
        return day(specimen)
    if call == "batch":
        return numbers(specimen) if side == "request" else result(specimen)
    if message == "bulk_order.request":
        return {"headers": {"kind": "application/json"}, **bulk(specimen)}
    content = bytes.fromhex(specimen["parts"]["content"])
    if side == "reply":
        return {"content": answer(message, content)}
    found = {"content": entry(message, content, specimen) if call in B else asked(message, content, specimen)}
    return found if call in B or call == "told" else {"headers": {"kind": "application/json"}, **found}


def write(message, found, specimen):
    call, side = message.split(".")
    if message == "day_list.request":
        return of_day(found)
    if call == "batch":
        # A workbook has many forms of the same cells.
        return None if side == "request" else of_result(found)
    if message == "bulk_order.request":
        return objects.text_of(objects.write(found["content"], table(BULK))).encode("utf-8")
    if side == "reply":
        return of_answer(message, found["content"])
    return of_entry(message, found["content"], specimen) if call in B else of_asked(message, found["content"], specimen)
