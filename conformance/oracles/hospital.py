"""Hospitals (hospital), a second implementation from sections 2 to 7 of its page: form X (XML, bare or in SOAP, a digest over the
body as it stands, some fields ciphered) and form P (parameters parted by bars in SOAP, an answer in JSON with Chinese names).

Form X is assumed on the page, and with it that each row of an answer is an `Item`. Form P reads names with quotes or without.
"""

import base64
import hashlib
import json
import re
import xml.etree.ElementTree as Tree
from xml.sax.saxutils import escape

from Cryptodome.Cipher import AES
from Cryptodome.Util.Padding import pad, unpad
from gmssl import func, sm3

import elements
from tables import line, lines, row, table, value, written

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
SPACE = "http://tempuri.org/"
HEAD = (
    "TransCode:X4= PartnerId:X16 HospitalId:X20 TransDate:D TransTime:T SerialNo:X32 Channel:N2= Version:X4 SignType:X8 Sign:X64"
)
PERSON = "Relation:X4 Name:X40 Sex:N1= Birth:E IdNo:X20 Phone:X15 Address:X100"
GUARD = "GuardName:X40 GuardIdNo:X20 GuardPhone:X15 GuardAddress:X100"
PAID = (
    "PatientId:X30 OrderNo:X30 PlatOrder:X32 PlatOrderTime:S PlatTrade:X32 PlatTradeTime:S Amount:Y PaidAmount:Y"
)
ITEM = "ItemCode:X30 ItemName:X100 Spec? Quantity Unit? Price:Y Total:Y"
STAYED = "ItemCode:X30 ItemName:X100 Quantity Unit? Price:Y Total:Y"
STATE = "PatientId:X30 RecordNo? BookNo? OrderNo:X30 State Amount:Y Expire:S?"
ORDER = "PatientId:X30 RecordNo? OrderNo:X30 Total:Y State Created:S PaidTime:S?"
# Call: code in X, code in P, fields asked (`|` behind those that P does not have), fields of each row.
CALLS = {
    "cities": ("1001", None, "", "AreaId Name Level Used Hot ParentId?"),
    "hospitals": ("1002", None, "AreaId", "Alias? UnitId:X20 Name Image? Address? Area? Level? Spelling? Phone? PayFlag"),
    "departments": ("1003", "1001", "Kind", "DeptId:X30 DeptName:X80"),
    "doctors": ("1004", "1002", "DeptId:X30", "DoctorId:X30 DoctorName:X40 Title? DeptId:X30 Note?"),
    "hours": (
        "1005", "1003", "DeptId:X30 DoctorId:X30 Date:E",
        "SchId:X30 DeptId:X30 DeptName:X80 DoctorId:X30 DoctorName:X40 Room:X80 Place:X80 Title:X30 RegType:X10 RegTypeName:X40 RegFee:Y "
        "DiagFee:Y Date:E Begin:X5 End:X5 Limit Left",
    ),
    "register": ("2001", "1004", f"{PERSON} {GUARD}", "PatientId:X30 RegTime:S"),
    "unregister": ("2002", "1005", "PatientId:X30", ""),
    "patients": ("2003", "1006", "PatientId:X30 IdNo:X20", f"PatientId:X30 {PERSON} {GUARD} RegTime:S"),
    "bind_card": ("2004", None, "PatientId:X30 CardType:N2= CardNo:X30", "CardId:X30"),
    "book": ("3001", "1007", "PatientId:X30 SchId:X30 BookId:X32", "PatientId:X30 OrderNo:X30 Amount:Y Expire:S Remark"),
    "pay": (
        "3002", "1008", f"{PAID} PayWay:N2=", "PatientId:X30 OrderNo:X30 BookNo:X30 Remark TakeNo:X20? Place? QueueNo?",
    ),
    # Of form X alone: the mark that the bank booked by, where nobody knows the number of the order.
    "cancel": ("3003", "1011", "PatientId:X30 BookNo:X30 OrderNo:X30 RefundNo:X32 RefundTime:S BookId:X32?", ""),
    "give_number_back": ("3003", "1011", "PatientId:X30 BookNo:X30 OrderNo:X30 RefundNo:X32 RefundTime:S BookId:X32?", ""),
    "booking_state": ("3004", "1010", "PatientId:X30 OrderNo:X30 BookId:X32?", STATE),
    "booking_made": ("3004", "1010", "PatientId:X30 OrderNo:X30 BookId:X32?", STATE),
    "booking_paid": ("3004", "1010", "PatientId:X30 OrderNo:X30 BookId:X32?", STATE),
    "booking_cancelled": ("3004", "1010", "PatientId:X30 OrderNo:X30 BookId:X32?", STATE),
    "bookings": (
        "3005", "1009", "PatientId:X30 BookNo:X30 OrderNo:X30 State",
        "PatientId:X30 RecordNo? BookNo? OrderNo:X30 DeptName DoctorName BookDate:E BookPeriod State Amount:Y Expire:S?",
    ),
    "waiting": ("3006", "2003", "PatientId:X30", "BookNo:X30 DeptName DoctorName BookDate:E BookPeriod"),
    "take_number": ("3007", "2004", "PatientId:X30 BookNo:X30 TakeNo:X20", "RecordNo:X30 QueueNo Place?"),
    "visits_": ("4001", "1012", "PatientId:X30", "RecordNo:X30 DeptName DoctorName SeenTime:S"),
    "open_fees": ("4002", "1013", "PatientId:X30 VisitNo:X30", f"FeeNo:X30 Due:Y {ITEM}"),
    "make_order": ("4003", "1014", "PatientId:X30 VisitNo:X30 FeeNo:X30", "OrderNo:X30 Amount:Y Expire:S"),
    "pay_fees": ("4004", "1015", f"{PAID} PayWay:N2=", "PatientId:X30 VisitNo? OrderNo:X30 BillNo:X30 Remark"),
    "paid_orders": ("4005", "1022", "PatientId:X30 OrderNo:X30", ORDER),
    "fees_paid": ("4005", "1022", "PatientId:X30 OrderNo:X30", ORDER),
    "paid_items": ("4007", "1023", "PatientId:X30 OrderNo:X30", f"FeeNo:X30 {ITEM}"),
    "take_back": ("4006", None, "PatientId:X30 OrderNo:X30 BillNo:X30 RefundAmount:Y RefundNo:X32 Reason:X100", "RefundSerial:X32 State"),
    "stays_": (
        "5001", "1019", "PatientId:X30",
        "PatientId:X30 InpNo:X30 DeptName DoctorName Bed:X10 InTime:S OutTime:S? Total:Y Deposit:Y State",
    ),
    "deposit_": (
        "5002", "1021", "PatientId:X30 InpNo:X30 PlatOrder:X32 PlatOrderTime:S PlatTrade:X32 PlatTradeTime:S Amount:Y",
        "OrderNo:X30 BillNo:X30",
    ),
    "stay_total": ("5003", "1024", "PatientId:X30 InpNo:X30 Date:E", STAYED),
    "stay_day": (None, "1025", "PatientId:X30 InpNo:X30 Date:E", STAYED),
    "reports": ("6001", "1016", "PatientId:X30 Begin:E End:E", "RecordNo ReportNo Kind Name ReportTime:S"),
    "exam": ("6002", "1017", "PatientId:X30 ReportNo:X30", "RecordNo Name Seen Conclusion ReportTime:S Doctor"),
    "lab": (
        "6003", "1018", "PatientId:X30 ReportNo:X30",
        "PatientId:X30 RecordNo ReportNo SeqNo:I ItemName ItemCode Result Unit? Range? Mark? ReportTime:S Doctor",
    ),
    "want_list": ("7001", None, "Date:E", "FileName"),
}
# What the platform says has fields of its own: asked, answered.
TOLD = {
    "clinic_stopped": ("8001", "Reason:X100 Item[OrderNo:X30 Amount:Y]", ""),
    "hospital_refund": ("8002", "OrderNo:X30 RefundNo:X32 RefundAmount:Y Reason:X100", "RefundSerial:X32 RefundDate:D"),
}
# Section 5, form X: name, id number, phone and card are ciphered where a person is told.
SECRET = ("Name", "IdNo", "Phone", "GuardName", "GuardIdNo", "GuardPhone", "CardNo")
WITH_PERSON = ("register.request", "patients.request", "patients.reply", "bind_card.request")
NOT_IN_P = ("BookId", "PayWay", "TakeNo")
# Names of an answer in form P.
CHINESE = {
    "AreaId": "地区编码", "DeptId": "科室编码", "DeptName": "科室名称", "DoctorId": "医生编码", "DoctorName": "医生姓名", "Title": "医生职称",
    "Note": "简介", "SchId": "班次标识", "Room": "诊室名称", "Place": "诊室位置", "RegType": "挂号类型编码", "RegTypeName": "挂号类型名称",
    "RegFee": "挂号费", "DiagFee": "诊查费", "Date": "排班日期", "Begin": "开始时间", "End": "结束时间", "Limit": "限号数", "Left": "剩余号数",
    "PatientId": "病人ID", "RegTime": "注册时间", "Relation": "就诊人类别", "Name": "姓名", "Sex": "性别", "Birth": "出生日期", "IdNo": "身份证号",
    "Phone": "手机号", "Address": "地址", "GuardName": "监护人姓名", "GuardIdNo": "监护人身份证号", "GuardPhone": "监护人手机号",
    "GuardAddress": "监护人地址", "OrderNo": "订单号", "Amount": "应付金额", "Expire": "过期时间", "Remark": "备注", "BookNo": "预约单号",
    "RecordNo": "门诊病历号", "State": "状态", "BookDate": "预约日期", "BookPeriod": "预约时段", "QueueNo": "序号", "SeenTime": "就诊时间",
    "FeeNo": "收费序号", "Due": "待缴费总额", "ItemCode": "项目编码", "ItemName": "项目名称", "Spec": "规格", "Quantity": "数量", "Unit": "单位",
    "Price": "单价", "Total": "总金额", "VisitNo": "门诊病历号", "BillNo": "票据号", "Created": "创建时间", "PaidTime": "支付时间",
    "InpNo": "住院病历号", "Bed": "床号", "InTime": "入院时间", "OutTime": "出院时间", "Deposit": "押金余额", "ReportNo": "报告单号", "Kind": "类别",
    "ReportTime": "报告时间", "Seen": "检查所见", "Conclusion": "检查结论", "Doctor": "报告医生", "SeqNo": "顺序号", "Result": "检验结果",
    "Range": "参考范围", "Mark": "检验结论",
}
OTHERWISE = {
    "bookings": {"DeptName": "科室", "DoctorName": "医生", "Amount": "订单金额"}, "waiting": {"DeptName": "科室", "DoctorName": "医生"},
    "visits_": {"DeptName": "科室", "DoctorName": "医生"}, "take_number": {"Place": "就诊地点"},
    "paid_orders": {"RecordNo": "就诊病历号", "Total": "订单总额", "State": "订单状态"},
    "fees_paid": {"RecordNo": "就诊病历号", "Total": "订单总额", "State": "订单状态"},
    "stays_": {"DeptName": "科室", "DoctorName": "医生", "Total": "费用总额", "State": "住院状态"},
    "reports": {"RecordNo": "病历号", "Name": "项目"}, "exam": {"RecordNo": "病历号", "Name": "检查项目"},
    "lab": {"RecordNo": "病历号", "ItemName": "检验项目"},
} | {name: {"State": "预约状态", "Amount": "订单金额"} for name in ("booking_state", "booking_made", "booking_paid", "booking_cancelled")}
LISTED_HEAD = "where_:X20 date:D count:I amount:Y rcount:I ramount:Y"
LISTED = "kind order:X32 plat:X32 his:X30 bill:X30 patient:X30 amount:Y time:S state"


