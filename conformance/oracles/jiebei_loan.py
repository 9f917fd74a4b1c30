"""Ant's joint loans (jiebei-loan), a second implementation from sections 3 to 6 of its page: a form with JSON in it, signed over its
sorted parameters, or XML with an enveloped signature; the files of a day.

The page names the fields of some methods alone: those of the others are the adapter's assumptions, and so is the reply's head in XML.
"""

import base64
import hashlib
import json
import re
import xml.etree.ElementTree as Tree

import elements
import objects
from Cryptodome.Cipher import AES
from Cryptodome.Util.Padding import pad, unpad
from forms import covered, form, pairs
from signatures import good
from tables import line, lines, row, table

METHOD = "ant.credit."
RESULT = (
    "apply_no:X32 credit_result:X10 bank_credit_no:X32? credit_limit:A12? year_rate_min:R? year_rate_max:R? expire_date:D? reject_code:X8? "
    "reject_msg:X100? result_time:M"
)
LIMIT = "bank_credit_no:X32 apply_no:X32 act:X10 limit:A12>limit_ reason:X60"
TERM = "term_no:I principal:A12 interest:A12 penalty:A12"
# Call: method, who begins, fields asked, fields answered.
CALLS = {
    "admit": ("loan.admit.query", "ant", "product_code:X16 name:X60 cert_type:X1= cert_no:X18", "admit:X1= reject_code:X8?"),
    "apply": (
        "loan.creditcheck.apply", "ant",
        (
            "apply_no:X32 product_code:X16 name:X60 cert_type:X1= cert_no:X18 cert_valid_end:D mobile:X11 address:X200 occupation:X4 "
            "income_level:X2 ant_level:X2 ant_limit:A12 apply_limit:A12 apply_rate:R share_ratio:R auth_protocol_no:X64 auth_time:X14= "
            "bureau_auth_file:X128 bind_card_no:X32? ext?"
        ),
        "apply_no:X32 accept:X1= reject_code:X8?",
    ),
    "credit_state": ("loan.creditcheck.query", "ant", "apply_no:X32", RESULT),
    "tell_result": ("loan.creditcheck.result.notify", "bank", RESULT, ""),
    "limit_told": ("loan.limit.notify", "ant", LIMIT, ""),
    "tell_limit": ("loan.limit.notify", "bank", LIMIT, ""),
    "disburse": (
        "loan.disburse.apply", "ant",
        (
            "loan_no:X32 apply_no:X32 bank_credit_no:X32 loan_amount:A12 bank_amount:A12 ant_amount:A12 term:I repay_mode:X1= day_rate:R "
            "loan_date:D first_repay_date:D end_date:D purpose:X2"
        ),
        "audit_result:X6 reserve_no:X32? reject_code:X8?",
    ),
    "disbursed": (
        "loan.disburse.notify", "ant", "loan_no:X32 status:X4= pay_time:M pay_card_tail:X4 contract_no:X64 contract_file:X128", "",
    ),
    "enquire_loan": (
        "loan.disburse.query", "bank", "loan_no:X32 apply_no:X32", "loan_no:X32 status:X10 pay_time:M? contract_no:X64?",
    ),
    "repaid": (
        "loan.repay.notify", "ant",
        (
            "repay_no:X32 loan_no:X32 repay_time:M repay_type:X2= total:A12 principal:A12 interest:A12 penalty:A12 bank_principal:A12 "
            f"bank_interest:A12 bank_penalty:A12 term_list[{TERM}] loan_status:X8"
        ),
        "",
    ),
    "status_told": ("loan.status.notify", "ant", "loan_no:X32 status:X10 change_date:D overdue_days:I amount:A12", ""),
    "file_ready": ("file.ready.notify", "ant", "file_date:D file_name:X80", ""),
    "tell_file": ("file.result.notify", "bank", "file_name:X80 file_date:D result:X8 rows:I taken:I refused:I", ""),
    "confirm_clearing": ("clear.confirm", "bank", "clear_date:D net:A14 direction:X4 bank_seq:X32 bank_date:D", ""),
}
PARAMETERS = ("app_id", "method", "charset", "version", "sign_type", "timestamp", "encrypt_type", "request_id", "biz_content", "sign")
PART = {"request": "request", "reply": "response"}
SPACE = "http://www.w3.org/2000/09/xmldsig#"
HEAD = "Version:X6 Appid:X32 Function:X128 ReqTime:M ReqTimeZone:X8 ReqMsgId:X64 SignType:X10 InputCharset:X10"
TOLD_HEAD = HEAD.replace("ReqTime:", "RespTime:").replace("ReqTimeZone", "RespTimeZone")

