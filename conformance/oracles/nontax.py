"""Non-tax revenue (nontax), a second implementation from sections 2 to 6 of its page: mode A (a head, an authorisation code,
XML), mode B (a zip of base64 of XML), mode C (signed forms) and the files.

What the page names without fields (mode B from 3004 on, all of mode C and the rows of its file) is assumed there, and so here.
To what a zip is compressed no page says: it is written again as it was sent where its one entry holds the same octets.
"""

import base64
import io
import json
import zipfile

import elements
import forms
import signatures
from fixed import Reader
from tables import line, lines, row, table, value, written

CODES = {
    "sign_in": ("9905", "9906"), "query_notice": ("2401", "1401"), "notice_paid": ("2401", "1401"), "confirm": ("2402", "1402"),
    "cancel": ("2409", "1409"), "compare": ("2425", "9000"), "enter": ("2457", "1457"),
}
# Section 4. Without an authorisation code: the sign-in, and the answers that are given before it is known whose they are.
BARE = ("9905", "9906", "9000", "9910")
HEAD = table("src:X15 des:X15 dataType:X4= msgId:X20 msgRef:X20 workDate:D")
SIGNS = table("Sign Stamp")
DONE = "chr_id:X38 billtype_code:X20 bill_no:X42 set_year:N4= succ_code"
DETAIL = "in_bis_code in_bis_name chargenum chargemoney:Y"
RECORDS = {
    "9905": "user_code:X20 password:X32 new_password:X32",
    "9906": "login_result:X4 accredit_code add_word:X60",
    "2401": "billtype_code:X20 bill_no:X42 verify_no:X20 bill_money:Y18 set_year:N4=",
    "1401": (
        "chr_id:X38 billtype_code:X20 billtype_name:X60 bill_no:X42 makedate:D ien_code:X42 ien_name:X80 consign_ien_code:X42 "
        "consign_ien_name:X80 pm_code:X42 pm_name:X50 cheque_no:X20 is_consign:N1= nosource_ids:X1000 remark:X200 payer:X100 "
        "payerbank:X100 payeraccount:X42 receiver:X100 receiverbank:X100 receiveraccount:X42 verify_no:X20 rg_code:X42 "
        "receivetype:N1= inputername:X60 lateflag:N1= supplytemplet_id:X1000 Object(DetailRecord[chr_id main_id in_bis_code "
        "in_bis_name measure chargenum chargestandard chargemoney:Y item_chkcode])>details"
    ),
    "2402": (
        "chr_id:X38 billtype_code:X20 bill_no:X42 bill_money:Y18 bank_indate:D incomestatus pm_code cheque_no:X20 payerbank:X100 "
        "payeraccount:X42 set_year:N4= route_user_code license>authorised business_id"
    ),
    "1402": DONE,
    "2409": "chr_id:X38 billtype_code:X20 bill_no:X42 set_year:N4=",
    "1409": DONE,
    # The rows {chr_id, billtype_code, bill_no, bankmoney} stand in the list file.
    "2425": (
        "begin_date:D end_date:D receiveraccount:X42 consign_ien_code:X42 is_getcollectinfo:N1= set_year:N4= route_user_code "
        "license>authorised business_id"
    ),
    "2457": (
        "rg_code:X42 billtype_code:X20 bill_no:X42 verify_no:X20 pm_code ien_code:X42 ien_name:X80 consign_ien_code:X42 "
        "consign_ien_name:X80 bill_money:Y18 set_year:N4= bank_user bank_no payer:X100 payerbank:X100 payeraccount:X42 receiver:X100 "
        f"receiverbank:X100 receiveraccount:X42 is_consign:N1= remark:X200 Object(DetailRecord[{DETAIL}])>details"
    ),
    "1457": (
        "chr_id:X38 billtype_code:X20 billtype_name:X60 bill_no:X42 verify_no:X20 makedate:D ien_code:X42 ien_name:X80 "
        "set_year:N4= succ_code"
    ),
    "9000": "ori_datatype:X4 ori_send_orgcode:X15 ori_entrust_date:D result:X4= add_word:X60",
    "9910": "ori_datatype:X4 result:X4= add_word:X60",
}

