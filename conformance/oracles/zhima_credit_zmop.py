"""The credit platform's old generation (zmop), from sections 3 to 5 of its page: business parameters as a text, signed and
enciphered by RSA in blocks. Who reads them needs the private key: the test key that messages are made up with.

How RSA fills its blocks is chance: a message is written again as it was sent where the opened text is the same.
"""

import base64
import json
import re
from pathlib import Path
from urllib.parse import quote

from Cryptodome.Cipher import PKCS1_v1_5
from Cryptodome.PublicKey import RSA

import zhima_credit_csv as csv
from forms import pairs
from signatures import good
from zhima_credit_json import back, fields, text_of
from zhima_credit_tables import FEEDBACK, METHODS, RECORD, table

TEST_KEY = Path(__file__).parent.parent / "src" / "laws" / "test_rsa_1024.pem"
CALLS = {
    "score": "zhima.credit.score.get", "admit": "zhima.credit.score.brief.get", "watch": "zhima.credit.watchlistii.get",
    "watch_brief": "zhima.credit.watchlist.brief.get", "fraud_score": "zhima.credit.antifraud.score.get",
    "fraud_verify": "zhima.credit.antifraud.verify", "fraud_list": "zhima.credit.antifraud.risk.list",
    "relation": "zhima.credit.relation.query", "consent": "zhima.auth.info.authquery",
    "authorize": "zhima.auth.info.authorize", "face": "zhima.customer.certification.initialize",
    "certify": "zhima.customer.certification.certify", "face_result": "zhima.customer.certification.query",
    "feedback": "zhima.data.batch.feedback",
}
SYSTEM = ("app_id", "charset", "method", "version", "platform", "channel", "scene", "ext_params", "params", "sign")
FORM = "application/x-www-form-urlencoded;charset=UTF-8"
# Of an answer; where it is no success nothing follows.
TOLD = "success:B error_code? error_message?"
CALLED_BACK = ("open_id", "state", "error_code", "error_message", "app_id", "success")


def opened(text):
    octets = base64.b64decode(text, validate=True)
    worker = PKCS1_v1_5.new(RSA.import_key(TEST_KEY.read_text()))
    blocks = [worker.decrypt(octets[at : at + 128], None) for at in range(0, len(octets), 128)]
    if any(block is None for block in blocks) or any(len(block) != 117 for block in blocks[:-1]):
        raise ValueError("no blocks of RSA")
    return b"".join(blocks).decode("utf-8")


def asked(method):
    """The old platform has `open_id` where the new one has a token, and the page to return to among its parameters."""
    names = FEEDBACK if method == "zhima.data.batch.feedback" else METHODS[method][0]
    known = {name for name, *_ in table(names)}
    return names + "".join(f" {name}?" for name in ("open_id", "return_url") if name not in known)


def business(text, method):
    found = pairs(text.encode("ascii"))
    kinds = {name: kind for name, kind, *_ in table(asked(method))}
    return fields({name: int(value) if kinds.get(name) == "N" else value for name, value in found.items()}, asked(method))


def of_business(found, method):
    """Sorted by name. What is empty is left out on the page; the gateway leaves out what is absent, and says an empty text."""
    texts = {name: str(value) for name, value in back(found, asked(method)).items()}
    return "&".join(f"{name}={quote(texts[name], safe='')}" for name in sorted(texts))


def plain_of(message, found):
    """The text that is enciphered, of the values of a message."""
    if message == "consent_back.request":
        return "&".join(f"{name}={quote(found['query']['params']['plain'][name], safe='')}" for name in CALLED_BACK)
    if message.endswith(".reply"):
        inner = dict(next(iter(found["content"]["biz_response"].values())))
        if inner.get("error_code") == "done":
            del inner["error_code"]
        return text_of(back(inner, answered(message, inner["success"] == "true")))
    where = found["query"] if "params" in found["query"] else found["content"]
    return of_business(where["params"]["plain"], found["query"]["method"])


def answered(message, success):
    return f"{TOLD} {METHODS[CALLS[message.split('.')[0]]][1]}" if success else TOLD