BANK_PARTS = "bank_principal:A12 bank_interest:A12"
FILES = {
    "loans": "loan_no:X32 apply_no:X32 cert_no:X18 loan_amount:A12 bank_amount:A12 term:I repay_mode:X10 day_rate:R loan_date:D end_date:D status:X10",
    "instalments": f"loan_no:X32 term_no:I start_date:D end_date:D principal:A12 interest:A12 {BANK_PARTS} status:X10",
    "repayments": (
        f"repay_no:X32 loan_no:X32 term_no:I repay_time:M repay_type:X2= principal:A12 interest:A12 penalty:A12 {BANK_PARTS} bank_penalty:A12 "
        "fee:A12"
    ),
    "accruals": "loan_no:X32 date:D>date_ interest:A12 penalty:A12 accrued_status:X10",
    "balances": "loan_no:X32 principal_bal:A12 overdue_principal_bal:A12 bank_principal_bal:A12 overdue_days:I five_class:X10",
    "exemptions": "loan_no:X32 principal:A12 interest:A12 penalty:A12",
    "write_offs": "loan_no:X32 principal:A12 interest:A12 penalty:A12",
    "compensations": "loan_no:X32 principal:A12 interest:A12 penalty:A12",
    "clearing": "date:D>date_ disburse_total:A14 repay_total:A14 service_fee:A14 net:A14 direction:X4",
}


def cipher(given):
    return AES.new(bytes.fromhex(given["key"]["content"]), AES.MODE_CBC, b"\0" * 16)


def keys(given, call, side):
    """The public key of who writes, and the other's and our application."""
    ours = (CALLS[call][1] == "bank") == (side == "request")
    return given["key"]["ours" if ours else "theirs"], given["setting"]["own_app_id" if ours else "app_id"]


# A form with JSON in it


def in_form(call, octets, given):
    found = pairs(octets)
    if strange := set(found) - set(PARAMETERS):
        raise ValueError(f"strange parameters {strange}")
    key, app = keys(given, call, "request")
    wanted = {"app_id": app, "method": METHOD + CALLS[call][0], "charset": "utf-8", "version": "1.0", "sign_type": "RSA2"}
    if any(found[name] != text for name, text in wanted.items()):
        raise ValueError(f"{found} at {wanted}")
    # To the bank a contract may leave the kind of signature out of what is signed.
    left_out = ("sign",) if CALLS[call][1] == "bank" or given["setting"]["covers_type"] else ("sign", "sign_type")
    if not good(key, covered(found, *left_out), found["sign"]):
        raise ValueError("the signature is wrong")
    biz = found["biz_content"]
    if ("encrypt_type" in found) != given["setting"]["encrypt"]:
        raise ValueError("ciphered or not")
    if given["setting"]["encrypt"]:
        biz = unpad(cipher(given).decrypt(base64.b64decode(biz, validate=True)), 16).decode("utf-8")
    tree = objects.read(json.loads(biz, parse_float=objects.Figures), table(CALLS[call][2]))
    return {"content": {**found, "timestamp": found["timestamp"].replace(" ", "T"), "biz_content": tree}}


def of_form(call, found, given):
    content = dict(found["content"])
    biz = objects.text_of(objects.write(content["biz_content"], table(CALLS[call][2])))
    if given["setting"]["encrypt"]:
        biz = base64.b64encode(cipher(given).encrypt(pad(biz.encode("utf-8"), 16))).decode("ascii")
    return form({**content, "timestamp": content["timestamp"].replace("T", " "), "biz_content": biz})


def answer(call, octets, given):
    text = octets.decode("utf-8")
    inner, sign = re.fullmatch(r'\{"response":(.*),"sign":"([^"]*)"\}', text, re.S).groups()
    if not good(keys(given, call, "reply")[0], inner.encode("utf-8"), sign):
        raise ValueError("the signature is wrong")
    found = json.loads(inner, parse_float=objects.Figures)
    fields = "result_code:X20 result_msg:X100" + (f" biz({CALLS[call][3]})" if found["result_code"] == "SUCCESS" else "")
    return {"content": {"response": objects.read(found, table(fields)), "sign": sign}}


def of_answer(call, found):
    told = found["content"]["response"]
    fields = "result_code:X20 result_msg:X100" + (f" biz({CALLS[call][3]})" if told["result_code"] == "SUCCESS" else "")
    inner = objects.text_of(objects.write(told, table(fields)))
    return f'{{"response":{inner},"sign":"{found["content"]["sign"]}"}}'.encode("utf-8")


# XML with an enveloped signature


def part(side, call, told):
    if side == "request":
        return table(f"head({HEAD}) body({CALLS[call][2]})")
    answered = CALLS[call][3] if told == "SUCCESS" else ""
    return table(f"head({TOLD_HEAD}) body(RespInfo(ResultStatus:X1= ResultCode:X20 ResultMsg:X100) {answered})")


