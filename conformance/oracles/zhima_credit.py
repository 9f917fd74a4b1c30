"""The credit platform's protocol (zhima-credit), a second implementation from sections 2 to 6 of its page; its old generation and
the bill of a month stand beside it.

The addresses that a browser is sent to (`authorize.reply`, `certify.reply`) are none of the party's messages and left out.
"""

import base64
import json
import re

from Cryptodome.Cipher import AES
from Cryptodome.Util.Padding import pad, unpad

import zhima_credit_bills as bills
import zhima_credit_csv as csv
import zhima_credit_zmop as zmop
from forms import KIND, covered, form, pairs
from signatures import good
from zhima_credit_json import back, fields, text_of
from zhima_credit_tables import COMMON, FEEDBACK, METHODS, NODE, NOTICE, RECORD, table

# How an answer was wrapped.
OWN = ("node", "secret")
FORM = f"Content-Type: {KIND}\r\n".encode("ascii")


def cipher(given):
    return AES.new(bytes.fromhex(given["key"]["content"]), AES.MODE_CBC, b"\0" * 16)


def opened(text, given):
    return unpad(cipher(given).decrypt(base64.b64decode(text, validate=True)), 16).decode("utf-8")


def closed(text, given):
    return base64.b64encode(cipher(given).encrypt(pad(text.encode("utf-8"), 16))).decode("ascii")


def algorithm(given):
    return {"rsa_sha256": "RSA2", "rsa_sha1": "RSA"}[given["setting"]["signing"]]


def parameters(found, names):
    """Texts of a form by a line of names; moments in China's time, numbers in figures."""
    known = {name: (kind, may) for name, kind, may, _ in table(names)}
    if strange := set(found) - set(known):
        raise ValueError(f"strange parameters {strange}")
    if missing := {name for name, (_, may) in known.items() if not may} - set(found):
        raise ValueError(f"parameters {missing} are missing")
    tree = {}
    for name, text in found.items():
        kind = known[name][0]
        if kind == "T" and not re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", text):
            raise ValueError(f"{name} is {text!r}")
        tree[name] = text.replace(" ", "T") if kind == "T" else int(text) if kind == "N" else text
    return tree


def texts(tree):
    return {name: text.replace("T", " ") if name in ("timestamp", "notify_time") else str(text) for name, text in tree.items()}


def request(parts, given):
    query = pairs(bytes.fromhex(parts["query"]))
    kind = bytes.fromhex(parts["headers"]) if "headers" in parts else b""
    body = pairs(bytes.fromhex(parts["content"])) if kind == FORM else {}
    method, expected = query["method"], {"format": "JSON", "charset": "utf-8", "version": "1.0", "sign_type": algorithm(given)}
    if method not in METHODS or any(query.get(name) != text for name, text in expected.items()):
        raise ValueError(f"{method} with {query}")
    if query["app_id"] != given["setting"]["app_id"]:
        raise ValueError(f"app_id {query['app_id']}")
    # The file itself is not covered.
    if not good(given["key"]["app"], covered({**query, **body}, "sign"), query["sign"], query["sign_type"]):
        raise ValueError("the signature is wrong")
    biz = {**query, **body}.get("biz_content")
    names = f"{COMMON} {FEEDBACK}" if method == "zhima.data.batch.feedback" else COMMON
    found = {"query": parameters({name: text for name, text in query.items() if name != "biz_content"}, names)}
    if "encrypt_type" in query:
        if query["encrypt_type"] != "AES" or not given["setting"]["encrypt"]:
            raise ValueError(f"encrypt_type {query['encrypt_type']}")
        biz = opened(biz, given)
    if biz is not None:
        tree = fields(json.loads(biz), METHODS[method][0])
        if body:
            found["content"] = {"biz_content": tree}
        else:
            # The order of parameters means nothing; the gateway's is kept.
            found["query"] = {name: tree if name == "biz_content" else found["query"][name] for name in query}
    if kind:
        found["headers"] = {"kind": kind.decode("ascii").removeprefix("Content-Type: ").rstrip("\r\n")}
    if method == "zhima.data.batch.feedback":
        found["content"] = upload(bytes.fromhex(parts["content"]), found["headers"]["kind"])
    return found