def key(given, name):
    return bytes.fromhex(given["key"][name])


def worker(given):
    return AES.new(key(given, "content"), AES.MODE_CBC, key(given, "content")[:16])


def opened(text, given):
    return unpad(worker(given).decrypt(base64.b64decode(text, validate=True)), 16).decode("utf-8") if text else text


def closed(text, given):
    return base64.b64encode(worker(given).encrypt(pad(text.encode("utf-8"), 16))).decode("ascii") if text else text


def digest(octets, given):
    if given["setting"]["digest"] == "sm3":
        return sm3.sm3_hash(func.bytes_to_list(octets)).upper()
    return hashlib.md5(octets).hexdigest().upper()


def secret(tree, message, change):
    """A body with its personal fields opened, or closed."""
    if message not in WITH_PERSON:
        return tree

    def changed(inner):
        return {name: change(text) if name in SECRET and isinstance(text, str) else text for name, text in inner.items()}

    tree = changed(tree)
    if "Item" in tree:
        tree["Item"] = [changed(one) for one in tree["Item"]]
    return tree


def body_fields(message, refused):
    call, side = message.split(".")
    if call in TOLD:
        text = TOLD[call][1 if side == "request" else 2]
    elif side == "request":
        text = CALLS[call][2]
    else:
        text = f"Item[{CALLS[call][3]}]" if CALLS[call][3] else ""
    if message in WITH_PERSON:
        # A cipher text is longer than what it holds.
        text = re.sub(rf"\b({'|'.join(SECRET)}):X\d+", r"\1", text)
    return table("" if refused else text)


