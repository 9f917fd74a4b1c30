"""The voucher library of the treasury's centralized payments (treasury-payment), a second implementation from sections 2 to 5
and 9 of its page: SOAP 1.1, a document of vouchers in GBK and base64, in it each voucher in GBK and base64 again.
"""

import base64
import re
import xml.etree.ElementTree as Tree
from xml.sax.saxutils import escape, quoteattr

from treasury_payment_tables import AMOUNTS, DAYS, OPERATIONS, of_kind

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
SPACE = "http://service.realware.com.cn"
PROLOG = '<?xml version="1.0" encoding="GBK"?>'
# The operation is the name of an element, which the gateway keeps as no field.
OWN = ("operation",)


def parsed(text):
    """A document in GBK: base64, prolog, root."""
    inner = base64.b64decode(re.sub(r"\s", "", text), validate=True).decode("gbk")
    if not inner.startswith(PROLOG):
        raise ValueError(f"a document begins {inner[:40]!r}")
    return Tree.fromstring(inner[len(PROLOG):])


def coded(inner):
    return base64.b64encode((PROLOG + inner).encode("gbk")).decode("ascii")


def attribute(text):
    return quoteattr(text, {'"': "&quot;"})


def element(name, text):
    return f"<{name}>{escape(str(text))}</{name}>"


def value(name, text):
    if name in AMOUNTS and text:
        found = re.fullmatch(r"(-?)(\d+)\.(\d\d)", text)
        if not found:
            raise ValueError(f"{name} {text!r} is no amount of two places")
        return int(found[1] + found[2] + found[3])
    if name in DAYS and text:
        found = re.fullmatch(r"(\d{4})(\d\d)(\d\d)", text)
        if not found:
            raise ValueError(f"{name} {text!r} is no day")
        return "-".join(found.groups())
    return text


def written(name, found):
    if found is None or found == "":
        return ""
    if name in AMOUNTS:
        sign, fen = ("-", -found) if found < 0 else ("", found)
        return f"{sign}{fen // 100}.{fen % 100:02}"
    return found.replace("-", "") if name in DAYS else found


def fields(element, known, but=()):
    found = {}
    for inner in element:
        if inner.tag in but:
            continue
        if inner.tag not in known or inner.tag in found or len(inner):
            raise ValueError(f"{inner.tag} has no place in {element.tag}")
        found[inner.tag] = value(inner.tag, inner.text or "")
    if missing := [name for name in known if name not in found]:
        raise ValueError(f"{missing} are missing in {element.tag}")
    return found


def signed(one):
    """Section 5, assumed: a seal's number, and the seal."""
    if one.tag != "Sign" or list(one.attrib) != ["no"] or len(one):
        raise ValueError(f"{one.tag} is no seal")
    return {"no": one.attrib["no"], "value": one.text or ""}


def vouchers(root):
    """Section 3."""
    if root.tag != "MOF" or root[0].tag != "VoucherCount" or int(root[0].text) != len(root) - 1:
        raise ValueError("the count of vouchers is another")
    bodies = []
    for body in root[1:]:
        head = body.attrib
        tags = [part.tag for part in body]
        more = [tag for tag in ("Return_Reason", "Signs") if tag in tags]
        if list(head) != ["AdmDivCode", "StYear", "VtCode", "VoucherNo"] or tags != ["VoucherFlag", "Attach", "Voucher", *more]:
            raise ValueError("a voucher's envelope is another")
        main, row = of_kind(head["VtCode"])
        inner = parsed(body[2].text)
        if inner.tag != "Voucher" or inner[-1].tag != "DetailList" or any(one.tag != "Detail" for one in inner[-1]):
            raise ValueError("a voucher without its rows")
        tree = fields(inner, main, ("DetailList",)) | {"DetailList": {"Detail": [fields(one, row) for one in inner[-1]]}}
        kind = head["VtCode"]
        bodies.append(
            {"AdmDivCode": head["AdmDivCode"], "StYear": head["StYear"], "Kind": kind, "VoucherNo": head["VoucherNo"]}
            | {"VoucherFlag": body[0].text, "Attach": body[1].text or "", "Voucher": {"Voucher": tree}}
            | ({"Return_Reason": body.findtext("Return_Reason") or ""} if "Return_Reason" in more else {})
            | ({"Signs": {"Sign": [signed(one) for one in body.find("Signs")]}} if "Signs" in more else {})
        )
    return {"MOF": {"VoucherCount": len(bodies), "VoucherBody": bodies}}


def of_vouchers(tree):
    text = ""
    for body in tree["MOF"]["VoucherBody"]:
        main, row = of_kind(body["Kind"])
        found = body["Voucher"]["Voucher"]
        rows = "".join(
            "<Detail>" + "".join(element(name, written(name, one.get(name))) for name in row) + "</Detail>"
            for one in found["DetailList"]["Detail"]
        )
        inner = "".join(element(name, written(name, found.get(name))) for name in main)
        head = {"AdmDivCode": body["AdmDivCode"], "StYear": body["StYear"], "VtCode": body["Kind"], "VoucherNo": body["VoucherNo"]}
        text += "<VoucherBody" + "".join(f" {name}={attribute(one)}" for name, one in head.items()) + ">"
        text += element("VoucherFlag", body["VoucherFlag"]) + element("Attach", body["Attach"])
        text += element("Voucher", coded(f"<Voucher>{inner}<DetailList>{rows}</DetailList></Voucher>"))
        text += element("Return_Reason", body["Return_Reason"]) if "Return_Reason" in body else ""
        if "Signs" in body:
            seals = (f"<Sign no={attribute(one['no'])}>{escape(one['value'])}</Sign>" for one in body["Signs"]["Sign"])
            text += f"<Signs>{''.join(seals)}</Signs>"
        text += "</VoucherBody>"
    return coded(f"<MOF>{element('VoucherCount', tree['MOF']['VoucherCount'])}{text}</MOF>")


