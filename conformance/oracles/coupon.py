"""Vouchers (coupon), a second implementation from sections 3 to 6 of its page: a JSON envelope whose names and values are signed, sorted;
in it the body, ciphered by blocks or in a chain; the lists of a day.

What the page names without fields (pages of goods, the balance, what a notice of a voucher holds) is assumed there, and so here.
"""

import base64
import hashlib
import hmac
import json

import objects
from Cryptodome.Cipher import AES, DES, DES3
from Cryptodome.Util.Padding import pad, unpad
from tables import line, lines, row, table

VOUCHER = "couponNo:X64 password:X64? url:X256? validBegin:D validEnd:D status:X10"
ORDER = f"orderNo:X32? wnOrderNo:X32? num:I3? successNum:I3? totalPrice:Y15? finishTime:M? status:X10 coupons[{VOUCHER}]?"
GOODS = (
    "goodsNo:X20 name:X60 faceValue:Y13 price:Y13 type:X10 stock:I9 validDays:I4 beginTime:M? endTime:M? picture:X200? rule:X500?>rule_"
)
STATE = "status:X10 usedTime:M? usedShop:X60?"
# Message: what the request's body holds, what the answer's.
CALLS = {
    "goods": ("pageNo:I4 pageSize:I3", f"total:I6 list[{GOODS}]>list_"),
    "stock": ("goodsNo:X20", "goodsNo:X20 stock:I9"),
    "funds": ("", "balance:Y16"),
    "create": (
        "orderNo:X32 goodsNo:X20 num:I3 mobile:X11 name:X60? totalPrice:Y15? memo:X60?",
        f"orderNo:X32 wnOrderNo:X32 status:X10 coupons[{VOUCHER}]?",
    ),
    "order": ("orderNo:X32", ORDER),
    "seek": ("orderNo:X32", ORDER),
    "coupon_state_there": ("couponNo:X64", STATE),
    "cancelled": ("couponNo:X64", STATE),
    "cancel": ("orderNo:X32 couponNo[] reason:X60", "status:X10 refundAmount:Y15"),
}
NOTICES = {
    "order_told": f"orderNo:X32 wnOrderNo:X32? status:X10 num:I3? successNum:I3? totalPrice:Y15? finishTime:M? coupons[{VOUCHER}]?",
    "coupon_told": "couponNo:X64 status:X10 usedTime:M usedShop:X60?",
}
# Amounts stand as numbers of two places.
AMOUNTS = {"faceValue", "price", "totalPrice", "refundAmount", "balance"}
LISTED = {
    "day_orders": (
        "orderNo,wnOrderNo,goodsNo,num,successNum,price,total,status,finishTime",
        "orderNo:X32 wnOrderNo:X32 goodsNo:X20 num:I3 successNum:I3 price:Y total:Y status:X10 finishTime:M",
        "count:I total:Y",
    ),
    "month_settled": (
        "day,paidIn,orders,bought,returned,balance",
        "day:D paidIn:Y14 orders:I9 bought:Y14 returned:Y14 balance:Y14",
        "count:I total:Y16",
    ),
    "day_used": ("couponNo,goodsNo,usedTime", "couponNo:X64 goodsNo:X20 usedTime:M", "count:I total:I"),
}


def cipher(specimen):
    key = bytes.fromhex(specimen["given"]["key"]["content"])
    kind = specimen["variant"]["cipher"]
    if kind == "des":
        return DES.new(key, DES.MODE_ECB), 8
    if kind == "tdes":
        return DES3.new(key, DES3.MODE_ECB), 8
    return (AES.new(key, AES.MODE_CBC, b"0" * 16) if kind == "aes_cbc" else AES.new(key, AES.MODE_ECB)), 16


def signed(envelope, specimen):
    text = "&".join(f"{name}={envelope[name]}" for name in sorted(envelope) if name != "sign" and envelope[name] != "")
    return hashlib.md5(text.encode("utf-8") + b"&key=" + bytes.fromhex(specimen["given"]["key"]["sign"])).hexdigest().upper()