def numbers(found, message):
    """`-1` says that there is no limit."""
    for one in found.get("Item", []) if message == "hours.reply" else []:
        for name in ("Limit", "Left"):
            one[name] = None if one[name] == "-1" else int(one[name])
    return found


def figures(found, message):
    if message == "hours.reply" and "Item" in found:
        rows = [{**one, **{name: "-1" if one.get(name) is None else str(one[name]) for name in ("Limit", "Left")}} for one in found["Item"]]
        return {**found, "Item": rows}
    return found


def unwrapped(text, side, specimen):
    """The document that stands in the SOAP element, or is the whole."""
    if specimen["variant"]["transport"] == "plain":
        return text
    operation, inner = ("Invoke", "reqXml") if side == "request" else ("InvokeResponse", "resXml")
    found = Tree.fromstring(text).find(f"{{{SOAP}}}Body/{{{SPACE}}}{operation}/{{{SPACE}}}{inner}")
    if found is None or len(found):
        raise ValueError(f"no text in {operation}/{inner}")
    return found.text


def x_read(message, specimen):
    side, given = message.split(".")[1], specimen["given"]
    text = unwrapped(bytes.fromhex(specimen["parts"]["content"]).decode("utf-8"), side, specimen)
    root = Tree.fromstring(text)
    if root.tag != ("Request" if side == "request" else "Response"):
        raise ValueError(f"the root is {root.tag}")
    head = elements.read(root.find("Head"), table(HEAD + ("" if side == "request" else " ResultCode:X6= ResultMsg:X200")))
    code = (CALLS.get(message.split(".")[0]) or TOLD[message.split(".")[0]])[0]
    kind = {"md5": "MD5", "sm3": "SM3"}[given["setting"]["digest"]]
    expected = {"TransCode": code, "PartnerId": given["setting"]["partner"], "Version": "1.0", "SignType": kind}
    if any(head[name] != known for name, known in expected.items()):
        raise ValueError(f"the head is {head}")
    sent = re.search(r"<Body>(.*)</Body>", text, re.S)
    inside = sent[1] if sent else ""
    when = head["TransDate"].replace("-", "") + head["TransTime"].replace(":", "")
    if head["Sign"] != digest((inside + head["PartnerId"] + head["SerialNo"] + when).encode("utf-8") + key(given, "sign"), given):
        raise ValueError("the signature is wrong")
    refused = side == "reply" and head["ResultCode"] not in ("000000", "400003")
    body = elements.read(root.find("Body"), body_fields(message, refused))
    return {"Head": head, "Body": numbers(secret(body, message, lambda one: opened(one, given)), message)}


