"""The third version of WeChat Pay, from its public documentation: JSON; who asks signs method, address, moment, nonce and body, a line
each, in the header Authorization; WeChat signs moment, nonce and body in headers of its own; what it tells is AES-256-GCM under
a key that both know, with the nonce and the associated data that stand beside it.
"""

import base64
import gzip
import json
import re

from Cryptodome.Cipher import AES
from signatures import good
from tables import measured, table

ORDER = (
    "appid:X32 mchid:X32 description:X127 out_trade_no:X32 time_expire:V notify_url:X256 amount(total:I currency:X3=) scene_info(payer_client_ip:X45)"
)
TRADE = (
    "appid:X32? mchid:X32 out_trade_no:X32 transaction_id:X32? trade_type:X16? trade_state:X32 trade_state_desc:X256? bank_type:X32? success_time:V? "
    "payer(openid:X128?)? amount(total:I payer_total:I? currency:X3=?)?"
)
GIVEN_BACK = (
    "refund_id:X32 out_refund_no:X64 transaction_id:X32 out_trade_no:X32 channel:X16? create_time:V? success_time:V? "
    "amount(total:I refund:I currency:X3=?) status:X16"
)
REFUND = "transaction_id:X32 out_refund_no:X64 reason:X80 amount(refund:I total:I currency:X3=)"
BILL = "hash_type:X4= hash_value:X40= download_url:L"
PROBLEM = "code:X32 message:X256>text"
NOTICE = (
    "id:X36 create_time:V resource_type:X32 event_type:X32 summary:X64? resource(original_type:X32 algorithm:X32 associated_data:X16? nonce:X12= ciphertext:K)"
)
ORDER_PATH = r"/v3/pay/transactions/out-trade-no/(?P<number>[^/?]{1,32})"
PARTS = "root version pay transactions by number what".split()
# Call: method, path, query, body asked, status and body answered.
CALLS = {
    "order_page": ("POST", "/v3/pay/transactions/jsapi", None, f"{ORDER} payer(openid:X128)", "200", "prepay_id:X64"),
    "order_code": ("POST", "/v3/pay/transactions/native", None, ORDER, "200", "code_url:X512"),
    "order_by_number": ("GET", ORDER_PATH, "mchid:X32", None, "200", TRADE),
    "shut_order": ("POST", f"{ORDER_PATH}/close", None, "mchid:X32", "204", None),
    "give_back": ("POST", "/v3/refund/domestic/refunds", None, REFUND, "200", GIVEN_BACK),
    "give_back_enquiry": ("GET", r"/v3/refund/domestic/refunds/(?P<number>[^/?]{1,64})", None, None, "200", GIVEN_BACK),
    "bill_wanted": ("GET", "/v3/bill/tradebill", "bill_date:E bill_type:X3= tar_type:X4=", None, "200", BILL),
    "bill": ("GET", "/v3/billdownload/file", "token:X400", None, "200", None),
    "payment_told": ("POST", None, None, NOTICE, "200", None),
}
AUTHORIZATION = re.compile(
    r'WECHATPAY2-SHA256-RSA2048 mchid="([^"]{0,32})",nonce_str="([0-9A-Z]{32})",signature="([^"]{344})",timestamp="(\d{10})",serial_no="([^"]{0,40})"'
)
BETWEEN = ['WECHATPAY2-SHA256-RSA2048 mchid="', ',nonce_str="', ',signature="', ',timestamp="', ',serial_no="']
# A percent sign and what stands for itself.
ESCAPED = re.compile(r"%([0-9A-F]{2})")


def knows(message):
    return message.split(".")[0] in CALLS or message == "put_bill.request"