USER = "YHLB USERNAME PASSWORD"
# Section 3 has them in this order, and whether as attributes or children open.
STATE = "STATUS:N1= ERRCODE MESSAGE"
PAPER = "PJZL:X10 JKSBH:X20"
PACKED = {
    "receivable": (
        "3001", PAPER,
        "XZQH:X6 ZSFS JKFS TZRQ:D WTZSDWBM WTZSDWMC STZSDWBM STZSDWMC FKRMC:X80 FKRKHH FKRZH:X40 SKRMC SKRKHH SKRZH ZJE:Y20 BZ:X255 "
        "SGPBZ:N1= FMYY FMLY DSFY BGRMC AY AH XMMX(ROW[SRXMBM JLLX SL JE:Y SRZHMC])",
    ),
    "receipt_known": ("3001", PAPER, ""),
    "receipt": ("3002", f"{PAPER} ZJE:Y20 YHWDBM JYM:X4 LXSKBZ:N1= YHSKRQ:D YHLSH", "JKSBH:X20 SKRQ:M"),
    "tell_list": ("3003", "DZRQ:D DZWJM", ""),
    "unidentified": ("3004", "YHLSH YHSKRQ:D SKRZH JE:Y FKRMC:X80 FKRZH:X40 FKRKHH BZ:X255", ""),
    "units": ("3007", "GXRQ:D", "DWXX(ROW[BM MC])"),
    "items": ("3008", "GXRQ:D", "XMXX(ROW[BM MC])"),
    "take_back": ("3013", "SKPJZL:X10 SKPJBH:X20", ""),
    "papers": ("3025", "KSRQ:D JSRQ:D", f"DBP(ROW[{PAPER} ZJE:Y20])"),
    "complete": (
        "3026",
        f"XZQH:X6 {PAPER} JYM:X4 JKFS STZSDWBM STZSDWMC FKRMC:X80 FKRZH:X40 SKRMC SKRZH ZJE:Y20 BZ:X255 XMMX(ROW[SRXMBM SL JE:Y])",
        "JKSBH:X20",
    ),
    "paper": ("3027", PAPER, "ZJE:Y20 FKRMC:X80 STZSDWMC"),
    "withdraw": ("3051", PAPER, ""),
    "split": ("3028", PAPER, "FCXX(ROW[SKRZH SKRMC JE:Y])"),
    "compare": ("3048", "DZRQ:D ZBS:I ZJE:Y20", ""),
}
# What stands in `ROW`s of an element of the list's name.
ROWS = ("XMMX", "DWXX", "XMXX", "DBP", "FCXX")

WEB = {
    "jump": (
        "merchant_no order_no:X32 notice_no amount:A payee_acct channel return_url notify_url time:M", "cashier",
    ),
    "tell_paid": ("merchant_no order_no:X32 bank_serial paid:A pay_date:D pay_time:M result:X4 channel", ""),
    "order_state": ("merchant_no order_no:X32 time:M", "state:N1="),
}
WEB_ANSWER = "result:X4= message>text_"

TOTALS = "date:D count:I total:Y"
FILES = {
    # The page has the file in mode B; in mode A the notice is named as there.
    "packed": "PJZL:X10 JKSBH:X20 amount:Y day:D branch serial state:N1=",
    "framed": "billtype_code:X20 bill_no:X42 amount:Y day:D serial state:N1=",
    "web": "order_no:X32 serial paid:A day:D channel",
}


def call_of(message):
    call, side = message.split(".")[:2]
    return call, side == "request"


# Mode A


def record(code, message):
    """The fields of a Record. The enquiry reads of its answer what it asks for alone, and so that alone is made up."""
    fields = table(RECORDS[code])
    return tuple(field._replace(may=True) for field in fields) if message.startswith("notice_paid.reply") else fields