def x_write(message, found, specimen):
    side, given = message.split(".")[1], specimen["given"]
    head, body = found["Head"], figures(secret(found["Body"], message, lambda one: closed(one, given)), message)
    refused = side == "reply" and head["ResultCode"] not in ("000000", "400003")
    inside = elements.write(body, body_fields(message, refused))
    root = "Request" if side == "request" else "Response"
    top = elements.write(head, table(HEAD + ("" if side == "request" else " ResultCode:X6= ResultMsg:X200")))
    text = f"<{root}><Head>{top}</Head><Body>{inside}</Body></{root}>"
    if specimen["variant"]["transport"] == "plain":
        return text
    operation, name = ("Invoke", "reqXml") if side == "request" else ("InvokeResponse", "resXml")
    return called(operation, name, text)


def p_fields(message):
    call, side = message.split(".")
    _, _, asked, answered = CALLS[call]
    kept = [field for field in table(asked if side == "request" else answered) if field.name not in NOT_IN_P or (
        field.name == "TakeNo" and message == "take_number.request")]
    if call == "stay_total" and side == "request":
        kept = [field for field in kept if field.name != "Date"]
    if call == "pay" and side == "reply":
        kept = [field for field in kept if field.name not in ("Place", "QueueNo")]
    return kept


def chinese(call, name):
    return OTHERWISE.get(call, {}).get(name) or CHINESE[name]


