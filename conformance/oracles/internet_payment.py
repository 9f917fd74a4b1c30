"""The bank's platform of fees (internet-payment), a second implementation from sections 3, 4 and 7 of its page: one JSON envelope of a
head and a body, signed over every value that is not empty by its path, in the order of octets. A refused answer has no body.
"""

import base64
import hmac
import io
import json
import re
import zipfile
from xml.etree import ElementTree

import objects
import signatures
from gmssl import func, sm3
from tables import line, lines, row, table

HEAD = "version:X4 txCode:X6= appId:X16 serial:X32 time:M signType:X10 nonce:X16="
TOLD = f"{HEAD} code:X6= msg:X200 replySerial:X32"
ITEM = (
    "itemId:X16 name:X60 mode:N1= keys[name:X20 label:X40 kind length required regex:X100?] minAmount:Y maxAmount:Y feePayer:N1= payWays[] "
    "openTime:D closeTime:D notice:X400 prices[priceNo:X16 name:X60 amount:Y]"
)
BILL = "billNo:X32 period:X20 title:X80 amount:Y penalty:Y discount:Y due:Y deadline:D partial state:N1="
# Section 5: the payer file, extra 1 to 5.
EXTRAS = "extra1:X60? extra2:X60? extra3:X60? extra4:X60? extra5:X60?"
RECORD = "orderNo:X32 merchant:X80 item:X60>item_ amount:Y state:N1= created:M receiptNo:X20?"
# Section 5: what a receipt holds.
RECEIPT = (
    "receiptNo:X20 orderNo:X32 title:X60 lines[item:X80>item_ period:X20 amount:Y] total:Y totalWords:X60 payerNo:X32 payer:X80 merchant:X80 "
    "payTime:M hostSerial:X32"
)
# Call: code, fields of the request's body, of the answer's.
CALLS = {
    "merchants": ("JF1001", "kind:N2=? area:X6?", "merchants[merchantId:X16 name:X80 shortName:X40 kind:N2= area:X6]"),
    "items": ("JF1002", "merchantId:X16", f"items[{ITEM}]"),
    "bills": (
        "JF1003", "merchantId:X16 itemId:X16 clientNo:X64? keys[name:X20 value:X60]",
        f"payer(no:X32 name:X80 extra:X120) bills[{BILL}] total:Y",
    ),
    "order": (
        "JF1004",
        "merchantId:X16 itemId:X16 payerNo:X32 channel:X3 customerNo:X32? phone:X20? email:X60? bills[billNo:X32 amount:Y] "
        "prices[priceNo:X16 count]? amount:Y? remark:X60?",
        "orderNo:X32 amount:Y fee:Y payAmount:Y expire:M",
    ),
    "pay": ("JF1005", "orderNo:X32 account:X32 token:X64?", "state:N1= hostSerial:X32 time:M receiptNo:X20"),
    "prepay": (
        "JF1006", "orderNo:X32 payWay:N2= openid:X64? returnUrl:X128?",
        "payAmount:Y url:X200? form:X4000? prepay(appId:X32? timeStamp:X10? nonceStr:X32? package:X128? signType:X11? paySign:X344?)",
    ),
    "order_state": (
        "JF1007", "orderNo:X32",
        "state:N1= amount:Y payAmount:Y refunded:Y created:M paidTime:M? hostSerial:X32? receiptNo:X20?",
    ),
    "close_order": ("JF1008", "orderNo:X32", "state:N1= time:M"),
    "refund": ("JF1009", "orderNo:X32 refundNo:X32 amount:Y reason:X100", "state:N1= hostSerial:X32"),
    # Assumed on our side: how a refund ended.
    "refund_state": ("JF1013", "refundNo:X32", "state:N1= hostSerial:X32"),
    "receipt": ("JF1010", "orderNo:X32", f"{RECEIPT} checkCode:X8= prints reprint pdf:O pdfDigest:X64="),
    "mail": ("JF1011", "orderNo:X32 email:X60", ""),
    "records": ("JF1012", "customerNo:X32 from:D to:D pageNo pageSize", f"total records[{RECORD}]"),
    "merchant_bills": (
        "MB1001", "itemId:X16 keys[name:X20 value:X60]",
        "payer(no:X32 name:X80 extra:X120) bills[billNo:X32 period:X20 title:X80 amount:Y deadline:D]",
    ),
    "told": (
        "MB1002", "orderNo:X32 itemId:X16 payerNo:X32 amount:Y hostSerial:X32 payTime:M bills[billNo:X32 amount:Y]", "merchantSerial:X32",
    ),
    "taken_back": ("MB1003", "orderNo:X32 amount:Y reason", ""),
    # Assumed on our side: what the flags THIRD_REFUND and THIRD_CHECK need.
    "refund_told": ("MB1004", "orderNo:X32 refundNo:X32 amount:Y reason:X100 hostSerial:X32 refundTime:M", "merchantSerial:X32"),
    "day_totals": ("MB1005", "checkDate:D", "count amount:Y refundCount refundAmount:Y"),
    # Assumed on our side: the console.
    "put_merchant": (
        "JF1016",
        "maker:X20 merchantId:X16 name:X80 shortName:X40 kind:N2= licence:X20 contact:X40 phone:X20 email:X60? area:X6 branch:X9 account:X32 "
        "accountName:X80 cycle:N1= remote thirdRefund thirdCheck state:N1=",
        "time:M",
    ),
    "put_item": (
        "JF1017",
        "maker:X20 merchantId:X16 itemId:X16 productCode:X7= name:X60 mode:N1= minAmount:Y maxAmount:Y dayAmount:Y feePayer:N1= plan:X20 payWays[] "
        "openTime:D closeTime:D notice:X400 state:N1= keys[name:X20 label:X40 kind length required] "
        "prices[priceNo:X16 name:X60 amount:Y]?",
        "time:M",
    ),
    "mark_bill": ("JF1018", "billNo:X32 act:N1= reason:X60", "time:M"),
    "sign": ("JF1020", "act:N1= productCode:X7= account:X32 name:X60 userNo:X32? businessNo:X32?", "agreementNo:X32"),
    "mails": (
        "JF1021", "from:D to:D state:N1=?",
        "rows[mailNo:X40 orderNo:X32 email:X60 subject:X100 state:N1= tries queued:M ended:M? reason:X200?]",
    ),
    "mail_again": ("JF1022", "mailNo:X40 email:X60?", "time:M"),
    "statistics": (
        "JF1019", "from:D to:D", "rows[date:D productCode:X16 payWay:N2= channel:X3 area:X6 branch:X9 count amount:Y]",
    ),
    "settlements": (
        "JF1023", "merchantId:X16? from:D to:D",
        "rows[date:D merchantId:X16 itemId:X16 count amount:Y refundCount refundAmount:Y fee:Y collected:Y net:Z serial:X32? state:N1= "
        "reason:X100?]",
    ),
    "hold_settlement": ("JF1026", "maker:X20 merchantId:X16 act:N1= reason:X60", "time:M"),
    "collect": ("JF1028", "maker:X20 collectNo:X32 merchantId:X16 amount:Y reason:X60", "amount:Y hostSerial:X32"),
    "collections": (
        "JF1029", "merchantId:X16? from:D to:D",
        "rows[date:D collectNo:X32 merchantId:X16 maker:X20 most:Y amount:Y? reason:X60 serial:X32? state:N1= why:X100?]",
    ),
    "owing": ("JF1027", "date:D days", "rows[merchantId:X16 name:X80 since:D owed:Y]"),
    "put_payers": (
        "JF1024", f"payers[payerNo:X32 name:X80 idNo:X18? phone:X20? class:X60? email:X60? {EXTRAS} state:N1=]", "taken fresh",
    ),
    "payers": (
        "JF1025", "payerNo:X32? class:X60? pageNo pageSize",
        f"total payers[payerNo:X32 name:X80 idNo:X18? phone:X20? class:X60? email:X60? {EXTRAS} state:N1=]",
    ),
    "import": ("JF1014", "batchNo:X24 sheet", "count amount:Y errors report"),
    "publish": ("JF1015", "batchNo:X24 count amount:Y", "published"),
    "push": (
        "MB2001",
        "batchNo:X32 count amount:Y bills[payerNo:X32 name:X80 itemId:X16 period:X20 title:X80 amount:Y deadline:D]",
        "taken",
    ),
}