def framed(message, specimen):
    octets, given = bytes.fromhex(specimen["parts"]["content"]), specimen["given"]
    signed = "1" if specimen["variant"]["signed"] == "yes" else "0"
    reader = Reader(octets)
    head = {}
    for name, width in (("dataType", 6), ("src", 15), ("des", 15), ("timestamp", 14), ("isSign", 1), ("authLen", 3), ("reserve", 15)):
        text = reader.take(width).decode("gbk")
        filled = name in ("dataType", "src", "des")
        if filled and text.endswith(" "):
            raise ValueError(f"{name} is filled on the right: {text!r}")
        head[name] = text.lstrip(" ") if filled else text
    head["timestamp"] = value(head["timestamp"], table("timestamp:M")[0])
    head["authLen"] = int(head["authLen"])
    if head["reserve"] != " " * 15 or head["isSign"] != signed:
        raise ValueError(f"reserve {head['reserve']!r}, isSign {head['isSign']}")
    head["reserve"] = ""
    code, (call, asked) = head["dataType"], call_of(message)
    if code not in ({CODES[call][0]} if asked else {CODES[call][1], "9000", "9910"}):
        raise ValueError(f"{code} in {message}")
    license = reader.take(head["authLen"]).decode("gbk")
    if code in BARE and license:
        raise ValueError(f"{code} with an authorisation code")
    document = octets[reader.at :].decode("gbk")
    root = elements.root(document)
    if root.tag != "Root" or [part.tag for part in root] != ["Head", "Body", "Signs"]:
        raise ValueError(f"{[part.tag for part in root]} in {root.tag}")
    inner = elements.read(root[0], HEAD)
    if any(inner[name] != head[name] for name in ("src", "des", "dataType")):
        raise ValueError("the head in front and the head in the XML disagree")
    if asked and inner["msgId"] != inner["msgRef"]:
        raise ValueError("a request with the number of another")
    body = elements.read(root[1], (table("Object(Record())")[0]._replace(inner=(table("Record()")[0]._replace(inner=record(code, message)),)),))
    signs = elements.read(root[2], SIGNS)
    covered = document[document.index("<Root>") : document.index("</Body>") + len("</Body>")].encode("gbk")
    if head["isSign"] == "1" and not signatures.good(given["key"]["bank" if asked else "bureau"], covered, signs["Sign"]):
        raise ValueError("the signature is wrong")
    if head["isSign"] == "0" and signs["Sign"]:
        raise ValueError("signed, and says that it is not")
    return {"head": head, "license": license, "xml": {"root": {"Head": inner, "Body": body, "Signs": signs}}}


def of_framed(message, found):
    head, root = found["head"], found["xml"]["root"]
    code, license = head["dataType"], found["license"].encode("gbk")
    fields = elements.write(root["Body"]["Object"]["Record"], record(code, message))
    text = (
        f'<?xml version="1.0" encoding="GBK"?><Root><Head>{elements.write(root["Head"], HEAD)}</Head>'
        f"<Body><Object><Record>{fields}</Record></Object></Body><Signs>{elements.write(root['Signs'], SIGNS)}</Signs></Root>"
    )
    moment = written(head["timestamp"], table("timestamp:M")[0])
    front = f"{code:>6}{head['src']:>15}{head['des']:>15}{moment}{head['isSign']}{len(license):03}{'':15}"
    return front.encode("gbk") + license + text.encode("gbk")


# Mode B


def packed_fields(message, refused):
    call, asked = call_of(message)
    code, asks, answers = PACKED[call]
    return code, table(f"{USER} {asks}" if asked else STATE if refused else f"{STATE} {answers}")


def packed(message, specimen):
    octets = bytes.fromhex(specimen["parts"]["content"])
    with zipfile.ZipFile(io.BytesIO(octets)) as archive:
        if archive.namelist() != ["data"]:
            raise ValueError(f"{archive.namelist()} in the zip")
        text = base64.b64decode(archive.read("data"), validate=True).decode("gbk")
    root = elements.root(text)
    asked = call_of(message)[1]
    refused = not asked and root.findtext("STATUS") == "1"
    code, fields = packed_fields(message, refused)
    if root.tag != "ROOT" or root.attrib != {"TYPE": "0" if asked else "1", "CODE": code}:
        raise ValueError(f"{root.tag} {root.attrib}")
    found = elements.read(root, fields)
    for name in ROWS:
        if name in found:
            found[name] = found[name]["ROW"]
    return {"content": {"data": {"root": found}}}