def sealed(specimen):
    """The text of base64 that holds the blocks."""
    content = bytes.fromhex(specimen["parts"].get("content", ""))
    query = pairs(bytes.fromhex(specimen["parts"]["query"])) if "query" in specimen["parts"] else {}
    if "params" in query:
        return query["params"]
    if content.startswith(b"{"):
        return json.loads(content)["biz_response"]
    if content.startswith(b"params="):
        return pairs(content)["params"]
    return re.match(r'--[^\r]+\r\nContent-Disposition: form-data; name="params"\r\n\r\n(.*)\r\n', content.decode("utf-8"))[1]


def verified(key, text, sign):
    if not good(key, text.encode("utf-8"), sign, "RSA"):
        raise ValueError("the signature is wrong")


def read(message, specimen):
    given, parts = specimen["given"], specimen["parts"]
    text = opened(sealed(specimen))
    if message.endswith(".reply"):
        outer, inner = json.loads(bytes.fromhex(parts["content"])), json.loads(text)
        verified(given["key"]["zhima"], text, outer["biz_response_sign"])
        if list(outer) != ["encrypted", "biz_response", "biz_response_sign"] or outer["encrypted"] is not True:
            raise ValueError(f"an answer of {list(outer)}")
        tree = {"error_code": "done", **fields(inner, answered(message, inner["success"]))}
        # The gateway's name for what was opened, where an answer says no more than that it was heard.
        name = "answer_" if message == "feedback.reply" else "plain"
        return {"content": {"encrypted": "true", "biz_response": {name: tree}, "biz_response_sign": outer["biz_response_sign"]}}
    query = pairs(bytes.fromhex(parts["query"]))
    if message == "consent_back.request":
        verified(given["key"]["zhima"], text, query["sign"])
        return {"query": {"params": {"plain": pairs(text.encode("ascii"))}, "sign": query["sign"]}}
    verified(given["key"]["app"], text, query["sign"])
    expected = {"method": CALLS[message.split(".")[0]], "charset": "UTF-8", "version": "1.0", "platform": "zmop"}
    expected |= {"app_id": given["setting"]["old_app_id"], "channel": given["setting"]["channel"]}
    if set(query) - set(SYSTEM) or any(query.get(name) != value for name, value in expected.items()):
        raise ValueError(f"the query is {query}")
    params = {"params": {"plain": business(text, query["method"])}}
    found = {"query": {**query, **(params if "params" in query else {})}}
    kind = bytes.fromhex(parts.get("headers", "")).decode("ascii").removeprefix("Content-Type: ").rstrip("\r\n")
    if kind:
        found["headers"] = {"kind": kind}
    if message == "feedback.request":
        found["content"] = {**upload(bytes.fromhex(parts["content"]), kind), **params}
    elif "params" not in query:
        if kind != FORM:
            raise ValueError(f"it says {kind!r}")
        found["content"] = params
    return found


def upload(octets, kind):
    boundary = re.fullmatch(r"multipart/form-data; boundary=(\S+)", kind)[1]
    part = re.fullmatch(
        rf'(--{boundary}\r\nContent-Disposition: form-data; name="params"\r\n\r\n)[^\r]*'
        rf'(\r\n--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="[^"]+"\r\nContent-Type: [^\r]+\r\n\r\n)'
        rf"(.*)(\r\n--{boundary}--\r\n)",
        octets.decode("utf-8"),
        re.S,
    )
    if not part:
        raise ValueError("no parts with parameters and a file")
    if "Content-Type: text/csv" in part[2]:
        rows = csv.records(part[3])
        again = csv.text_of(rows)
    else:
        rows = [fields(record, RECORD) for record in json.loads(part[3])["records"]]
        again = text_of({"records": [back(row, RECORD) for row in rows]})
    if again != part[3]:
        raise ValueError("the file, written again, is another")
    return {
        "first_": part[1], "before": part[2].removeprefix("\r\n"), "records": {"records": rows}, "after": part[4].removeprefix("\r\n"),
    }


def write(message, found, specimen):
    text = plain_of(message, found)
    if text != opened(sealed(specimen)):
        raise ValueError(f"written again, it is {text[:200]}, sent was {opened(sealed(specimen))[:200]}")
    return bytes.fromhex(specimen["parts"].get("content", ""))