OURS = {"merchant_bills", "told", "taken_back", "refund_told", "day_totals"}


def sm3_of(octets=b""):
    """SM3 as the standard library's HMAC wants it."""

    class State:
        block_size, digest_size, name = 64, 32, "sm3"

        def __init__(self, held):
            self.held = held

        def update(self, more):
            self.held += more

        def digest(self):
            return bytes.fromhex(sm3.sm3_hash(func.bytes_to_list(self.held)))

        def copy(self):
            return State(self.held)

    return State(octets)


def raw_sm2_good(key, octets, sign):
    """SM2 with SM3, r and s one behind the other."""
    found = base64.b64decode(sign, validate=True)
    point = base64.b64decode("".join(key.strip().splitlines()[1:-1]))[-64:].hex()
    return len(found) == 64 and bool(
        signatures.sm2.CryptSM2(private_key="", public_key=point).verify_with_sm3(found.hex(), octets)
    )


def covered(found):
    texts = sorted((path.encode("utf-8"), text) for path, text in objects.pairs(found) if text != "" and path != "sign")
    return b"&".join(path + b"=" + text.encode("utf-8") for path, text in texts)


def seal(found, message, specimen):
    """Whether the seal is good: of what goes to merchants' systems the platform begins."""
    given, octets = specimen["given"], covered(found)
    way = specimen["variant"]["sign_type"]
    if found["head"]["signType"] != {"sm2": "SM2", "rsa2": "RSA2", "hmac_sm3": "HMAC-SM3"}[way]:
        return False
    theirs = message.endswith(".request") != (message.split(".")[0] in OURS)
    if way == "hmac_sm3":
        key = bytes.fromhex(given["key"]["shared"])
        made = hmac.new(key, octets, sm3_of).digest()
        return base64.b64encode(made).decode("ascii") == found["sign"]
    key = given["key"]["theirs" if theirs else "bank"]
    good = signatures.good if way == "rsa2" else raw_sm2_good
    return good(key, octets, found["sign"])