def upload(octets, kind):
    """A part `file` of a multipart body (section 6)."""
    boundary = re.fullmatch(r"multipart/form-data; boundary=(\S+)", kind)[1]
    part = re.fullmatch(
        rf'(--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="[^"]+"\r\nContent-Type: [^\r]+\r\n\r\n)'
        rf"(.*)\r\n(--{boundary}--\r\n)",
        octets.decode("utf-8"),
        re.S,
    )
    if not part:
        raise ValueError("no part with a file")
    if "Content-Type: text/csv" in part[1]:
        return {"before": part[1], "records": {"records": csv.records(part[2])}, "after": part[3]}
    records = json.loads(part[2])
    if list(records) != ["records"]:
        raise ValueError(f"the file has {list(records)}")
    rows = [fields(record, RECORD) for record in records["records"]]
    return {"before": part[1], "records": {"records": rows}, "after": part[3]}


def answer(octets, given):
    """The node's text as it was received, with its quotes when it is encrypted."""
    text = octets.decode("utf-8")
    found = re.fullmatch(r'\{"(\w+)_response":(.*),"sign":"([^"]*)"\}', text, re.S)
    method = found[1].replace("_", ".") if found else None
    known = next((name for name in METHODS if name.replace(".", "_") == (found[1] if found else "")), None)
    if known is None and method != "error":
        raise ValueError(f"an answer to {method}")
    if not good(given["key"]["alipay"], found[2].encode("utf-8"), found[3], algorithm(given)):
        raise ValueError("the signature is wrong")
    inner = json.loads(found[2])
    secret = isinstance(inner, str)
    if secret:
        inner = json.loads(opened(inner, given))
    names = f"{NODE} {METHODS[known][1]}" if inner["code"] == "10000" and known else NODE
    tree = fields(inner, names)
    # The gateway reads an absent sub_code as a good one.
    return {"content": {"result": {"sub_code": "done", **tree}, "sign": found[3]}, "node": found[1], "secret": secret}


def notice(octets, given):
    """V1 leaves sign and sign_type out of what is signed, V2 sign alone."""
    found = pairs(octets)
    ways = [covered(found, "sign", "sign_type"), covered(found, "sign")]
    if not any(good(given["key"]["alipay"], text, found["sign"], found["sign_type"]) for text in ways):
        raise ValueError("the signature is wrong")
    return {"content": parameters(found, NOTICE)}


def read(message, specimen):
    if message == "month_bill.request":
        return bills.read(specimen)
    parts, given = specimen["parts"], specimen["given"]
    content = bytes.fromhex(parts.get("content", ""))
    if message in ("authorize.reply", "certify.reply"):
        return None
    if message in ("consent_told.reply", "consent_back.reply"):
        # `success` in seven octets; whatever else it is, the notice comes again.
        return {"content": {"said": content.decode("utf-8")}}
    if message == "consent_told.request":
        return notice(content, given)
    if specimen["variant"]["generation"] == "zmop":
        return zmop.read(message, specimen)
    return request(parts, given) if message.endswith(".request") else answer(content, given)


def of_request(found, given):
    method = found["query"]["method"]
    if method == "zhima.data.batch.feedback":
        content = found["content"]
        rows = content["records"]["records"]
        if "text/csv" in content["before"]:
            return (content["before"] + csv.text_of(rows) + "\r\n" + content["after"]).encode("utf-8")
        records = {"records": [back(row, RECORD) for row in rows]}
        return (content["before"] + text_of(records) + "\r\n" + content["after"]).encode("utf-8")
    if "content" not in found:
        return None
    biz = text_of(back(found["content"]["biz_content"], METHODS[method][0]))
    return form({"biz_content": closed(biz, given) if "encrypt_type" in found["query"] else biz})


def of_answer(found, given):
    known = next((name for name in METHODS if name.replace(".", "_") == found["node"]), None)
    tree = {name: value for name, value in found["content"]["result"].items() if (name, value) != ("sub_code", "done")}
    inner = text_of(back(tree, f"{NODE} {METHODS[known][1]}" if known else NODE))
    inner = f'"{closed(inner, given)}"' if found["secret"] else inner
    return f'{{"{found["node"]}_response":{inner},"sign":"{found["content"]["sign"]}"}}'.encode("utf-8")


def write(message, found, specimen):
    if message == "month_bill.request":
        return bills.write(found)
    given = specimen["given"]
    if "said" in found.get("content", {}):
        return found["content"]["said"].encode("utf-8")
    if message == "consent_told.request":
        return form(texts(found["content"]))
    if specimen["variant"]["generation"] == "zmop":
        return zmop.write(message, found, specimen)
    if message.endswith(".reply"):
        return of_answer(found, given)
    query = dict(found["query"])
    if "biz_content" in query:
        query["biz_content"] = text_of(back(query["biz_content"], METHODS[query["method"]][0]))
    sent = bytes.fromhex(specimen["parts"]["query"])
    if form(texts(query)) != sent:
        raise ValueError("the query, written again, is another")
    return of_request(found, given)
