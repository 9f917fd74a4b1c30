"""Phones topped up (hanyin-topup), a second implementation from sections 3 to 6 of its page: a signed form or JSON, answers in JSON,
notices in the charset that was agreed, the list of a day.

What the page names without fields (balance, refund, list) is assumed there, and so here.
"""

import hashlib
import hmac
import json
from urllib.parse import quote, unquote_to_bytes

import objects
import signatures
from tables import line, lines, row, table, value, written

ENVELOPE = "version:X5 service:X32 merchId:X15 reqTime:M charset:X8"
NOTICE = "version:X5? merchId:X15 charset:X8?"
SEAL = "signType:X8? sign:X344"
STATE = "status:X7 orderNo:X24? platOrderNo:X24? amount:A10? amountDone:A10? finishTime:M? voucher:X40? failReason:X60?"
# Message: service, what is asked, what is answered behind respCode and respMsg.
CALLS = {
    "segment": ("segment.query", "mobile:X11", "carrier:X4= province:X10 city:X20 flag:X1=>flag_"),
    "products": ("product.query", "carrier:X4= province:X10", "list[productId:X20 faceValue:A10 price:A10 stock:I9]>list_"),
    "recharge": (
        "recharge.order",
        "orderNo:X24 mobile:X11 carrier:X4= province:X10? productId:X20? amount:A10 price:A10? orderTime:M notifyUrl:X128 remark:X60?",
        "orderNo:X24 platOrderNo:X24? status:X7",
    ),
    "order_state": ("order.query", "orderNo:X24 orderDate:D", STATE),
    "seek": ("order.query", "orderNo:X24 orderDate:D", STATE),
    "prepaid": ("balance.query", "", "balance:A15"),
}
NOTICES = {
    "result_told": "orderNo:X24 platOrderNo:X24 status:X7 amount:A10 amountDone:A10? finishTime:M? voucher:X40? failReason:X60?",
    "refund_told": "orderNo:X24 platOrderNo:X24 amount:A10 refundTime:M? reason:X60?",
    "list_told": "fileName:X60 fileDate:D",
}
NAMES = {"md5": "MD5", "rsa": "RSA", "rsa2": "RSA2"}
HEAD = "merchId:X15 date:D count:I8 amount:A15 successCount:I8 successAmount:A15"
LISTED = (
    "orderNo:X24 platOrderNo:X24 mobile:X11 carrier:X4= amount:A10 price:A10 orderTime:M finishTime:M status:X7 voucher:X40"
)


def covered(texts, charset):
    """Steps 1 to 3: what is empty, `sign` and `signType` are not there."""
    names = sorted(name for name, text in texts.items() if name not in ("sign", "signType") and text != "")
    return "&".join(f"{name}={texts[name]}" for name in names).encode(charset)


def md5(octets, key):
    return hashlib.md5(octets + b"&key=" + key).hexdigest().upper()


def check(texts, charset, specimen, who):
    kind, keys = specimen["variant"]["sign_type"], specimen["given"]["key"]
    if who == "bank" and texts["signType"] != NAMES[kind]:
        raise ValueError(f"signType {texts['signType']}")
    octets = covered(texts, charset)
    if kind == "md5":
        good = hmac.compare_digest(md5(octets, bytes.fromhex(keys["sign"])), texts["sign"].upper())
    else:
        good = signatures.good(keys[who], octets, texts["sign"], NAMES[kind])
    if not good:
        raise ValueError("the signature is wrong")


def charset_of(message, specimen):
    """Notices are in the charset that was agreed, all else in UTF-8."""
    return "gbk" if message in NOTICES and specimen["variant"]["notice_charset"] == "gbk" else "utf-8"


def asked(octets, message, specimen):
    """Names and texts, and the charset they are in."""
    charset = charset_of(message, specimen)
    if specimen["variant"]["form"] == "json":
        found = json.loads(octets.decode(charset))
        return found, {name: str(inner) for name, inner in found.items()}, charset
    found = {}
    for part in octets.decode("ascii").split("&"):
        name, _, text = part.partition("=")
        if name in found:
            raise ValueError(f"{name} is there twice")
        found[name] = unquote_to_bytes(text.replace("+", " ")).decode(charset)
    return found, found, charset


