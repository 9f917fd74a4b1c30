"""Villages' assets (village-assets), a second implementation from sections 3 to 6 of its page: JSON with a signature or, of
old sites, an MD5, some fields ciphered by themselves; the files. A refused answer has no body.
"""

import base64
import hashlib
import json

import objects
import signatures
from gmssl import func, sm3, sm4
from tables import line, lines, row, table

HEAD = "version:X4 txCode:N4= instNo:X12 areaCode:N12= serialNo:X32 txTime:M"
TOLD = f"{HEAD} retCode:X6= retMsg:X100"
BILL = (
    "billNo:X32 feeType:N2= assetNo:X32 assetName:X60 period:X13 amtFen:A15 lateFen:A15 totalFen:A15 dueDate:D validTo:M"
)
APPROVAL = "level:N1= approver time:M"
MOVEMENT = "hostDate:D hostTime:T hostSerial:X32 dcFlag:X1= amtFen:A15 balFen:A15 oppAcct:X32 oppName oppBank remark:X60"
DUE = "contractNo:X32 tenantName:X60 mobile billNo:X32 totalFen:A15 dueDate:D"
# Call: code, fields of the request's body, of the answer's.
CALLS = {
    "query_bill": (
        "1001", "queryType:N1= queryValue:X32 areaCode:N12=",
        f"tenantName:X60 contractNo:X32 unitName:X60 payeeAcct:X32 payeeName:X60 bills[{BILL}]",
    ),
    "pay": (
        "1002",
        "orderNo:X32 billNos[] totalFen:A15 payMode:N1= payerName:X60 payerAcct:X32 payeeAcct:X32 hostSerial:X32 hostDate:D",
        "platSerial:X32 receiptNo:X32 receiptUrl",
    ),
    "enquire": ("1003", "orderNo:X32 hostSerial:X32 hostDate:D", "state:N1= platSerial:X32 receiptNo:X32"),
    "reverse": ("1004", "orderNo:X32 platSerial:X32 totalFen:A15 reason", "platSerial:X32"),
    "agree": ("1005", "oper:X1= contractNo:X32 acct acctName:X60 idType idNo mobile limitFen:A15", "agreementNo"),
    "contract": (
        "1006", "contractNo:X32",
        "tenantName:X60 idNo assetNo:X32 assetName:X60 beginDate:D endDate:D rentFen:A15 cycle:X1= depositFen:A15 state",
    ),
    "unidentified": ("1007", "acct:X32 hostSerial:X32 hostDate:D amtFen:A15 payerName payerAcct payerBank remark:X60", ""),
    "payment_order": (
        "2001",
        "orderNo:X32 payerAcct:X32 payerName:X60 payeeAcct:X32 payeeName:X60 payeeBankNo:N12= amtFen:A15 useCode:N2= remark:X60 "
        f"approval[{APPROVAL}] voucherNo",
        "bankSerial:X32 state",
    ),
    "batch_told": ("2002", "batchNo:X20 kind:X2= fileName fileSm3:X64= count:I totalFen:A15 payerAcct:X32 payeeAcct:X32", ""),
    # By order number; the bank's answer to a batch is its file.
    "order_enquiry": ("2003", "orderNo:X32? batchNo:X20?", "state:N1= failCode:X6 failMsg hostSerial:X32 hostDate:D"),
    "balance": ("2004", "acct:X32", "balFen:A15 availFen:A15 frozenFen:A15 queryTime:M"),
    "details": ("2005", "acct:X32 beginDate:D endDate:D pageNo:I pageSize:I", f"total:I rows[{MOVEMENT}]"),
    "remind": ("2006", f"items[{DUE}]", "accepted:I"),
    "list_ready": ("3001", "fileName fileSm3:X64= workDate:D count:I totalFen:A15", ""),
}
# Section 5: ciphered in what is asked.
SECRET = {"1005": ("acct", "idNo", "mobile"), "2006": ("mobile",)}

DETAIL = "seq:I acct:X32 name:X60 bankNo:X12 amtFen:A billNo:X32 remark:X60"
BATCH = "batchNo:X20 kind:X2= count:I totalFen:A account:X32"
FILES = {
    "batch.request": (BATCH, DETAIL),
    "batch.reply": (f"{BATCH} succNum:I succFen:A failNum:I failFen:A", f"{DETAIL} code:X6= msg hostSerial:X32 hostDate:D"),
    "put_day_list.request": (
        "date:D count:I totalFen:A", "orderNo:X32 platSerial:X32 billNo:X32 totalFen:A payMode:N1= hostSerial:X32 hostDate:D state",
    ),
}