def p_request(message, specimen):
    text = bytes.fromhex(specimen["parts"]["content"]).decode("utf-8")
    found = Tree.fromstring(text).find(f"{{{SOAP}}}Body/{{{SPACE}}}QueryData/{{{SPACE}}}parm")
    parts = found.text.split("|")
    fields = p_fields(message)
    given = specimen["given"]
    if len(parts) != 5 + len(fields) or any(not part for part in parts[:5]):
        raise ValueError(f"{len(parts)} parameters, {5 + len(fields)} are due: {parts}")
    if parts[0] != given["setting"]["partner"] or parts[1].encode("utf-8") != key(given, "sign") or parts[3] != CALLS[message.split(".")[0]][1]:
        raise ValueError(f"it begins {parts[:5]}")
    names = dict(zip(("platform", "password", "client", "function", "where_"), parts))
    return names | {field.name: value(part, field) for field, part in zip(fields, parts[5:])}


def of_p_request(message, found):
    first = [found[name] for name in ("platform", "password", "client", "function", "where_")]
    text = "|".join(first + [written(found.get(field.name), field) for field in p_fields(message)])
    return called("QueryData", "parm", text)


def quoted(text):
    """Names get quotes where they have none."""
    return re.sub(r'([{,]\s*)([A-Za-z\u4e00-\u9fff][\w\u4e00-\u9fff]*)\s*:', r'\1"\2":', text) if not text.startswith('{"') else text


class Bare(str):
    """Figures as they stand."""


def p_value(found, field, message):
    if field.kind in "Y" or field.name in ("Limit", "Left") or field.kind == "I":
        if not isinstance(found, Bare):
            raise ValueError(f"{field.name} is {found!r}, no number")
        return str(found) if field.name in ("Limit", "Left") else value(str(found), field)
    if isinstance(found, Bare) or not isinstance(found, str):
        raise ValueError(f"{field.name} is {found!r}, no text")
    return value(found, field)


def p_reply(message, specimen):
    text = bytes.fromhex(specimen["parts"]["content"]).decode("utf-8")
    found = Tree.fromstring(text).find(f"{{{SOAP}}}Body/{{{SPACE}}}QueryDataResponse/{{{SPACE}}}QueryDataResult")
    said = json.loads(quoted(found.text), parse_int=Bare, parse_float=Bare)
    # The gateway reads an empty reason as a good one.
    tree = {"Code": said["Code"], "Info": said["Info"] or "done", "Time": value(said["Time"], table("Time:S")[0])}
    call = message.split(".")[0]
    if said["Code"] == "0" and CALLS[call][3]:
        tree["Item"] = []
        for one in said["Data"]:
            names = {chinese(call, field.name): field for field in p_fields(message)}
            if strange := set(one) - set(names):
                raise ValueError(f"strange fields {strange}")
            missing = [name for name, field in names.items() if name not in one and not field.may]
            if missing:
                raise ValueError(f"{missing} are missing")
            tree["Item"].append({names[name].name: p_value(inner, names[name], message) for name, inner in one.items()})
    return numbers(tree, message)