def layout(message, refused):
    call, side = message.split(".")[:2]
    code, asked, answered = CALLS[call]
    if side == "request":
        return code, table(f"head({HEAD}) body({asked}) sign")
    body = "" if refused else f" body({answered})"
    return code, table(f"head({TOLD}){body} sign")


SHEET = "序号,缴费人编号,姓名,证件号码(选填),手机号(选填),班级/部门(选填),收费期间,项目编码,应缴金额,截止日期(yyyy-MM-dd),备注(选填)".split(",")
CELLS = ("seq", "payer_no", "name", "id_no", "phone", "class", "period", "item_", "amount", "deadline", "remark", "reason")
SPACE = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def cells(text):
    """The rows of a workbook's first sheet, as texts by column."""
    with zipfile.ZipFile(io.BytesIO(base64.b64decode(text, validate=True))) as book:
        shared = []
        if "xl/sharedStrings.xml" in book.namelist():
            for item in ElementTree.fromstring(book.read("xl/sharedStrings.xml")).iter(f"{SPACE}si"):
                shared.append("".join(part.text or "" for part in item.iter(f"{SPACE}t")))
        sheet = ElementTree.fromstring(book.read("xl/worksheets/sheet1.xml"))
    rows = []
    for line_ in sheet.iter(f"{SPACE}row"):
        found = {}
        for place, cell in enumerate(line_.iter(f"{SPACE}c")):
            letters = re.match(r"[A-Z]+", cell.get("r", ""))
            column = place if letters is None else sum((ord(sign) - 64) * 26**at for at, sign in enumerate(reversed(letters[0]))) - 1
            if cell.get("t") == "inlineStr":
                found[column] = "".join(part.text or "" for part in cell.iter(f"{SPACE}t"))
            elif (inner := cell.find(f"{SPACE}v")) is not None:
                found[column] = shared[int(inner.text)] if cell.get("t") == "s" else inner.text
        rows.append(found)
    return rows