def outer(message, side, code):
    """The envelope's fields but for the body, in the order in which the gateway writes them."""
    if side == "request":
        order = "appId:X16 timestamp:M version:X4 data sign:X32=" if message in NOTICES else "appId:X16 version:X4 timestamp:M data sign:X32="
        return table(order)
    if message in NOTICES:
        return table("code:X4=")
    return table(f"code:X4= msg:X60 timestamp:M {'data' if code == '0000' else ''} sign:X32=")


def body_fields(message, side):
    return table(NOTICES[message]) if message in NOTICES else table(CALLS[message][0 if side == "request" else 1])


def packet(message, side, specimen):
    found = json.loads(bytes.fromhex(specimen["parts"]["content"]))
    fields = outer(message, side, found.get("code"))
    # Verified before anything is deciphered.
    if any(field.name == "sign" for field in fields) and not hmac.compare_digest(signed(found, specimen), found["sign"].upper()):
        raise ValueError("the signature is wrong")
    tree = objects.read(found, fields)
    if "data" in found:
        one, size = cipher(specimen)
        clear = unpad(one.decrypt(base64.b64decode(found["data"], validate=True)), size).decode("utf-8")
        tree["data"] = objects.read(json.loads(clear, parse_float=str), body_fields(message, side))
    if side == "request" and tree["appId"] != specimen["given"]["setting"]["app"]:
        raise ValueError(f"appId {tree['appId']}")
    return {"content": tree}


def amounts(found):
    if isinstance(found, dict):
        return {name: objects.Figures(inner) if name in AMOUNTS else amounts(inner) for name, inner in found.items()}
    return [amounts(inner) for inner in found] if isinstance(found, list) else found


def of_packet(message, side, tree, specimen):
    tree = dict(tree["content"])
    body = tree.pop("data", None)
    found = objects.write(tree, outer(message, side, tree.get("code")))
    if body is not None:
        one, size = cipher(specimen)
        clear = objects.text_of(amounts(objects.write(body, body_fields(message, side)))).encode("utf-8")
        found["data"] = base64.b64encode(one.encrypt(pad(clear, size))).decode("ascii")
    if "sign" in found:
        found["sign"] = signed(found, specimen)
    names = [field.name for field in outer(message, side, found.get("code"))]
    return objects.text_of({name: found[name] for name in names if name in found}).encode("utf-8")


def file(name, specimen):
    head, rows, tail = LISTED[name]
    texts = lines(bytes.fromhex(specimen["parts"]["content"]), "utf-8", "\n")
    if texts[0] != f"\ufeff{head}":
        raise ValueError(f"the first line is {texts[0]!r}")
    found = {"head": {f"c{at + 1}": text for at, text in enumerate(texts[0].split(","))}}
    found |= {"detail": [row(text, rows, ",") for text in texts[1:-1]], "tail": row(texts[-1], tail, ",")}
    summed = {"day_orders": "total", "month_settled": "bought"}.get(name)
    total = sum(one[summed] for one in found["detail"]) if summed else len(found["detail"])
    if found["tail"] != {"count": len(found["detail"]), "total": total}:
        raise ValueError("the last line does not agree with the others")
    if not specimen["file"].startswith(f"WN_{specimen['given']['setting']['app']}_"):
        raise ValueError(f"the name is {specimen['file']}")
    return found


def of_file(name, found):
    head, rows, tail = LISTED[name]
    texts = [f"\ufeff{head}", *(line(one, rows, ",") for one in found["detail"]), line(found["tail"], tail, ",")]
    return "".join(f"{text}\n" for text in texts).encode("utf-8")


def read(message, specimen):
    name, _, side = message.partition(".")
    return file(name, specimen) if name in LISTED else packet(name, side, specimen)


def write(message, found, specimen):
    name, _, side = message.partition(".")
    return of_file(name, found) if name in LISTED else of_packet(name, side, found, specimen)