def in_xml(call, side, octets, given):
    text, name = octets.decode("utf-8"), PART[side]
    root = elements.root(text, '<?xml version="1.0" encoding="UTF-8"?>')
    signed, seal = list(root)
    if (root.tag, signed.tag, dict(signed.attrib), seal.tag) != ("document", name, {"id": name}, f"{{{SPACE}}}Signature"):
        raise ValueError(f"a document of {[one.tag for one in root]}")
    # The canonical form of the whole, and of it what each part is: the name space is inherited into what is signed.
    canonical = Tree.canonicalize(text)
    body = re.search(rf"<{name} id=.*</{name}>", canonical, re.S)[0]
    info = re.search(r"<SignedInfo>.*</SignedInfo>", canonical, re.S)[0].replace("<SignedInfo>", f'<SignedInfo xmlns="{SPACE}">', 1)
    sealed = {one.tag.split("}")[1]: one for one in seal.iter()}
    if base64.b64decode(sealed["DigestValue"].text) != hashlib.sha256(body.encode("utf-8")).digest():
        raise ValueError("the digest is wrong")
    if not good(keys(given, call, side)[0], info.encode("utf-8"), sealed["SignatureValue"].text):
        raise ValueError("the signature is wrong")
    methods = {element: one.attrib["Algorithm"] for element, one in sealed.items() if "Algorithm" in one.attrib}
    if sealed["Reference"].attrib != {"URI": f"#{name}"}:
        raise ValueError("another part is signed")
    code = signed.find("body/RespInfo/ResultCode")
    tree = elements.read(signed, part(side, call, None if code is None else code.text))
    if tree["head"]["Function"] != METHOD + CALLS[call][0] or tree["head"]["Appid"] != keys(given, call, side)[1]:
        raise ValueError(f"{tree['head']}")
    told = {
        "space": SPACE,
        "SignedInfo": {
            "CanonicalizationMethod": {"canon": methods["CanonicalizationMethod"]},
            "SignatureMethod": {"method": methods["SignatureMethod"]},
            "Reference": {
                "uri": sealed["Reference"].attrib["URI"],
                "Transforms": {"Transform": {"enveloped": methods["Transform"]}},
                "DigestMethod": {"hash": methods["DigestMethod"]},
                "DigestValue": sealed["DigestValue"].text,
            },
        },
        "SignatureValue": sealed["SignatureValue"].text,
    }
    return {"content": {"document": {f"{name}_": {"id": name, **tree}, "Signature": told}}}


def of_xml(call, side, found):
    document, name = found["content"]["document"], PART[side]
    tree, seal = document[f"{name}_"], document["Signature"]
    info, reference = seal["SignedInfo"], seal["SignedInfo"]["Reference"]
    told = tree["body"].get("RespInfo", {}).get("ResultCode")
    body = elements.write({one: inner for one, inner in tree.items() if one != "id"}, part(side, call, told))

    def method(element, text):
        return f'<{element} Algorithm="{text}"></{element}>'

    return (
        f'<?xml version="1.0" encoding="UTF-8"?><document><{name} id="{name}">{body}</{name}><Signature xmlns="{SPACE}"><SignedInfo>'
        + method("CanonicalizationMethod", info["CanonicalizationMethod"]["canon"])
        + method("SignatureMethod", info["SignatureMethod"]["method"])
        + f'<Reference URI="{reference["uri"]}"><Transforms>{method("Transform", reference["Transforms"]["Transform"]["enveloped"])}</Transforms>'
        + method("DigestMethod", reference["DigestMethod"]["hash"])
        + f'<DigestValue>{reference["DigestValue"]}</DigestValue></Reference></SignedInfo>'
        + f'<SignatureValue>{seal["SignatureValue"]}</SignatureValue></Signature></document>'
    ).encode("utf-8")


# Files


def file(call, octets):
    texts = lines(octets, "utf-8", "\n")
    if call == "list_of_day":
        return {"files": [row(text, "name:X80 size:I rows:I sha256:X64=", ",") for text in texts]}
    names = [field.name for field in table(FILES[call])]
    if texts[0].split("|") != names:
        raise ValueError(f"the names are {texts[0]}")
    rows = [row(text, FILES[call]) for text in texts[1:]]
    return {"names": {f"n_{name}": name for name in names}, **({"total": rows[0]} if call == "clearing" else {"rows": rows})}


def of_file(call, found):
    if call == "list_of_day":
        texts = [line(one, "name:X80 size:I rows:I sha256:X64=", ",") for one in found["files"]]
    else:
        rows = [found["total"]] if call == "clearing" else found["rows"]
        texts = ["|".join(field.name for field in table(FILES[call]))] + [line(one, FILES[call]) for one in rows]
    return "".join(f"{text}\n" for text in texts).encode("utf-8")


def read(message, specimen):
    call, side = message.split(".")
    octets, given = bytes.fromhex(specimen["parts"]["content"]), specimen["given"]
    if call not in CALLS:
        return file(call, octets)
    if specimen["variant"]["form"] == "xml":
        found = in_xml(call, side, octets, given)
    else:
        found = in_form(call, octets, given) if side == "request" else answer(call, octets, given)
    if "headers" in specimen["parts"]:
        found["headers"] = {"kind": bytes.fromhex(specimen["parts"]["headers"]).decode("ascii").removeprefix("Content-Type: ").rstrip("\r\n")}
    return found


def write(message, found, specimen):
    call, side = message.split(".")
    if call not in CALLS:
        return of_file(call, found)
    if specimen["variant"]["form"] == "xml":
        return of_xml(call, side, found)
    return of_form(call, found, specimen["given"]) if side == "request" else of_answer(call, found)
