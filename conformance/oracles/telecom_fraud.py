"""The fraud platform's documents (telecom-fraud), a second implementation from sections 2 to 6 of its page.

Signatures are checked with public keys, which cannot unwrap the key of a sealed body: that key is taken as it was drawn. In what
comes down the page orders no elements, so that it is written again in the order in which it came.
"""

import base64
import re
import xml.etree.ElementTree as Tree
from xml.sax.saxutils import escape

import telecom_fraud_tables as up_tables
from gmssl import sm2
from gmssl.sm4 import SM4_DECRYPT, SM4_ENCRYPT, CryptSM4

DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'

AMOUNTS = set(
    "AccountBalance AppliedBalance FrozedBalance FormerFrozenBalance AccountAvaiableBalance UnfreezeBalance TransactionAmount"
    " AvailableBalance FreezeBalance RightsBalance TransferAmount Balance".split()
)
# Section 3: upstream always 14 figures. Downstream another form is read too, so there they are texts.
TIMES = set(
    "StartTime ExpireTime WithdrawalTime FormerFrozenExpireTime AccountOpenTime AccountCancellationTime LastTransactionTime"
    " TransactionTime FreezeStartTime FreezeEndTime ApplicationTime ReportEndTime Time".split()
)
# What section 4 marks with a star, and what stands in a list of its own. A card of a query has one account.
ROWS = {"Message", "Attachment", "Transaction", "Accounts", "Measure", "Priority"}
ONE_ACCOUNT = {"100302", "100310", "100405"}
# Bodies of queries are kept as rows, of which there is one.
BODY_ROWS = {"100302", "100304", "100310"}

HEAD = "MessageFrom TxCode TransSerialNumber"
TAIL = (
    "CaseNumber CaseType EmergencyLevel BankID BankName AccountName Reason Remark ApplicationTime ApplicationOrgID"
    " ApplicationOrgName OperatorIDType OperatorIDNumber OperatorName OperatorPhoneNumber InvestigatorIDType"
    " InvestigatorIDNumber InvestigatorName Attachments"
)
DOWN = {
    "100101": "ApplicationType OriginalApplicationID TransferOutBankID TransferOutBankName TransferOutAccountName"
    " TransferOutAccountNumber Currency TransferAmount TransferTime AccountType AccountNumber StartTime ExpireTime",
    "100103": "OriginalApplicationID AccountType AccountNumber WithdrawalRemark",
    "100105": "OriginalApplicationID AccountType AccountNumber PostponeStartTime ExpireTime ExtendRemark",
    "100201": "ApplicationType AccountType AccountNumber IDType IDNumber FreezeType Balance Currency FreezeStartTime ExpireTime",
    "100203": "OriginalApplicationID AccountType AccountNumber IDType IDNumber WithdrawalRemark",
    "100205": "OriginalApplicationID AccountType AccountNumber IDType IDNumber FreezeType Balance Currency PostponeStartTime"
    " ExpireTime ExtendRemark",
    "100301": "SubjectType CardNumber InquiryMode InquiryPeriodStart InquiryPeriodEnd",
    "100303": "SubjectType CardNumber",
    "100305": "SubjectType CardNumber InterceptionOrderId InterceptionStartTime InterceptionEndTime",
    "100307": "SubjectType OriginalApplicationID CardNumber InterceptionEndTime",
    "100309": "SubjectType AccountCredentialType AccountCredentialNumber AccountSubjectName InquiryMode",
}
ANSWER = "ApplicationType ReportEndTime Result OperatorName OperatorPhoneNumber FeedbackOrgName FeedbackRemark"


def public(pem):
    """The point of a public key: the last 64 octets of its PEM."""
    text = re.sub(r"-----[^-]+-----|\s", "", pem)
    return base64.b64decode(text)[-64:].hex()