def value(found, field, specimen):
    if field.kind == "(":
        return content(found, field.inner, specimen)
    if field.kind == "I":
        if type(found) is not int or found < 0:
            raise ValueError(f"{field.name} is {found!r}, no fen")
        return found
    if type(found) is not str:
        raise ValueError(f"{field.name} is {found!r}, no text")
    if field.kind == "V":
        moment = re.fullmatch(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\+08:00", found)
        if not moment:
            raise ValueError(f"{field.name} is {found!r}, no moment")
        return moment[1]
    if field.kind == "E":
        return measured(found, field)
    if field.kind == "L":
        address, query = found.split("?", 1)
        return {"address": address, "parameters": asked(query, "token:X400")}
    return measured(found, field)


def content(found, fields, specimen):
    if strange := set(found) - {field.name for field in fields}:
        raise ValueError(f"strange names {strange}")
    tree = {}
    for field in fields:
        if field.name in found:
            if field.kind == "K":
                tree[field.ours] = opened(found, specimen)
            else:
                tree[field.ours] = value(found[field.name], field, specimen)
        elif not field.may:
            raise ValueError(f"{field.name} is missing")
    return tree


def cipher(resource, specimen):
    made = AES.new(bytes.fromhex(specimen["given"]["key"]["api_v3"]), AES.MODE_GCM, nonce=resource["nonce"].encode("utf-8"))
    return made.update(resource.get("associated_data", "").encode("utf-8"))


def opened(resource, specimen):
    if resource["algorithm"] != "AEAD_AES_256_GCM":
        raise ValueError(f"the algorithm is {resource['algorithm']}")
    octets = base64.b64decode(resource["ciphertext"], validate=True)
    return content(json.loads(cipher(resource, specimen).decrypt_and_verify(octets[:-16], octets[-16:])), table(TRADE), specimen)


def asked(query, fields):
    texts = dict(pair.split("=", 1) for pair in query.split("&"))
    due = table(fields)
    if list(texts) != [field.name for field in due]:
        raise ValueError(f"the query has {list(texts)}")
    plain = {name: ESCAPED.sub(lambda sign: bytes.fromhex(sign[1]).decode("latin-1"), text.replace("+", " ")) for name, text in texts.items()}
    return {field.ours: measured(plain[field.name].encode("latin-1").decode("utf-8"), field) for field in due}


def headers_of(parts):
    lines = bytes.fromhex(parts.get("headers", "")).decode("utf-8").split("\r\n")
    return dict(line.split(": ", 1) for line in lines if line)


def plain_headers(found, call):
    tree = {"accept": found["Accept"]} if call != "bill" else {}
    if CALLS[call][0] == "POST":
        tree["kind"] = found["Content-Type"]
    return tree


def authorized(parts, call, specimen):
    found = headers_of(parts)
    method, form, query_form, body, *_ = CALLS[call]
    told = AUTHORIZATION.fullmatch(found["Authorization"])
    if not told:
        raise ValueError(f"{found['Authorization']!r} is no authorization")
    merchant, nonce, sign, stamp, certificate = told.groups()
    path, query = (bytes.fromhex(parts.get(part, "")).decode("utf-8") for part in ("path", "query"))
    octets = bytes.fromhex(parts.get("content", ""))
    covered = f"{method}\n{path}{'?' if query else ''}{query}\n{stamp}\n{nonce}\n".encode("utf-8") + octets + b"\n"
    if not good(specimen["given"]["key"]["merchant"], covered, sign):
        raise ValueError("the signature is wrong")
    place = re.fullmatch(form, path)
    if not place or bool(query) != bool(query_form):
        raise ValueError(f"{method} {path}?{query} is no call")
    names = ["merchant", "nonce", "signature", "stamp", "certificate"]
    tree = {"authorization": dict(zip(names, told.groups())) | {f"before_{name}": text for name, text in zip(names, BETWEEN)}}
    tree = {"headers": tree | plain_headers(found, call), "drawn": nonce, "path": path_of(call, path, place)}
    if query:
        tree["query"] = asked(query, query_form)
    if body:
        tree["content"] = content(json.loads(octets), table(body), specimen)
    elif octets:
        raise ValueError("a body where none is due")
    return tree


def path_of(call, path, place):
    """What the gateway calls the parts of a path, where one of them is a number."""
    if "number" not in place.groupdict():
        return {"all": path}
    texts = path.split("/")
    return dict(zip("root version refund domestic refunds number".split() if call == "give_back_enquiry" else PARTS, texts))


def signed(parts, specimen):
    found, given = headers_of(parts), specimen["given"]
    names = {"platform": "Wechatpay-Serial", "nonce": "Wechatpay-Nonce", "stamp": "Wechatpay-Timestamp", "signature": "Wechatpay-Signature"}
    tree = {ours: found[name] for ours, name in names.items() if name in found}
    if strange := set(found) - set(names.values()):
        raise ValueError(f"strange headers {strange}")
    if "signature" in tree:
        covered = f"{tree['stamp']}\n{tree['nonce']}\n".encode("utf-8") + bytes.fromhex(parts.get("content", "")) + b"\n"
        follows = tree.get("platform") == given["setting"]["platform_next"]
        if not good(given["key"]["platform_next" if follows else "platform"], covered, tree["signature"]):
            raise ValueError("the signature of WeChat is wrong")
    return {"headers": tree} | ({"drawn": tree["nonce"]} if "nonce" in tree else {})


def bill(octets):
    return {"bill": gzip.decompress(octets).hex().upper()}


def body_of(call, side, octets):
    """The table of a body, by what stands in it: what failed has another."""
    if side == "request":
        return CALLS[call][3]
    return PROBLEM if set(json.loads(octets)) == {"code", "message"} else CALLS[call][5]


def read(message, specimen):
    parts = specimen["parts"]
    octets = bytes.fromhex(parts.get("content", ""))
    if message == "put_bill.request":
        return bill(octets)
    call, side = message.split(".")[:2]
    if side == "request" and call != "payment_told":
        return authorized(parts, call, specimen)
    tree = signed(parts, specimen) if (call, side) != ("payment_told", "reply") and call != "bill" else {}
    if side == "reply":
        tree["status"] = {"value": bytes.fromhex(parts["status"]).decode("ascii").strip()}
    if call == "bill" and octets[:2] == b"\x1f\x8b":
        return tree | {"content": bill(octets)}
    if octets:
        tree["content"] = content(json.loads(octets), table(body_of(call, side, octets)), specimen)
    return tree


def write(message, found, specimen):
    octets = bytes.fromhex(specimen["parts"].get("content", ""))
    call, side = message.split(".")[:2]
    # How far a bill is compressed, and how a token is escaped in an address, no page says.
    if octets[:2] in (b"\x1f\x8b", b"") or (call == "bill_wanted" and "download_url" in found["content"]):
        return None
    written = of(found["content"], table(body_of(call, side, octets)), specimen)
    return json.dumps(written, ensure_ascii=False, separators=(",", ":")).encode("utf-8")


def of(tree, fields, specimen):
    found = {}
    for field in fields:
        if field.ours not in tree:
            continue
        inner = tree[field.ours]
        if field.kind == "(":
            found[field.name] = of(inner, field.inner, specimen)
        elif field.kind == "K":
            text = json.dumps(of(inner, table(TRADE), specimen), ensure_ascii=False, separators=(",", ":"))
            octets, tag = cipher(tree, specimen).encrypt_and_digest(text.encode("utf-8"))
            found[field.name] = base64.b64encode(octets + tag).decode("ascii")
        elif field.kind == "V":
            found[field.name] = f"{inner}+08:00"
        else:
            found[field.name] = inner
    return found
