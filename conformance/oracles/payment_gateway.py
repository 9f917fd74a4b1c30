"""The payment gateway (payment-gateway), a second implementation from section 4 of the page of the platform of fees and its assumptions: JSON
of a head, a body and a signature over every value by its path; the page's query and the notice as signed forms; the list of a day.

That a signature is over sorted pairs by RSA with SHA-256 is assumed on the page's side too.
"""

import json
from urllib.parse import unquote_to_bytes, quote

import objects
import signatures
from tables import line, lines, row, table, value, written

HEAD = "version:X4 txCode:X6= merchantNo:X32 serial:X32 time:M"
STANDS = "orderNo:X32 gatewaySerial:X32? amount:Y? time:M?"
# Call: code, fields of the request's body, of the answer's.
CALLS = {
    "order_state": ("PG2002", "orderNo:X32 refundNo:X32?", f"{STANDS} state:N1= cardKind:N2=?"),
    "refund": ("PG2003", "orderNo:X32 refundNo:X32 gatewaySerial:X32 amount:Y reason:X100", STANDS),
    "refund_enquiry": ("PG2002", "orderNo:X32 refundNo:X32", f"{STANDS} state:N1="),
    "day_list_wanted": ("PG2004", "day:D", "fileName:X80 count amount:Y"),
}
PAGE = (
    "merchantNo:X32 orderNo:X32 customerNo:X32? amount:Y subject:X60 orderTime:M expire:M notifyUrl:X128 returnUrl:X128? sign"
)
NOTICE = (
    "merchantNo:X32 customerNo:X32? orderNo:X32 gatewaySerial:X32 amount:Y cardKind:N2= state:N1= time:M sign"
)
LIST_HEAD = "count:I8 paid:Y refunded:Y"
LISTED = "orderNo:X32 gatewaySerial:X32 amount:Y fee:Y kind:X6 time:M state:N1="


def covered(found):
    texts = sorted((path.encode("utf-8"), text) for path, text in objects.pairs(found) if text != "" and path != "sign")
    return b"&".join(path + b"=" + text.encode("utf-8") for path, text in texts)


def checked(found, specimen, whose):
    if not signatures.good(specimen["given"]["key"][whose], covered(found), found["sign"]):
        raise ValueError("the signature is wrong")


def form(octets, fields, specimen, whose):
    found = {}
    for part in octets.decode("ascii").split("&"):
        name, _, text = part.partition("=")
        if name in found:
            raise ValueError(f"{name} is there twice")
        found[name] = unquote_to_bytes(text.replace("+", " ")).decode("utf-8")
    checked(found, specimen, whose)
    tree = {}
    for field in table(fields):
        if field.name in found:
            tree[field.ours] = value(found.pop(field.name), field)
        elif not field.may:
            raise ValueError(f"{field.name} is missing")
    if found:
        raise ValueError(f"strange names {set(found)}")
    if tree["merchantNo"] != specimen["given"]["setting"]["merchant"]:
        raise ValueError(f"of merchant {tree['merchantNo']}")
    return tree


def of_form(tree, fields):
    texts = [(field.name, written(tree[field.ours], field)) for field in table(fields) if field.ours in tree]
    return "&".join(f"{name}={quote(text.encode('utf-8'), safe='')}" for name, text in texts).encode("ascii")


def layout(message, refused):
    call, side = message.split(".")
    code, asked, answered = CALLS[call]
    if side == "request":
        return code, f"{HEAD} body({asked}) sign"
    return code, f"{HEAD} code:X4= msg:X200{'' if refused else f' body({answered})'} sign"


def file(specimen):
    texts = lines(bytes.fromhex(specimen["parts"]["content"]), "utf-8", "\n")
    head, rows = row(texts[0], LIST_HEAD), [row(text, LISTED) for text in texts[1:]]
    sums = {kind: sum(one["amount"] for one in rows if one["kind"] == kind) for kind in ("PAY", "REFUND")}
    if head != {"count": len(rows), "paid": sums["PAY"], "refunded": sums["REFUND"]}:
        raise ValueError("the first line does not agree with the others")
    return {"head": head, "rows": rows}


def read(message, specimen):
    content = bytes.fromhex(specimen["parts"].get("content", ""))
    if message == "day_list.request":
        return file(specimen)
    if message == "page_.request":
        return {"query": form(bytes.fromhex(specimen["parts"]["query"]), PAGE, specimen, "bank")}
    if message == "page_.reply":
        url, _, rest = content.decode("utf-8").partition("?")
        return {"content": {"url": url, "form": rest}}
    if message == "notified.request":
        return {"content": form(content, NOTICE, specimen, "platform")}
    if message == "notified.reply":
        if content not in (b"SUCCESS", b"FAIL"):
            raise ValueError(f"answered by {content}")
        return {"content": {"said": content.decode("ascii")}}
    if message.split(".")[0] not in CALLS:
        return None
    found = json.loads(content.decode("utf-8"))
    code, fields = layout(message, found.get("code", "0000") != "0000")
    if (found["version"], found["txCode"], found["merchantNo"]) != ("1.0", code, specimen["given"]["setting"]["merchant"]):
        raise ValueError(f"{found} at {code}")
    checked(found, specimen, "bank" if message.endswith("request") else "platform")
    return {"content": objects.read(found, table(fields))}


def write(message, found, specimen):
    if message == "day_list.request":
        return "".join(f"{text}\n" for text in [line(found["head"], LIST_HEAD), *(line(one, LISTED) for one in found["rows"])]).encode("utf-8")
    if message == "page_.request":
        # Nothing is sent but the address.
        return None
    content = found["content"]
    if message == "page_.reply":
        return f"{content['url']}?{content['form']}".encode("utf-8")
    if message == "notified.request":
        return of_form(content, NOTICE)
    if message == "notified.reply":
        return content["said"].encode("ascii")
    _, fields = layout(message, "body" not in content)
    return objects.text_of(objects.write(content, table(fields))).encode("utf-8")