def of_p_reply(message, found):
    call = message.split(".")[0]

    def shown(field, inner):
        text = written(inner, field)
        return text if field.kind in "YI" or field.name in ("Limit", "Left") else json.dumps(text, ensure_ascii=False)

    rows = []
    for one in figures(found, message).get("Item", []):
        inner = [f'"{chinese(call, field.name)}":{shown(field, one.get(field.name))}' for field in p_fields(message) if field.name in one]
        rows.append("{" + ",".join(inner) + "}")
    data = f',"Data":[{",".join(rows)}]' if "Item" in found else ""
    time = found["Time"].replace("T", " ")
    text = f'{{"Code":{found["Code"]},"Info":{json.dumps("" if found["Info"] == "done" else found["Info"], ensure_ascii=False)},"Time":"{time}"{data}}}'
    return called("QueryDataResponse", "QueryDataResult", text)


def called(operation, name, text):
    """An operation with one text; which prefixes are written is nobody's business but the writer's."""
    return f'<n:{operation} xmlns:n="{SPACE}"><n:{name} xmlns:n="{SPACE}">{escape(text)}</n:{name}></n:{operation}>'


def in_soap(text):
    return f'<soapenv:Envelope xmlns:soapenv="{SOAP}"><soapenv:Body>{text}</soapenv:Body></soapenv:Envelope>'


def file(specimen):
    texts = lines(bytes.fromhex(specimen["parts"]["content"]), "utf-8", "\n")
    found = {"head": row(texts[0], LISTED_HEAD), "detail": [row(text, LISTED) for text in texts[1:]]}
    if not re.fullmatch(rf"YYT_{re.escape(found['head']['where_'])}_\d{{8}}\.txt", specimen["file"]):
        raise ValueError(f"the name is {specimen['file']}")
    return found


def placed(tree, message, specimen):
    """Where the gateway keeps it."""
    if specimen["variant"]["form"] == "p":
        side = "asked" if message.endswith(".request") else "said"
        return {"content": {"call_": {side: tree}}}
    if specimen["variant"]["transport"] == "plain":
        return {"content": {"inner": tree}}
    return {"content": {"call_": {"text_in": {"document": {"inner": tree}}}}}


def taken(found, specimen):
    inner = found["content"]
    for name in ("call_", "text_in", "document", "inner", "asked", "said"):
        inner = inner.get(name, inner)
    return inner


def read(message, specimen):
    if message == "day_list.request":
        return file(specimen)
    if specimen["variant"]["form"] == "x":
        tree = x_read(message, specimen)
    else:
        tree = p_request(message, specimen) if message.endswith(".request") else p_reply(message, specimen)
    found = placed(tree, message, specimen)
    if "headers" in specimen["parts"] and message.endswith(".request"):
        action = bytes.fromhex(specimen["parts"]["headers"]).decode("ascii").removeprefix("SOAPAction: ").rstrip("\r\n")
        if action not in (f'"{SPACE}Invoke"', f'"{SPACE}QueryData"'):
            raise ValueError(f"the action is {action}")
        found["headers"] = {"action": action}
    return found


def write(message, found, specimen):
    if message == "day_list.request":
        return "".join(f"{text}\n" for text in [line(found["head"], LISTED_HEAD)] + [line(one, LISTED) for one in found["detail"]]).encode("utf-8")
    tree = taken(found, specimen)
    if specimen["variant"]["form"] == "x":
        text = x_write(message, tree, specimen)
        if specimen["variant"]["transport"] == "plain":
            return text.encode("utf-8")
    else:
        text = of_p_request(message, tree) if message.endswith(".request") else of_p_reply(message, tree)
    return in_soap(text).encode("utf-8")