def request(body, specimen):
    operation = body.tag.removeprefix(f"{{{SPACE}}}")
    kinds = "t" + OPERATIONS[operation]
    if [part.tag for part in body] != [f"in{at}" for at in range(len(kinds))]:
        raise ValueError(f"arguments of {operation} are {[part.tag for part in body]}")
    if bytes.fromhex(specimen["parts"]["headers"]) != b'SOAPAction: ""\r\n':
        raise ValueError("SOAPAction is another")
    found = {"operation": operation}
    for at, (kind, part) in enumerate(zip(kinds, body)):
        if kind in "vw":
            found[f"in{at}"] = {"string": part[0].text or ""}
        elif kind == "m":
            found[f"in{at}"] = vouchers(parsed(part.text))
        elif kind == "b":
            found[f"in{at}"] = base64.b64decode(part.text or "", validate=True).hex().upper()
        else:
            found[f"in{at}"] = int(part.text) if kind == "n" else part.text or ""
    return {"headers": {"action": '""'}, "content": {"call": found}}


def attachment(one):
    if [part.tag for part in one] != ["fileName", "content"]:
        raise ValueError("an attachment is another")
    return {"fileName": one[0].text or "", "content": base64.b64decode(one[1].text or "", validate=True).hex().upper()}


def reply(parts):
    found = {}
    for part in parts:
        if part.tag == f"{{{SOAP}}}Fault":
            found["Fault"] = {inner.tag: inner.text or "" for inner in part}
            continue
        operation = part.tag.removeprefix(f"{{{SPACE}}}").removesuffix("Response")
        out = part.find("out")
        if operation not in OPERATIONS or out is None:
            raise ValueError(f"{part.tag} answers nothing")
        if operation.startswith("readVoucher"):
            inner = vouchers(parsed(out.text))
        elif operation == "queryVoucherPrintCount":
            inner = int(out.text)
        elif operation == "readAttachment":
            inner = {"attach": [attachment(one) for one in out]}
        elif operation == "queryStampPositionWithName":
            inner = {"string": [{one.tag: one.text or "" for one in place} for place in out]}
        else:
            # A Map: keys and values.
            rows = [{"key_": row[0].text or "", "value": row[1].text or ""} for row in out]
            inner = {"item_": rows if operation == "writeVoucher" else rows[0]}
        found["answer_"] = {"operation": operation, "out": inner}
    return {"content": found}


def read(message, specimen):
    envelope = Tree.fromstring(bytes.fromhex(specimen["parts"]["content"]))
    if envelope.tag != f"{{{SOAP}}}Envelope" or len(envelope) != 1 or envelope[0].tag != f"{{{SOAP}}}Body":
        raise ValueError("no SOAP 1.1 envelope")
    return request(envelope[0][0], specimen) if message.endswith(".request") else reply(envelope[0])


def enveloped(inner):
    return (
        f'<soapenv:Envelope xmlns:soapenv="{SOAP}"><soapenv:Body>{inner}</soapenv:Body></soapenv:Envelope>'
    ).encode("utf-8")


def called(name, inner, space=SPACE):
    return f'<n:{name} xmlns:n="{space}">{inner}</n:{name}>'


def of_request(found):
    text = ""
    for at, kind in enumerate("t" + OPERATIONS[found["operation"]]):
        one = found[f"in{at}"]
        if kind in "vw":
            text += f"<in{at}>{element('string', one['string'])}</in{at}>"
        elif kind == "b":
            text += element(f"in{at}", base64.b64encode(bytes.fromhex(one)).decode("ascii"))
        else:
            text += element(f"in{at}", of_vouchers(one) if kind == "m" else one)
    return called(found["operation"], text)


def of_reply(found):
    text = ""
    if "Fault" in found:
        text += called("Fault", "".join(element(name, one) for name, one in found["Fault"].items()), SOAP)
    if "answer_" in found:
        operation, out = found["answer_"]["operation"], found["answer_"]["out"]
        if operation.startswith("readVoucher"):
            inner = of_vouchers(out)
        elif operation == "queryVoucherPrintCount":
            inner = str(out)
        elif operation == "readAttachment":
            inner = "".join(
                f"<item>{element('fileName', one['fileName'])}"
                f"{element('content', base64.b64encode(bytes.fromhex(one['content'])).decode('ascii'))}</item>"
                for one in out["attach"]
            )
        elif operation == "queryStampPositionWithName":
            inner = "".join(f"<string>{''.join(element(name, one) for name, one in place.items())}</string>" for place in out["string"])
        else:
            rows = out["item_"] if operation == "writeVoucher" else [out["item_"]]
            inner = "".join(f"<item>{element('key', row['key_'])}{element('value', row['value'])}</item>" for row in rows)
        text += called(f"{operation}Response", f"<out>{inner}</out>")
    return text


def write(message, found, specimen):
    if message.endswith(".request"):
        return enveloped(of_request(found["content"]["call"]))
    return enveloped(of_reply(found["content"]))