def numbers(der):
    """The two numbers of a signature in DER, as 128 hexadecimal figures."""
    if der[0] != 0x30 or der[1] != len(der) - 2:
        raise ValueError("the signature is no DER")
    at, found = 2, ""
    for _ in range(2):
        if der[at] != 2:
            raise ValueError("the signature has no two numbers")
        size = der[at + 1]
        found += f"{int.from_bytes(der[at + 2:at + 2 + size]):064x}"
        at += 2 + size
    return found


def signed(headers, content, given, who):
    found = dict(line.split(": ", 1) for line in headers.decode("ascii").split("\r\n") if line)
    crypt = sm2.CryptSM2(private_key="", public_key=public(given["key"][who]))
    if not crypt.verify_with_sm3(numbers(base64.b64decode(found["X-SG-Sign"], validate=True)), content):
        raise ValueError("the signature is wrong")
    serial = given["setting"]["serial_ours" if who == "ours" else "serial_theirs"]
    if found["X-SG-Cert"] != serial:
        raise ValueError(f"the certificate is {found['X-SG-Cert']}")
    tree = {"sign": found["X-SG-Sign"], "cert": found["X-SG-Cert"]}
    if "Content-Type" in found:
        if found["Content-Type"] != "application/xml; charset=UTF-8":
            raise ValueError(found["Content-Type"])
        tree["kind"] = found["Content-Type"]
    return tree


def document(octets):
    text = octets.decode("utf-8")
    if not text.startswith(DECLARATION):
        raise ValueError(f"it begins {text[:40]!r}")
    return Tree.fromstring(octets)


def amount(text, name):
    found = re.fullmatch(r"(\d+)\.(\d\d)", text)
    if not found:
        raise ValueError(f"{name} is {text!r}, no amount of two places")
    return int(found[1] + found[2])


def moment(text, name):
    found = re.fullmatch(r"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)", text)
    if not found:
        raise ValueError(f"{name} is {text!r}, no time of 14 figures")
    return "{}-{}-{}T{}:{}:{}".format(*found.groups())


def leaf(element, up, code):
    name, text = element.tag, element.text or ""
    # Section 3: a mandatory text that is empty is written `-`, an amount 0.00.
    if up and text == "-":
        return None
    if text == "":
        return "" if up and name not in TIMES else None
    if name == "Content":
        return base64.b64decode(text, validate=True).hex().upper()
    if name in AMOUNTS:
        return amount(text, name)
    if up and name in TIMES:
        return moment(text, name)
    if up and name == "CredentialExpiryDate":
        return f"{text[:4]}-{text[4:6]}-{text[6:]}"
    if not up and name == "AccountNumber":
        number, _, part = text.partition("_")
        return {"number": number, "part": part}
    return text


def element(found, up, code):
    if not len(found):
        return leaf(found, up, code)
    tree = {}
    for inner in found:
        rows = inner.tag in ROWS or (inner.tag == "Account" and code not in ONE_ACCOUNT)
        value = element(inner, up, code)
        if rows:
            tree.setdefault(inner.tag, []).append({} if value is None else value)
        elif inner.tag in tree:
            raise ValueError(f"{inner.tag} stands twice")
        else:
            tree[inner.tag] = value
    return tree


def names(body, known):
    if strange := {inner.tag for inner in body} - set(known.split()):
        raise ValueError(f"strange elements {strange}")


def ordered(found, fields, where):
    """Every element that the page names stands there, in its order."""
    tags = [inner.tag for inner in found]
    rest = list(tags)
    for field in fields:
        if field.kind == "[":
            while rest and rest[0] == field.name:
                ordered(found[len(tags) - len(rest)], field.inner, field.name)
                rest.pop(0)
            continue
        if not rest or rest.pop(0) != field.name:
            raise ValueError(f"no {field.name} in its place in {where}: {tags}")
        if field.kind == "(":
            ordered(found[len(tags) - len(rest) - 1], field.inner, field.name)
    if rest:
        raise ValueError(f"{rest} too many in {where}")


def ciphered(octets, key, way):
    cipher = CryptSM4()
    cipher.set_key(key, way)
    return bytes(cipher.crypt_cbc(bytes(16), octets))


