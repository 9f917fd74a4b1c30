"""WeBank's joint loans (weilidai-loan), a second implementation from sections 3 to 6 of its page: an envelope of a message's key, its
ciphered JSON and a signature over the sorted fields, with RSA and AES or with SM2, SM3 and SM4; plain JSON signed in a header, or by a
ticket of WeBank's open platform; files.

A key under RSA is opened with the test key that messages are made up with; one under SM2 is taken as it was drawn, for no private half
is here. Of the messages without fields on the page those are the adapter's.
"""

import base64
import hashlib
import json
import re
from pathlib import Path
from urllib.parse import parse_qsl

import objects
from Cryptodome.Cipher import AES, PKCS1_v1_5
from Cryptodome.PublicKey import RSA
from Cryptodome.Util.Padding import pad, unpad
from gmssl import sm2, sm4
from signatures import good, sm2_good
from tables import line, lines, row, table

TEST_KEY = Path(__file__).parent.parent / "src" / "laws" / "test_rsa.pem"
DECIDED = (
    "applyNo:X32 result:X1= rejectCode:X8? rejectMsg:X100? bankCreditNo:X32? creditLimit:Y? validTo:D? rateFloor?"
)
LIMIT = "bankCreditNo:X32 applyNo:X32 action:X1= newLimit:Y reason:X60"
TERMS = (
    "custName:X60 idNo:X18 loanAmt:Y bankAmt:Y webankAmt:Y fundRatio term:I termUnit:X1= dayRate repayMode:X1= loanDate:D dueDate:D "
    "payCardNo:X32 purpose:X2"
)
CALLS = {
    "apply": (
        "WLD1001", "webank",
        (
            "applyNo:X32 productCode:X10 custName:X60 idType:X2= idNo:X18 idValidFrom:D idValidTo:D mobile:X11 gender? nation? address? "
            "occupation? bankCardNo? cardBankCode? applyAmt:Y webankScore:X4? webankLimit:Y creditAuthNo creditAuthTime authFileName fundRatio"
        ),
        DECIDED,
    ),
    "credit_state": ("WLD1002", "webank", "applyNo:X32", DECIDED),
    "tell_result": ("WLD1003", "bank", DECIDED, ""),
    "limit_told": ("WLD1004", "webank", LIMIT, ""),
    "tell_limit": ("WLD1004", "bank", LIMIT, ""),
    "check_loan": ("WLD2001", "webank", f"applyNo:X32 bankCreditNo:X32 loanNo:X32 {TERMS}", "result:X1= reserveNo:X32? rejectCode:X8?"),
    "loan_told": ("WLD2002", "webank", f"applyNo:X32 loanNo:X32 {TERMS} status:X1= paidTime:M hostSeqNo:X32", ""),
    "enquire_loan": ("WLD2003", "bank", "loanNo:X32 applyNo:X32", "loanNo:X32 status:X1= paidTime:M? hostSeqNo:X32?"),
    "repaid": (
        "WLD3001", "webank",
        (
            "repayNo:X32 loanNo:X32 repayDate:D repayType:X1= termNo:I totalAmt:Y principal:Y interest:Y penalty:Y fee:Y bankPrincipal:Y "
            "bankInterest:Y bankPenalty:Y remainPrincipal:Y status:X1="
        ),
        "",
    ),
    "status_told": ("WLD3002", "webank", "loanNo:X32 status:X1= changeDate:D overdueDays:I amount:Y", ""),
    "position": ("WLD4001", "webank", "workDate:D balance:Y expectAmt:Y", ""),
    "confirm_clearing": ("WLD4002", "bank", "clearDate:D net:Y direction:X1= bankSeqNo:X32 bankDate:D", ""),
    "file_ready": ("WLD9001", "webank", "fileDate:D fileName:X80", ""),
    "tell_file": ("WLD9002", "bank", "fileName:X80 fileDate:D result:X4 records:I taken:I refused:I", ""),
    "heartbeat": ("WLD9999", "bank", "", ""),
    "heard": ("WLD9999", "webank", "", ""),
}
ENVELOPE = "appId:X32 orgId:X16 txnCode:X8 bizSeqNo:X32 timestamp:M nonce:X32= version:X8 encKey data sign"
SHARES = "bankPrincipal:Y bankInterest:Y"
FILES = {
    "limits": "mark applyNo:X32 idNo:X18 bankCreditNo:X32 limit:Y>limit_ used:Y status:X10 changeDate:D",
    "loans": "mark bizSeqNo:X32 loanNo:X32 idNo:X18 loanAmt:Y bankAmt:Y term:I loanDate:D dueDate:D dayRate:R",
    "plans": f"mark loanNo:X32 termNo:I dueDate:D principal:Y interest:Y {SHARES}",
    "repayments": f"mark repayNo:X32 loanNo:X32 termNo:I repayDate:D type:X2>type_ principal:Y interest:Y penalty:Y {SHARES} bankPenalty:Y",
    "entries": "mark date:D>date_ seq:I loanNo:X32 subject:X10 side:X1= amount:Y summary:X60",
    "balances": "mark loanNo:X32 status:X10 remainPrincipal:Y bankRemain:Y overdueDays:I grade:X10",
    "customers": "mark idNo:X18 custName:X60 loanNo:X32 reportDate:D amount:Y",
    "clearing": "mark disburseBank:Y repayBank:Y fee:Y net:Y direction:X1=",
}
HEAD = "mark date:D>date_ org:X16 count:N8 total:Y"


