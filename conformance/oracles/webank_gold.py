"""WeBank's gold (webank-gold), a second implementation from sections 3 to 5 of its page: token and tickets behind a question mark,
JSON signed by the sorted values, notices signed with a ticket of their own, files of a day.

What the page leaves open (where weights of bars stand, that notices cover order and code alone) is assumed there, and so here.
"""

import base64
import hashlib
import json
import re
from urllib.parse import parse_qsl

import objects
from Cryptodome.Cipher import AES
from Cryptodome.Util.Padding import pad, unpad
from tables import table

TIMES = "tradeDate:D? orderTime:M? confirmTime:M?"
ORDER = f"orderNo:X32 wbOrderNo:X32 type:X8>type_ status:X10 price:Y8? weight:W? amount:Y15? fee:Y10? {TIMES}"
TICKETS = "tickets[value:X64 expire_in:Q expire_time:M]"
# Call: path, what is asked, what is answered inside `result`.
CALLS = {
    "register": ("openAccount", "userId:X32 custName:X40 idType:X2= idNo:K mobile:X20 bankCardNo:K productCode:X16", ""),
    "price": ("price", "productCode:X16", "priceId:X32 price:Y8 validTo:M? tradeDate:D?"),
    "buy": ("buy", "orderNo:X32 userId:X32 amount:Y15 productCode:X16 priceId:X32? price:Y8?",
            f"orderNo:X32 status:X10 wbOrderNo:X32? price:Y8? weight:W? amount:Y15? fee:Y10? {TIMES}"),
    "redeem": ("redeem", "orderNo:X32 userId:X32 productCode:X16 weight:W priceId:X32? price:Y8?",
               f"orderNo:X32 status:X10 wbOrderNo:X32? price:Y8? weight:W? amount:Y15? fee:Y10? {TIMES}"),
    "withdraw": ("withdraw", "orderNo:X32 userId:X32 productCode:X16 weight:W specGram:Q count:Q receiver:X60 tel:X20 address:X200 "
                 "makeFee:Y10 expressFee:Y10", f"orderNo:X32 status:X10 wbOrderNo:X32? weight:W? expressNo:X32? expressStatus:X20? {TIMES}"),
    "order_state": ("orderQuery", "orderNo:X32", ORDER),
    "order_bought": ("orderQuery", "orderNo:X32", ORDER),
    "order_redeemed": ("orderQuery", "orderNo:X32", ORDER),
    "order_sent_for": ("orderQuery", "orderNo:X32", ORDER),
    "holding": ("holding", "userId:X32 productCode:X16", "totalWeight:W availWeight:W frozenWeight:W costAmount:Y15 marketValue:Y15 "
                "dayProfit:Z15 totalProfit:Z15 asOf:M"),
    "records": ("records", "userId:X32 productCode:X16 beginDate:D endDate:D type:X8>type_ pageNo:Q pageSize:Q",
                "total:Q list[orderNo:X32 wbOrderNo:X32 type:X8>type_ weight:W price:Y8? amount:Y15? fee:Y10? status:X10 tradeDate:D? orderTime:M confirmTime:M?]>list_"),
}
NOTICES = {
    "pay_told": ("payNotify", f"wbOrderNo:X32 userId:X32 productCode:X16 amount:Y15 weight:W? {TIMES}", "status:X7?"),
    "redeem_told": ("redeemNotify", f"wbOrderNo:X32 userId:X32 productCode:X16 amount:Y15 weight:W? {TIMES}", ""),
    "order_told": ("orderNotify", f"wbOrderNo:X32 userId:X32 productCode:X16 type:X8>type_ status:X10 amount:Y15? weight:W? fee:Y10? {TIMES}", ""),
    "bars_told": ("withdrawNotify", "wbOrderNo:X32 userId:X32 expressNo:X32? expressStatus:X20", ""),
}
GRANTS = {
    "get_token": ("access_token", "app_id secret grant_type version", "access_token:X512 expire_time:M expire_in:Q"),
    "get_ticket": ("api_ticket", "app_id access_token type>type_ version", TICKETS),
    "nonce_ticket": ("api_ticket", "app_id access_token type>type_ user_id version", TICKETS),
}
FILES = {
    "trades": ("TRADE", "orderNo:X32 wbOrderNo:X32 userId:X32 type:X8>type_ weight:W price:Y8 amount:Y15 fee:Y10 status:X10 confirmTime:M"),
    "holdings": ("HOLD", "userId:X32 totalWeight:W frozen:W marketValue:Y15"),
    "digests": (None, None),
}