def unsealed(body, key):
    """Section 5: the elements of a body together, under SM4 in CBC without an initial vector."""
    if len(body):
        raise ValueError("a sealed body holds elements")
    octets = ciphered(base64.b64decode(body.text or "", validate=True), key, SM4_DECRYPT)
    return Tree.fromstring(b"<Body>" + octets + b"</Body>")


def downstream(text):
    root = document(base64.b64decode(text, validate=True))
    head, body = root.find("Head"), root.find("Body")
    if root.tag != "Response":
        raise ValueError(root.tag)
    names(head, HEAD)
    code = head.findtext("TxCode") or ""
    if code in DOWN:
        names(body, f"ApplicationID {DOWN[code]} {TAIL}")
    elif code == "100402":
        names(body, f"ApplicationID {ANSWER}")
    return {"Response": {"Head": element(head, False, code), "Body": element(body, False, code) or {}}}


def request(content, given, key):
    root = document(content)
    head, body = root.find("Head"), root.find("Body")
    code = head.findtext("TxCode")
    if root.tag != "Request" or code not in up_tables.BODIES:
        raise ValueError(f"{root.tag} {code}")
    sealed = key is not None and code != "100000"
    ordered(head, up_tables.head(code, sealed), "Head")
    if sealed:
        body = unsealed(body, key)
    ordered(body, up_tables.BODIES[code], "Body")
    serial = head.findtext("TransSerialNumber") or ""
    tree = {"Request": {"Head": element(head, True, code), "Body": element(body, True, code) or {}}}
    if code == "100000":
        return tree
    # Bank, underscore, hosting organisation, 28 figures; they are made up here, so that the length alone is judged.
    if len(serial) != 53:
        raise ValueError(f"the serial {serial!r} has {len(serial)} characters")
    if head.findtext("Mode") != ("02" if sealed else "01"):
        raise ValueError(f"Mode {head.findtext('Mode')}")
    renamed(tree["Request"]["Body"], given)
    if code in BODY_ROWS:
        tree["Request"]["Body"] = [tree["Request"]["Body"]]
    return tree


def renamed(body, given):
    """What has another table, or is the same in any case, the gateway keeps under a name of its own."""
    if body.get("Result") == "1400":
        body["partly"] = body.pop("Result")
    for name, other in (("IDType", "older_type"), ("VictimIDType", "older_victim_type")):
        if given["setting"]["papers"] == "older" and name in body:
            body[other] = body.pop(name)


def reply(message, content):
    root = document(content)
    if root.tag != "Response":
        raise ValueError(root.tag)
    if message == "get_messages.reply":
        tree = {"Head": element(root.find("Head"), False, "")}
        if root.find("Body") is not None:
            tree["Body"] = {}
        if root.find("Body/Messages") is not None:
            found = root.findall("Body/Messages/Message")
            tree["Body"] = {"Messages": {"Message": [downstream(one.text or "") for one in found]}}
        return {"Response": tree}
    names(root.find("Head"), "ResponseXML Code TransSerialNumber Description ApplicationId")
    return {"Response": {"Head": element(root.find("Head"), False, "")}}


def lists(content):
    """Section 6: thirteen fields and more, parted by `$$`; a line with fewer is none."""
    order = "kind value act source case_ name bank contact phone approved spare valid remark".split()
    rows = []
    for line in content.decode("utf-8").split("\n")[:-1]:
        found = line.split("$$")
        if len(found) < 13:
            raise ValueError(f"{len(found)} fields in {line!r}")
        # A last field that is missing is made up as a sign that no list holds.
        rows.append({name: text for name, text in zip(order, found) if text != "\x1f"})
    return {"rows": rows}


def read(message, specimen):
    content = bytes.fromhex(specimen["parts"].get("content", ""))
    if "headers" not in specimen["parts"]:
        return lists(content)
    asks = message.endswith(".request")
    given = specimen["given"]
    key = drawn(specimen)
    headers = signed(bytes.fromhex(specimen["parts"]["headers"]), content, given, "ours" if asks else "platform")
    tree = {"headers": headers, "content": request(content, given, key) if asks else reply(message, content)}
    return tree if key is None else {**tree, "content_key": specimen["fields"]["content_key"]}