def sheet(text, told):
    """A sheet of bills; what is told back has the reasons behind."""
    names = SHEET + ["错误原因"] if told else SHEET
    head, *rows = cells(text)
    if [head.get(column, "") for column in range(len(names))] != names:
        raise ValueError(f"the first row is {head}")
    fields = CELLS if told else CELLS[:-1]
    return {
        "head": {f"c{place}": name for place, name in enumerate(names, 1)},
        "rows": [{name: found.get(column, "") for column, name in enumerate(fields)} for found in rows],
    }


COLUMNS = "订单号,账单号,缴费人编号,姓名,项目,收费期间,金额,手续费,支付方式,支付时间,状态"
LIST = "order_no:X32 bill_no:X32 payer_no:X32 payer_name:X80 item:X60>item_ period:X20 amount:Y fee:Y way:N2= paid_at:S state:N1="
SUMS = "mark count:I amount:Y fee:Y"


def file(specimen):
    """A merchant's list: UTF-8 with its mark, a line of names, rows, sums."""
    octets = bytes.fromhex(specimen["parts"]["content"])
    texts = lines(octets, "utf-8-sig", "\r\n")
    if not octets.startswith(b"\xef\xbb\xbf") or texts[0] != COLUMNS:
        raise ValueError("the first line is another")
    rows = [row(text, LIST, ",") for text in texts[1:-1]]
    sums = row(texts[-1], SUMS, ",")
    if sums != {"mark": "合计", "count": len(rows), "amount": sum(one["amount"] for one in rows), "fee": sum(one["fee"] for one in rows)}:
        raise ValueError("the last line does not agree with the others")
    names = COLUMNS.split(",")
    names[0] = "\ufeff" + names[0]
    return {"head": {f"c{place}": name for place, name in enumerate(names, 1)}, "detail": rows, "tail": sums}


def of_file(found):
    texts = [COLUMNS] + [line(one, LIST, ",") for one in found["detail"]] + [line(found["tail"], SUMS, ",")]
    return b"\xef\xbb\xbf" + "".join(f"{text}\r\n" for text in texts).encode("utf-8")


def read(message, specimen):
    if message == "put_list.request":
        return file(specimen)
    if message.split(".")[0] not in CALLS:
        return None
    found = json.loads(bytes.fromhex(specimen["parts"]["content"]).decode("utf-8"))
    code, fields = layout(message, found["head"].get("code", "000000") not in ("000000", "JF0014"))
    if (found["head"]["version"], found["head"]["txCode"]) != ("1.0", code):
        raise ValueError(f"{found['head']} at {code}")
    if not seal(found, message, specimen):
        raise ValueError("the seal is wrong")
    # The number stands in the message in hex; the gateway also keeps the octets that it drew.
    tree = {"content": objects.read(found, fields), "drawn": found["head"]["nonce"].upper()}
    body = tree["content"].get("body", {})
    for name in {"sheet", "report"} & set(body):
        body[name] = sheet(body[name], name == "report")
    return tree


def write(message, found, specimen):
    if message == "put_list.request":
        return of_file(found)
    # How a workbook is packed no page says.
    if message in ("import.request", "import.reply"):
        return None
    content = found["content"]
    code, fields = layout(message, "body" not in content)
    tree = objects.write(content, fields)
    if not seal(tree, message, specimen):
        raise ValueError("written again, the seal does not cover it")
    return objects.text_of(tree).encode("utf-8")