def signed(values):
    """SHA-1 over the values in the order of their octets, one behind the other."""
    octets = [value if isinstance(value, bytes) else value.encode("utf-8") for value in values]
    return hashlib.sha1(b"".join(sorted(octets))).hexdigest().upper()


def plain(text, field, specimen):
    """The value of one JSON text by its kind: W grams of four places, Q a number in quotes, K ciphered."""
    if type(text) is not str:
        raise ValueError(f"{field.name} is {text!r}, no text")
    if field.kind == "W":
        if not re.fullmatch(r"(0|[1-9]\d*)\.\d{4}", text):
            raise ValueError(f"{field.name} is {text!r}, no grams of four places")
        return text
    if field.kind == "Q":
        if text != str(int(text)):
            raise ValueError(f"{field.name} is {text!r}, no number")
        return int(text)
    if field.kind == "K" and text:
        cipher = AES.new(bytes.fromhex(specimen["given"]["key"]["content"]), AES.MODE_CBC, bytes(16))
        return unpad(cipher.decrypt(base64.b64decode(text, validate=True)), 16).decode("utf-8")
    return text if field.kind == "K" else objects.value(text, field)


def back(found, field, specimen):
    if field.kind == "W":
        return found
    if field.kind == "Q":
        return str(found)
    if field.kind == "K" and not found:
        return ""
    if field.kind == "K":
        cipher = AES.new(bytes.fromhex(specimen["given"]["key"]["content"]), AES.MODE_CBC, bytes(16))
        return base64.b64encode(cipher.encrypt(pad(found.encode("utf-8"), 16))).decode("ascii")
    return objects.text(found, field)


def values(found, fields, specimen):
    """What stands in an object; names that nobody knows are kept out of the way by the page, and none are made here."""
    tree = {}
    if strange := set(found) - {field.name for field in fields}:
        raise ValueError(f"strange fields {strange}")
    for field in fields:
        if field.name not in found:
            if not field.may:
                raise ValueError(f"{field.name} is missing")
        elif field.kind == "(":
            tree[field.ours] = values(found[field.name], field.inner, specimen)
        elif field.kind == "[":
            tree[field.ours] = [values(row, field.inner, specimen) for row in found[field.name]]
        else:
            tree[field.ours] = plain(found[field.name], field, specimen)
    return tree


def texts(tree, fields, specimen):
    found = {}
    for field in fields:
        if field.ours not in tree:
            continue
        inner = tree[field.ours]
        if field.kind == "(":
            found[field.name] = texts(inner, field.inner, specimen)
        elif field.kind == "[":
            found[field.name] = [texts(row, field.inner, specimen) for row in inner]
        else:
            found[field.name] = back(inner, field, specimen)
    return found


def answered(call, code):
    """The fields of an answer."""
    if call in GRANTS:
        return table("code:X8 msg:X200 transactionTime:M " + (GRANTS[call][2] if code == "0" else ""))
    if call in NOTICES:
        return table(f"code:X8 msg:X200 bizSeqNo:X32 {NOTICES[call][2]}")
    inner = CALLS[call][2]
    return table("code:X8 msg:X200 bizSeqNo:X32 transactionTime:M" + (f" result({inner})" if code == "0" else ""))


def query(specimen):
    return dict(parse_qsl(bytes.fromhex(specimen["parts"]["query"]).decode("ascii"), keep_blank_values=True, strict_parsing=True))


def path_is(specimen, expected):
    if "path" in specimen["parts"]:
        path = bytes.fromhex(specimen["parts"]["path"]).decode("ascii")
        if path != expected:
            raise ValueError(f"the path is {path}")


def granted(call, specimen):
    path, names, _ = GRANTS[call]
    path_is(specimen, f"/api/oauth2/{path}")
    found, given = query(specimen), specimen["given"]
    fields = table(names)
    if list(found) != [field.name for field in fields]:
        raise ValueError(f"behind the question mark stand {list(found)}")
    if found["app_id"] != given["setting"]["app_id"] or found["version"] != "1.0.0":
        raise ValueError("another application, or another version")
    return {"query": {field.ours: found[field.name] for field in fields}}