def ours(call, side):
    return (CALLS[call][1] == "bank") == (side == "request")


class International:
    """RSA PKCS#1 v1.5, AES-128-CBC, SHA-256 with RSA."""

    @staticmethod
    def opened(octets, key):
        return unpad(AES.new(key[:16], AES.MODE_CBC, key[16:]).decrypt(octets), 16)

    @staticmethod
    def closed(octets, key):
        return AES.new(key[:16], AES.MODE_CBC, key[16:]).encrypt(pad(octets, 16))

    @staticmethod
    def signed(key, octets, sign):
        return good(key, octets, sign)


class National:
    """SM2 as C1C3C2, SM4-CBC, SM3 with SM2 for the usual user."""

    @staticmethod
    def worker(key, way):
        worker = sm4.CryptSM4()
        worker.set_key(key[:16], way)
        return lambda octets: worker.crypt_cbc(key[16:], octets)

    @classmethod
    def opened(cls, octets, key):
        return cls.worker(key, sm4.SM4_DECRYPT)(octets)

    @classmethod
    def closed(cls, octets, key):
        return cls.worker(key, sm4.SM4_ENCRYPT)(octets)

    @staticmethod
    def signed(key, octets, sign):
        return sm2_good(key, octets, sign)


def key_of(found, specimen):
    """The key and vector of a message, which must be what its `encKey` holds."""
    drawn = bytes.fromhex(specimen["fields"]["content_key"])
    wrapped = base64.b64decode(found["encKey"], validate=True)
    if specimen["variant"]["seal"] == "envelope" and PKCS1_v1_5.new(RSA.import_key(TEST_KEY.read_text())).decrypt(wrapped, None) != drawn:
        raise ValueError("the key is another")
    return drawn


def covered(found):
    """Every field but the signature, what is empty left out, in the order of names."""
    return "&".join(f"{name}={found[name]}" for name in sorted(found) if name != "sign" and found[name] != "").encode("utf-8")


def envelope(call, side, octets, specimen):
    given, way = specimen["given"], National if specimen["variant"]["seal"] == "guomi" else International
    found = json.loads(octets.decode("utf-8"))
    code, _, asked, answered = CALLS[call]
    if not way.signed(given["key"]["bank" if ours(call, side) else "webank"], covered(found), found["sign"]):
        raise ValueError("the signature is wrong")
    if side == "request":
        outer = objects.read(found, table(ENVELOPE))
        expected = {"appId": given["setting"]["app_id"], "orgId": given["setting"]["org"], "txnCode": code, "version": "1.0.0"}
        if any(outer[name] != text for name, text in expected.items()):
            raise ValueError(f"{outer} at {expected}")
    else:
        outer = objects.read(found, table("code:X8 msg:X100 bizSeqNo:X32 encKey data sign"))
        answered = answered if found["code"] == "0" else ""
    text = way.opened(base64.b64decode(found["data"], validate=True), key_of(found, specimen)).decode("utf-8")
    inner = objects.read(json.loads(text, parse_float=objects.Figures), table(asked if side == "request" else answered))
    return {"content_key": specimen["fields"]["content_key"], "content": {**outer, "data": inner}}