def fields_of(message):
    if message in NOTICES:
        return table(f"{NOTICE} {NOTICES[message]} {SEAL}")
    return table(f"{ENVELOPE} {CALLS[message][1]} {SEAL}")


def request(message, specimen):
    found, texts, charset = asked(bytes.fromhex(specimen["parts"]["content"]), message, specimen)
    check(texts, charset, specimen, "platform" if message in NOTICES else "bank")
    fields = fields_of(message)
    if strange := set(found) - {field.name for field in fields}:
        raise ValueError(f"strange names {strange}")
    tree = {}
    for field in fields:
        if field.name in found:
            tree[field.ours] = value(texts[field.name], field)
        elif not field.may:
            raise ValueError(f"{field.name} is missing")
    if tree["merchId"] != specimen["given"]["setting"]["merchant"] or tree.get("service", "") not in ("", CALLS.get(message, [""])[0]):
        raise ValueError(f"{tree['merchId']}, {tree.get('service')}")
    return {"content": tree}


def of_request(message, tree, specimen):
    found, fields = tree["content"], fields_of(message)
    kept = [field for field in fields if field.ours in found]
    texts = {field.name: written(found[field.ours], field) for field in kept}
    charset = charset_of(message, specimen)
    if specimen["variant"]["sign_type"] == "md5":
        texts["sign"] = md5(covered(texts, charset), bytes.fromhex(specimen["given"]["key"]["sign"]))
    if specimen["variant"]["form"] == "json":
        numbers = {field.name: found[field.ours] for field in kept if field.kind in "IA"}
        return objects.text_of(texts | numbers).encode(charset)
    return "&".join(f"{name}={quote(text.encode(charset), safe='')}" for name, text in texts.items()).encode("ascii")


def answer_fields(message, code):
    return table(f"respCode:X4= respMsg:X60 {CALLS[message][2] if code == '0000' else ''} {SEAL}")


def answer(message, specimen):
    if message in NOTICES:
        said = bytes.fromhex(specimen["parts"]["content"]).decode("ascii")
        if said not in ("SUCCESS", "FAIL"):
            raise ValueError(f"answered by {said}")
        return {"content": {"answer_": said}}
    found = json.loads(bytes.fromhex(specimen["parts"]["content"]))
    texts = {name: objects.text_of(inner) if isinstance(inner, list) else str(inner) for name, inner in found.items()}
    check(texts, "utf-8", specimen, "platform")
    return {"content": objects.read(found, answer_fields(message, found["respCode"]))}


def of_answer(message, tree, specimen):
    if message in NOTICES:
        return tree["content"]["answer_"].encode("ascii")
    found = objects.write(tree["content"], answer_fields(message, tree["content"]["respCode"]))
    if specimen["variant"]["sign_type"] == "md5":
        texts = {name: objects.text_of(inner) if isinstance(inner, list) else str(inner) for name, inner in found.items()}
        found["sign"] = md5(covered(texts, "utf-8"), bytes.fromhex(specimen["given"]["key"]["sign"]))
    return objects.text_of(found).encode("utf-8")


def file(specimen):
    texts = lines(bytes.fromhex(specimen["parts"]["content"]), "gbk", "\n")
    found = {"head": row(texts[0], HEAD), "detail": [row(text, LISTED) for text in texts[1:]]}
    rows = found["detail"]
    good = [one["amount"] for one in rows if one["status"] == "SUCCESS"]
    due = (len(rows), sum(one["amount"] for one in rows), len(good), sum(good))
    if due != tuple(found["head"][name] for name in ("count", "amount", "successCount", "successAmount")):
        raise ValueError("the first line does not agree with the others")
    day = found["head"]["date"].replace("-", "")
    if not specimen["file"].startswith(f"HY_{found['head']['merchId']}_") or not day:
        raise ValueError(f"the name is {specimen['file']}")
    return found


def of_file(found):
    return "".join(f"{text}\n" for text in [line(found["head"], HEAD), *(line(one, LISTED) for one in found["detail"])]).encode("gbk")


def read(message, specimen):
    name, _, side = message.partition(".")
    if name == "day_list":
        return file(specimen)
    return request(name, specimen) if side == "request" else answer(name, specimen)


def write(message, found, specimen):
    name, _, side = message.partition(".")
    if name == "day_list":
        return of_file(found)
    return of_request(name, found, specimen) if side == "request" else of_answer(name, found, specimen)
