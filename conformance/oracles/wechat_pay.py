"""WeChat Pay (wechat-pay), a second implementation from its public documentation. The second version: XML of one level, signed by MD5
or HMAC-SHA256 over sorted pairs with the key at the end, in upper hex; the bill of a day as it is downloaded. The third stands in
`wechat_pay_third.py`.
"""

import gzip
import hashlib
import hmac
from xml.etree import ElementTree
from xml.sax.saxutils import escape

import wechat_pay_third
from tables import table, value, written

SAID = "return_code:X16 return_msg:X128? appid:X32? mch_id:X32? nonce_str:X32? result_code:X16? err_code:X32? err_code_des:X128?"
ASKED = "appid:X32 mch_id:X32 nonce_str:X32 sign_type:X32?"
# Call: what is asked, what is answered where it succeeded.
CALLS = {
    "order": (
        "body:X127 out_trade_no:X32 total_fee:A spbill_create_ip:X64 time_start:M time_expire:M notify_url:X256 trade_type:X16 product_id:X32? openid:X128?",
        "trade_type:X16 prepay_id:X64 code_url:X64?",
    ),
    "order_state": ("out_trade_no:X32", "out_trade_no:X32 trade_state:X32 transaction_id:X32? total_fee:A? time_end:M?"),
    "close_order": ("out_trade_no:X32", ""),
    "refund": (
        "transaction_id:X32 out_trade_no:X32 out_refund_no:X32 total_fee:A refund_fee:A refund_desc:X80",
        "out_refund_no:X32 refund_id:X32 refund_fee:A",
    ),
    "refund_enquiry": ("out_refund_no:X32", "refund_status_0:X16>status refund_id_0:X32?>number"),
}
NOTICE = (
    "return_code:X16 appid:X32 mch_id:X32 nonce_str:X32 result_code:X16 openid:X128? trade_type:X16? bank_type:X32? total_fee:A cash_fee:A? "
    "transaction_id:X32 out_trade_no:X32 time_end:M"
)
COLUMNS = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,"
    "退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注"
)
SUMS = "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"
ROW = (
    "at:S app:X32 mch:X32 sub_mch:X32 device:X32 transaction:X32 order_no:X32 user:X128 trade_type:X16 state:X16 bank:X32 currency:X8 settled:Y coupon:Y "
    "refund_id:X32 refund_no:X32 refunded:Y coupon_back:Y refund_kind:X16 refund_state:X16 goods:X127 attach:X127 fee:Z rate:X8 total:Y asked_back:Y rate_note:X60"
)
SUM = "count:I settled:Y refunded:Y coupon_back:Y fee:Z total:Y asked_back:Y"


def sealed(texts, specimen):
    covered = "&".join(f"{name}={texts[name]}" for name in sorted(texts) if name != "sign" and texts[name] != "").encode("utf-8")
    key = bytes.fromhex(specimen["given"]["key"]["api"])
    covered += b"&key=" + key
    if specimen["given"]["setting"]["sign_type"] == "md5":
        return hashlib.md5(covered).hexdigest().upper()
    return hmac.new(key, covered, hashlib.sha256).hexdigest().upper()


def fields_of(message, texts):
    call, side = message.split(".")
    if call == "notified":
        return NOTICE if side == "request" else "return_code:X16 return_msg:X128?"
    if side == "request":
        return f"{ASKED} {CALLS[call][0]}"
    return f"{SAID} {CALLS[call][1] if texts.get('result_code') == 'SUCCESS' else ''}"


def document(message, specimen):
    root = ElementTree.fromstring(bytes.fromhex(specimen["parts"]["content"]))
    if root.tag != "xml":
        raise ValueError(f"the root is {root.tag}")
    texts = {}
    for part in root:
        if part.tag in texts or len(part):
            raise ValueError(f"{part.tag} is there twice, or holds others")
        texts[part.tag] = part.text or ""
    if message != "notified.reply" and texts["sign"] != sealed(texts, specimen):
        raise ValueError("the sign is wrong")
    own = {"appid": "app_id", "mch_id": "mch_id"}
    for name, setting in own.items():
        if name in texts and texts[name] != specimen["given"]["setting"][setting]:
            raise ValueError(f"{name} is {texts[name]}")
    tree = {}
    rest = dict(texts)
    for field in table(fields_of(message, texts)):
        if field.name in rest:
            tree[field.ours] = value(rest.pop(field.name), field)
        elif not field.may:
            raise ValueError(f"{field.name} is missing")
    sign = rest.pop("sign", None)
    if rest:
        raise ValueError(f"strange names {set(rest)}")
    if sign is not None:
        tree["sign"] = sign
    # Where no error is named the gateway has that nothing went wrong.
    if "result_code" in tree and message != "notified.request":
        tree.setdefault("err_code", "done")
    found = {"root": tree}
    # The number stands in the message in hex; the gateway also keeps the octets that it drew.
    return {"content": found, "drawn": tree["nonce_str"]} if "nonce_str" in tree else {"content": found}


def of_document(message, tree, specimen):
    order = [(field.name, written(tree[field.ours], field)) for field in table(fields_of(message, tree)) if field.ours in tree and tree[field.ours] != "done"]
    texts = dict(order)
    if message != "notified.reply":
        order.append(("sign", sealed(texts, specimen)))
    return ("<xml>" + "".join(f"<{name}>{escape(text)}</{name}>" for name, text in order) + "</xml>").encode("utf-8")


def bill(specimen):
    octets = bytes.fromhex(specimen["parts"]["content"])
    text = (gzip.decompress(octets) if octets[:2] == b"\x1f\x8b" else octets).decode("utf-8")
    names, *rows, sum_names, sums, end = text.split("\r\n")
    if (names, sum_names, end) != (f"\ufeff{COLUMNS}", SUMS, ""):
        raise ValueError("the lines of names are others")
    read = [ticked(line, ROW) for line in rows]
    told = ticked(sums, SUM)
    due = {"count": len(read)} | {name: sum(one[name] for one in read) for name in told if name != "count"}
    if told != due:
        raise ValueError(f"the sums are {told}, {due} are due")
    count = told.pop("count")
    return {
        "names": {"columns": names},
        "rows": read,
        "sum_names": {"columns": sum_names},
        "sums": {"counted": {"value": count}} | told,
    }


def ticked(line, fields):
    texts, due = line.split(",`"), table(fields)
    if not texts[0].startswith("`") or len(texts) != len(due):
        raise ValueError(f"{len(texts)} values in {line!r}")
    texts[0] = texts[0][1:]
    return {field.ours: value(text, field) for field, text in zip(due, texts)}


def read(message, specimen):
    if wechat_pay_third.knows(message):
        return wechat_pay_third.read(message, specimen)
    if message == "day_bill.request":
        return bill(specimen)
    if message.split(".")[0] in CALLS or message.startswith("notified."):
        return document(message, specimen)
    return None


def write(message, found, specimen):
    # How far a bill is compressed no page says; of the third version the content alone is written again.
    if message == "day_bill.request":
        return None
    if wechat_pay_third.knows(message):
        return wechat_pay_third.write(message, found, specimen)
    return of_document(message, found["content"]["root"], specimen)