def of_envelope(call, side, found, specimen):
    """The octets as they came, if what was opened is written so."""
    way = National if specimen["variant"]["seal"] == "guomi" else International
    sent = json.loads(bytes.fromhex(specimen["parts"]["content"]).decode("utf-8"))
    outer = found["content"]
    inner_fields = CALLS[call][2] if side == "request" else CALLS[call][3] if outer["code"] == "0" else ""
    inner = objects.text_of(objects.write(outer["data"], table(inner_fields)))
    cipher = base64.b64encode(way.closed(inner.encode("utf-8"), key_of(sent, specimen))).decode("ascii")
    fields = table(ENVELOPE if side == "request" else "code:X8 msg:X100 bizSeqNo:X32 encKey data sign")
    return objects.text_of(objects.write({**outer, "data": cipher}, fields)).encode("utf-8")


def header_fields(call, side, refused):
    inner = CALLS[call][2 if side == "request" else 3]
    told = "txnCode:X8 " if side == "request" else "code:X8 msg:X100 "
    return table(f"bizSeqNo:X32 {told}{'' if refused else inner}")


def in_header(call, side, octets, specimen):
    name, sign = bytes.fromhex(specimen["parts"]["headers"]).decode("ascii").rstrip("\r\n").split(": ")
    if name != "X-WLD-Signature" or not good(specimen["given"]["key"]["bank" if ours(call, side) else "webank"], octets, sign):
        raise ValueError("the signature is wrong")
    found = json.loads(octets.decode("utf-8"), parse_float=objects.Figures)
    return {"headers": {"sign": sign}, "content": objects.read(found, header_fields(call, side, found.get("code", "0") != "0"))}


GRANTS = {
    "get_token": ("app_id secret grant_type version", "access_token expire_time:M expire_in:X"),
    "get_ticket": ("app_id access_token type>type_ version", "tickets[value:X64 expire_in:X expire_time:M]"),
}


def counted(found):
    """Numbers that stand in quotes."""
    if isinstance(found, list):
        return [counted(one) for one in found]
    if isinstance(found, dict):
        return {name: int(inner) if name == "expire_in" else counted(inner) for name, inner in found.items()}
    return found


def query(specimen):
    return dict(parse_qsl(bytes.fromhex(specimen["parts"]["query"]).decode("ascii"), keep_blank_values=True, strict_parsing=True))


def granted(call, side, specimen):
    if side == "request":
        found = query(specimen)
        if list(found) != [field.name for field in table(GRANTS[call][0])] or found["version"] != "1.0.0":
            raise ValueError(f"behind the question mark stand {found}")
        return {"query": {field.ours: found[field.name] for field in table(GRANTS[call][0])}}
    found = json.loads(bytes.fromhex(specimen["parts"]["content"]))
    fields = table(f"code:X8 msg:X200 transactionTime:M {GRANTS[call][1] if found['code'] == '0' else ''}")
    return {"content": counted(objects.read(found, fields))}


def quoted(found):
    if isinstance(found, list):
        return [quoted(one) for one in found]
    if isinstance(found, dict):
        return {name: str(inner) if name == "expire_in" else quoted(inner) for name, inner in found.items()}
    return found


def ticket_fields(call, side, code):
    inner = CALLS[call][2 if side == "request" else 3]
    if side == "request":
        return table(f"bizSeqNo:X32 txnCode:X8 transactionTime:M {inner}")
    return table(f"bizSeqNo:X32 code:X8 msg:X100{f' result({inner})' if code == '0' else ''}")