def asked(call, specimen):
    path, names, _ = CALLS.get(call) or NOTICES[call]
    path_is(specimen, f"/api/gold/{path}")
    raw, given, found = bytes.fromhex(specimen["parts"]["content"]), specimen["given"], query(specimen)
    fields = table(names if call in CALLS else f"code:X1= orderNo:X32 {names}")
    body = json.loads(raw)
    around = [found["app_id"], found["nonce"], found["version"]]
    if call in CALLS:
        covered = [*around, given["session"]["ticket"], raw]
    else:
        covered = [*around, bytes.fromhex(given["key"]["notices"]), body["code"], body["orderNo"]]
    if found["sign"] != signed(covered):
        raise ValueError("the signature is wrong")
    kind = bytes.fromhex(specimen["parts"]["headers"]).decode("ascii").removeprefix("Content-Type: ").rstrip("\r\n")
    return {"drawn": found["nonce"].upper(), "query": found, "headers": {"kind": kind}, "content": values(body, fields, specimen)}


def answer(call, specimen):
    found = json.loads(bytes.fromhex(specimen["parts"]["content"]))
    return {"content": values(found, answered(call, found["code"]), specimen)}


def file(call, specimen):
    name, columns = FILES[call]
    if call == "digests":
        return told_digest(specimen)
    if specimen["file"] and not re.fullmatch(rf"WBGOLD_{re.escape(specimen['given']['setting']['org'])}_\d{{8}}_{name}\.txt", specimen["file"]):
        raise ValueError(f"the name is {specimen['file']}")
    text = bytes.fromhex(specimen["parts"]["content"]).decode("utf-8")
    if not text.endswith("\n"):
        raise ValueError("the last line has no end")
    rows, fields = text.split("\n")[:-1], table(columns)
    found = {}
    if call == "trades":
        found["head"] = row(rows.pop(0), table("count:I buyAmount:Y15 redeemAmount:Y15"), specimen)
        if found["head"]["count"] != len(rows):
            raise ValueError("the head counts other lines")
    found["rows"] = [row(one, fields, specimen) for one in rows]
    return found


def told_digest(specimen):
    """Beside a file: its MD5 and a line feed."""
    text = bytes.fromhex(specimen["parts"]["content"]).decode("utf-8")
    if specimen["file"] and not specimen["file"].endswith(".ok"):
        raise ValueError(f"the name is {specimen['file']}")
    if not text.endswith("\n") or len(text) != 33:
        raise ValueError(f"{text!r} is no digest")
    return {"digest": {"md5": text[:-1]}}


def row(text, fields, specimen):
    parts = text.split("|")
    if len(parts) != len(fields):
        raise ValueError(f"{len(parts)} columns, {len(fields)} are due")
    return {
        field.ours: int(part) if field.kind == "I" else plain(part, field, specimen)
        for field, part in zip(fields, parts) if part != ""
    }


def of_file(call, found, specimen):
    def line(one, fields):
        return "|".join(
            str(one[field.ours]) if field.kind == "I" else back(one[field.ours], field, specimen) if field.ours in one else "" for field in fields
        )

    if call == "digests":
        return f"{found['digest']['md5']}\n".encode("utf-8")
    texts_ = [line(found["head"], table("count:I buyAmount:Y15 redeemAmount:Y15"))] if call == "trades" else []
    texts_ += [line(one, table(FILES[call][1])) for one in found["rows"]]
    return "".join(f"{text}\n" for text in texts_).encode("utf-8")


def known(call):
    return call in CALLS or call in NOTICES or call in GRANTS or call in FILES


def read(message, specimen):
    call, _, side = message.partition(".")
    if not known(call):
        return None
    if call in FILES:
        return file(call, specimen)
    if side == "reply":
        return answer(call, specimen)
    return granted(call, specimen) if call in GRANTS else asked(call, specimen)


def write(message, found, specimen):
    call, _, side = message.partition(".")
    if not known(call):
        return None
    if call in FILES:
        return of_file(call, found, specimen)
    if side == "reply":
        fields = answered(call, found["content"]["code"])
    elif call in GRANTS:
        return b""
    else:
        names = CALLS[call][1] if call in CALLS else f"code:X1= orderNo:X32 {NOTICES[call][1]}"
        fields = table(names)
    return objects.text_of(texts(found["content"], fields, specimen)).encode("utf-8")