def of_packed(message, found, specimen):
    sent = bytes.fromhex(specimen["parts"]["content"])
    root = dict(found["content"]["data"]["root"])
    code, fields = packed_fields(message, root.get("STATUS") == "1")
    for name in ROWS:
        if name in root:
            root[name] = {"ROW": root[name]}
    asked = call_of(message)[1]
    text = f'<?xml version="1.0" encoding="GBK"?><ROOT TYPE="{0 if asked else 1}" CODE="{code}">{elements.write(root, fields)}</ROOT>'
    with zipfile.ZipFile(io.BytesIO(sent)) as archive:
        if base64.b64encode(text.encode("gbk")) != archive.read("data"):
            raise ValueError("the entry, written again, is another")
    return sent


# Mode C


def form(message, specimen):
    call, asked = call_of(message)
    octets, given = bytes.fromhex(specimen["parts"]["content"]), specimen["given"]
    if call == "tell_paid" and not asked:
        return {"content": {"said": octets.decode("utf-8")}}
    if not asked:
        said = json.loads(octets.decode("utf-8"))
        fields = table(f"{WEB_ANSWER} {WEB[call][1]}" if said.get("result") == "0000" else WEB_ANSWER)
        return {"content": row_of(said, fields)}
    found = {}
    if call == "tell_paid":
        headers = bytes.fromhex(specimen["parts"]["headers"]).decode("ascii")
        if headers != f"Content-Type: {forms.KIND}\r\n":
            raise ValueError(f"it says {headers!r}")
        found["headers"] = {"kind": forms.KIND}
    texts = forms.pairs(octets)
    key = given["key"]["ours" if call == "tell_paid" else "platform"]
    if not signatures.good(key, forms.covered(texts, "sign"), texts["sign"]):
        raise ValueError("the signature is wrong")
    return {**found, "content": row_of(texts, table(f"{WEB[call][0]} sign"))}


def row_of(texts, fields):
    if list(texts) != [field.name for field in fields]:
        raise ValueError(f"fields {list(texts)}")
    return {field.ours: value(texts[field.name], field) for field in fields}


def of_form(message, found):
    call, asked = call_of(message)
    content = found["content"]
    if "said" in content:
        return content["said"].encode("utf-8")
    names = f"{WEB[call][0]} sign" if asked else f"{WEB_ANSWER} {WEB[call][1]}" if content["result"] == "0000" else WEB_ANSWER
    texts = {field.name: written(content[field.ours], field) for field in table(names)}
    return forms.form(texts) if asked else json.dumps(texts, ensure_ascii=False, separators=(",", ":")).encode("utf-8")


# Files


def file_of(message, specimen):
    return "web" if message.startswith("put_web_list") else specimen["variant"]["mode"]


def file(message, specimen):
    kind = file_of(message, specimen)
    rows, head = lines(bytes.fromhex(specimen["parts"]["content"])), {}
    if kind != "web":
        head, rows = {"head": row(rows[0], TOTALS)}, rows[1:]
    found = {**head, "detail": [row(one, FILES[kind]) for one in rows]}
    if kind != "web" and (head["head"]["count"], head["head"]["total"]) != (len(rows), sum(one["amount"] for one in found["detail"])):
        raise ValueError("the first line does not agree with the others")
    return found


def of_file(message, found, specimen):
    kind = file_of(message, specimen)
    texts = [line(found["head"], TOTALS)] if kind != "web" else []
    return "".join(text + "\r\n" for text in texts + [line(one, FILES[kind]) for one in found["detail"]]).encode("gbk")


def read(message, specimen):
    if message.startswith("put_"):
        return file(message, specimen)
    if call_of(message)[0] in WEB:
        return form(message, specimen)
    return framed(message, specimen) if specimen["variant"]["mode"] == "framed" else packed(message, specimen)


def write(message, found, specimen):
    if message.startswith("put_"):
        return of_file(message, found, specimen)
    if call_of(message)[0] in WEB:
        return of_form(message, found)
    return of_framed(message, found) if specimen["variant"]["mode"] == "framed" else of_packed(message, found, specimen)