def by_ticket(call, side, octets, specimen):
    """WeBank's open platform: SHA-1 over the values in the order of their octets, the body one of them; answers are not signed."""
    found = json.loads(octets.decode("utf-8"), parse_float=objects.Figures)
    content = objects.read(found, ticket_fields(call, side, found.get("code")))
    if side == "reply":
        return {"content": content}
    around, given = query(specimen), specimen["given"]
    ticket = given["session"]["ticket"].encode("utf-8") if ours(call, side) else bytes.fromhex(given["key"]["notices"])
    values = [around["app_id"].encode("utf-8"), around["nonce"].encode("utf-8"), around["version"].encode("utf-8"), ticket, octets]
    if around["sign"] != hashlib.sha1(b"".join(sorted(values))).hexdigest().upper():
        raise ValueError("the signature is wrong")
    return {"drawn": around["nonce"].upper(), "query": around, "content": content}


def file(call, octets, given, name):
    # The `.ok` file speaks of the file as it is sent.
    sent = {"name": name, "bytes_": len(octets), "md5_": hashlib.md5(octets).hexdigest()}
    if given["setting"]["sealed"]:
        octets = unpad(AES.new(bytes.fromhex(given["key"]["file"]), AES.MODE_CBC, b"\0" * 16).decrypt(octets), 16)
    texts = lines(octets, "utf-8", "\n")
    head, rows = row(texts[0], HEAD), [row(text, FILES[call]) for text in texts[1:]]
    if head["mark"] != "H" or any(one["mark"] != "D" for one in rows) or head["org"] != given["setting"]["org"]:
        raise ValueError(f"{head}")
    if not re.fullmatch(r"\d{6,8}", head["count"]):
        raise ValueError(f"count {head['count']}")
    head["count"] = int(head["count"])
    done = {"done": {**sent, "records": len(rows)}}
    return {"head": head, **({"totals": rows[0]} if call == "clearing" else {"rows": rows}), **done}


def of_file(call, found, given):
    rows = [found["totals"]] if call == "clearing" else found["rows"]
    texts = [line({**found["head"], "count": f"{found['head']['count']:06}"}, HEAD)] + [line(one, FILES[call]) for one in rows]
    octets = "".join(f"{text}\n" for text in texts).encode("utf-8")
    if given["setting"]["sealed"]:
        return AES.new(bytes.fromhex(given["key"]["file"]), AES.MODE_CBC, b"\0" * 16).encrypt(pad(octets, 16))
    return octets


def read(message, specimen):
    call, side = message.split(".")
    if call in GRANTS:
        return granted(call, side, specimen)
    octets = bytes.fromhex(specimen["parts"]["content"])
    if call in FILES:
        # A specimen has no name of its own where a suffix of the day's files is none of its values.
        name = specimen["file"] or specimen["fields"]["done"]["name"]
        return file(call, octets, specimen["given"], name)
    if specimen["variant"]["seal"] == "header":
        return in_header(call, side, octets, specimen)
    if specimen["variant"]["seal"] == "ticket":
        return by_ticket(call, side, octets, specimen)
    return envelope(call, side, octets, specimen)


def write(message, found, specimen):
    call, side = message.split(".")
    if call in GRANTS:
        if side == "request":
            return b""
        fields = table(f"code:X8 msg:X200 transactionTime:M {GRANTS[call][1] if found['content']['code'] == '0' else ''}")
        return objects.text_of(objects.write(quoted(found["content"]), fields)).encode("utf-8")
    if call in FILES:
        return of_file(call, found, specimen["given"])
    if specimen["variant"]["seal"] == "header":
        content = found["content"]
        return objects.text_of(objects.write(content, header_fields(call, side, content.get("code", "0") != "0"))).encode("utf-8")
    if specimen["variant"]["seal"] == "ticket":
        fields = ticket_fields(call, side, found["content"].get("code"))
        return objects.text_of(objects.write(found["content"], fields)).encode("utf-8")
    return of_envelope(call, side, found, specimen)