def drawn(specimen):
    """The key that was drawn for a sealed message."""
    key = specimen["fields"].get("content_key")
    return None if key is None else bytes.fromhex(key)


# Writing

def text_of(value, name, up):
    if name == "Content":
        return base64.b64encode(bytes.fromhex(value)).decode("ascii")
    if name in AMOUNTS and value is not None:
        return f"{value // 100}.{value % 100:02}"
    if (name in TIMES or name == "CredentialExpiryDate") and up:
        return re.sub(r"\D", "", value or "")
    if value is None:
        return "-" if up else ""
    if isinstance(value, dict):
        return value["number"] + (f"_{value['part']}" if value["part"] else "")
    return value


def written(value, field, up=True):
    name = field.name
    if field.kind == "[":
        return "".join(f"<{name}>{rows(row, field.inner, up)}</{name}>" for row in value or [])
    inner = rows(value or {}, field.inner, up) if field.kind == "(" else escape(text_of(value, name, up))
    return f"<{name}>{inner}</{name}>"


def rows(found, fields, up=True):
    return "".join(written(found.get(field.name), field, up) for field in fields)


def as_it_came(value, name=""):
    """Of what the page has no order."""
    if isinstance(value, list):
        return "".join(f"<{name}>{as_it_came(row)}</{name}>" for row in value)
    if isinstance(value, dict) and set(value) != {"number", "part"}:
        return "".join(
            as_it_came(inner, tag) if isinstance(inner, list) else f"<{tag}>{as_it_came(inner, tag)}</{tag}>"
            for tag, inner in value.items()
        )
    return escape(text_of(value, name, False))


def renamed_back(body):
    names = {"partly": "Result", "older_type": "IDType", "older_victim_type": "VictimIDType"}
    return {names.get(name, name): value for name, value in body.items()}


def polled(body):
    """Whole documents, each in base64."""
    if "Messages" not in body:
        return "<Body></Body>"
    whole = [f"{DECLARATION}{as_it_came(one)}".encode("utf-8") for one in body["Messages"]["Message"]]
    inner = "".join(f"<Message>{base64.b64encode(one).decode('ascii')}</Message>" for one in whole)
    return f"<Body><Messages>{inner}</Messages></Body>"


def write(message, fields, specimen):
    if "headers" not in specimen["parts"]:
        order = "kind value act source case_ name bank contact phone approved spare valid remark".split()
        return "".join("$$".join(row.get(name, "\x1f") for name in order) + "\n" for row in fields["rows"]).encode("utf-8")
    if message.endswith(".reply"):
        tree = fields["content"]["Response"]
        if message == "get_messages.reply":
            head, body = as_it_came(tree["Head"]), polled(tree["Body"]) if "Body" in tree else ""
            return f"{DECLARATION}<Response><Head>{head}</Head>{body}</Response>".encode("utf-8")
        order = up_tables.table("ResponseXML Code TransSerialNumber Description ApplicationId")
        return f"{DECLARATION}<Response><Head>{rows(tree['Head'], order, False)}</Head></Response>".encode("utf-8")
    tree = fields["content"]["Request"]
    code, key = tree["Head"]["TxCode"], drawn(specimen)
    sealed = key is not None and code != "100000"
    body = tree["Body"][0] if code in BODY_ROWS else tree["Body"]
    body = rows(renamed_back(body), up_tables.BODIES[code])
    if sealed:
        body = base64.b64encode(ciphered(body.encode("utf-8"), key, SM4_ENCRYPT)).decode("ascii")
    head = rows(tree["Head"], up_tables.head(code, sealed))
    return f"{DECLARATION}<Request><Head>{head}</Head><Body>{body}</Body></Request>".encode("utf-8")