def cipher(given, serial, opening):
    digest = bytes.fromhex(sm3.sm3_hash(func.bytes_to_list(serial.encode("utf-8"))))
    worker = sm4.CryptSM4()
    worker.set_key(bytes.fromhex(given["key"]["content"]), sm4.SM4_DECRYPT if opening else sm4.SM4_ENCRYPT)
    return lambda octets: worker.crypt_cbc(digest[:16], octets)


def opened(found, code, given):
    """What is ciphered in a body, plain."""
    worker = cipher(given, found["head"]["serialNo"], True)
    return through(found, code, lambda text: worker(base64.b64decode(text, validate=True)).decode("utf-8"))


def closed(found, code, given):
    worker = cipher(given, found["head"]["serialNo"], False)
    return through(found, code, lambda text: base64.b64encode(worker(text.encode("utf-8"))).decode("ascii"))


def through(found, code, change):
    def changed(inner):
        return {name: change(text) if name in SECRET[code] and text else text for name, text in inner.items()}

    body = changed(found["body"])
    if "items" in body:
        body["items"] = [changed(item) for item in body["items"]]
    return {**found, "body": body}


def covered(found):
    """Every value that is not empty by its path, in the order of octets."""
    texts = sorted((path.encode("utf-8"), text) for path, text in objects.pairs(found) if text != "" and path != "sign")
    return b"&".join(path + b"=" + text.encode("utf-8") for path, text in texts)


def layout(message, refused):
    call, side = message.split(".")[:2]
    code, asked, answered = CALLS[call]
    if side == "request":
        return code, table(f"head({HEAD}) body({asked}) sign")
    body = "" if refused else f" body({answered})"
    return code, table(f"head({TOLD}){body} sign")


def seal(found, message, specimen):
    """Whether the seal is good. The side that begins has numbers 1 and 3."""
    given, octets = specimen["given"], covered(found)
    if specimen["variant"]["seal"] == "md5":
        text = octets + b"&key=" + bytes.fromhex(given["key"]["shared"])
        return found["sign"] == hashlib.md5(text).hexdigest().upper()
    ours = (found["head"]["txCode"][0] in "13") == message.endswith(".request")
    return signatures.sm2_good(given["key"]["bank" if ours else "platform"], octets, found["sign"])


def packet(message, specimen):
    found = json.loads(bytes.fromhex(specimen["parts"]["content"]).decode("utf-8"))
    refused = found["head"].get("retCode", "000000") != "000000"
    code, fields = layout(message, refused)
    if (found["head"]["version"], found["head"]["txCode"]) != ("1.0", code):
        raise ValueError(f"{found['head']} at {code}")
    if not seal(found, message, specimen):
        raise ValueError("the seal is wrong")
    if code in SECRET and message.endswith(".request"):
        found = opened(found, code, specimen["given"])
    return {"content": objects.read(found, fields)}


def of_packet(message, found, specimen):
    content = found["content"]
    code, fields = layout(message, content["head"].get("retCode", "000000") != "000000")
    tree = objects.write(content, fields)
    if code in SECRET and message.endswith(".request"):
        tree = closed(tree, code, specimen["given"])
    if not seal(tree, message, specimen):
        raise ValueError("written again, the seal does not cover it")
    return objects.text_of(tree).encode("utf-8")


def file(message, specimen):
    head, detail = FILES[message]
    texts = lines(bytes.fromhex(specimen["parts"]["content"]), "utf-8", "\n")
    found = {"head": row(texts[0], head), "detail": [row(text, detail) for text in texts[1:]]}
    day = specimen["file"].split("_")[2][:8]
    if message == "put_day_list.request":
        if (found["head"]["count"], found["head"]["totalFen"]) != (len(texts) - 1, sum(one["totalFen"] for one in found["detail"])):
            raise ValueError("the first line does not agree with the others")
        name = f"DZ_{specimen['given']['setting']['area']}_{day}.txt"
    else:
        name = f"{found['head']['kind']}_{specimen['given']['setting']['area']}_{day}_{found['head']['batchNo']}.txt"
    # A result is named by the request that it answers, which is none of its own values.
    if specimen["file"] != name and message != "batch.reply":
        raise ValueError(f"the name is {name}, found {specimen['file']}")
    return found


def of_file(message, found):
    head, detail = FILES[message]
    return "".join(f"{text}\n" for text in [line(found["head"], head)] + [line(one, detail) for one in found["detail"]]).encode("utf-8")


def read(message, specimen):
    return file(message, specimen) if message in FILES else packet(message, specimen)


def write(message, found, specimen):
    return of_file(message, found) if message in FILES else of_packet(message, found, specimen)
