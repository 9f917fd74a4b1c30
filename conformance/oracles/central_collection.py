"""Central collection and payment (central-collection), a second implementation from sections 2 to 6 of its page: leg B
(CFX with a MAC), leg M (GZELINK, signed), and the files of leg B.

All of leg B is assumed on the page. Where it names no fields (0805, 1207, 1303, 1305, 1403, 1404, 0803, 0811, 1405) those that the
adapter assumes are read. Messages without a MAC of their own carry zeros; the MAC's text holds nothing of 1107, 1201 to 1405.
"""

import central_collection_merchant as merchant
import elements
import macs
from gmssl import func, sm3
from tables import line, lines, row, table, written

HEAD = table("VER:X3 SRC:N12= DES:N12= APP:X4 MsgNo:N4= MsgID:N20= MsgRef:N20= WorkDate:D Session:N2= Reserve:X60")
TOLD = "RspCode:X4= RspText:X60"
SINGLE = (
    "TxnSn:N20= OriBank:N12= RcvBank:N12= BizType:X5 UnitNo:X15 UnitName:X60 PayerAcct:X32 PayerName:X60 PayerBank:N12= "
    "PayeeAcct:X32 PayeeName:X60 PayeeBank:N12= ProtocolNo:X30 UserNo:X30 FeePeriod:X12 Ccy:X3= Amt:Y17 TxnTime:M Remark:X60"
)
SINGLE_TOLD = f"TxnSn:N20= {TOLD} HostSn:X20 HostDate:D Session:N2=>Session_ Amt:Y17"
BACK = "TxnSn:N20= OriTxnSn:N20= OriWorkDate:D Amt:Y17 Reason:N2="
FOUND = f"{TOLD} OriRspCode:X4 OriStatus:N1= HostSn:X20 Session:N2=>Session_"
READY = "BatchNo:X16 FileName:X80 FileDigest:X64 TotalNum:I8 TotalAmt:Y19 UnitNo:X15 BizType:X5 AnswerBy:M"
ANSWERED = "BatchNo:X16 FileName:X80 Digest:X64 SuccNum:I8 SuccAmt:Y19 FailNum:I8 FailAmt:Y19"
AGREEMENT = (
    "Oper:N1= ProtocolNo:X30 UnitNo:X15 UserNo:X30 Acct:X32 AcctName:X60 IdType:X1 IdNo:X22 Mobile:X20 LimitOnce:Y17 LimitMonth:Y17 "
    "BeginDate:D EndDate:D"
)
BANK = "BankNo:N12="
KEYS = "MacKey:X32= MacKeyChk:X8= DataKey:X32= DataKeyChk:X8="

# MsgNo: fields. An answer has what stands behind `!` where it says 0000 alone.
MESSAGES = {
    "0801": BANK, "0802": f"{TOLD} ! {KEYS}", "0803": BANK, "0804": TOLD, "0805": KEYS, "0806": TOLD, "0811": "NewDate:D State:N1=",
    "9001": "", "9002": "", "9900": TOLD,
    "1101": SINGLE, "1102": SINGLE_TOLD, "1103": SINGLE, "1104": SINGLE_TOLD, "1105": BACK, "1106": f"TxnSn:N20= {TOLD}",
    "1107": "OriTxnSn:N20= OriWorkDate:D", "1108": FOUND,
    "1201": READY, "1202": TOLD, "1203": READY, "1204": TOLD, "1205": ANSWERED, "1206": TOLD,
    "1207": "BatchNo:X16 Reason:X60", "1208": TOLD,
    "1301": AGREEMENT, "1302": f"ProtocolNo:X30 {TOLD}", "1303": "ProtocolNo:X30 UnitNo:X15 Acct:X32", "1304": f"{TOLD} Valid:N1=",
    "1305": "Acct:X32 AcctName:X60", "1306": TOLD,
    "1401": "CheckDate:D CheckSession:N2= Row[MsgNo:N4=>MsgNo_ Direction:X1= Num:I8 Amt:Y19]", "1402": f"{TOLD} Diff:N1=",
    "1403": "CheckDate:D CheckSession:N2=", "1404": f"{TOLD} FileName:X80",
    "1405": "NetDate:D NetSession:N2= Direction:X1= Amt:Y17",
}
CALLS = {
    "sign_in": "0801", "sign_out": "0803", "new_keys": "0805", "day_state": "0811", "heartbeat": "9001", "heard": "9001", "general": "9900", "reject": "9900",
    "collect": "1101", "take_collect": "1101", "pay": "1103", "give_pay": "1103", "reverse": "1105", "take_back": "1105",
    "enquire": "1107", "enquired": "1107", "collections_ready": "1201", "tell_collections": "1201", "payments_ready": "1203",
    "tell_payments": "1203", "batch_answered": "1205", "tell_answered": "1205", "stop": "1207", "ask_stop": "1207",
    "agreement": "1301", "tell_agreement": "1301", "check_agreement": "1303", "check_name": "1305", "totals": "1401",
    "details": "1403", "net": "1405",
}
# 0805 goes under the old key; its MAC holds nothing of the keys themselves, which have check values.
SEALED = ("0805", "1101", "1102", "1103", "1104", "1105", "1106")

PACKET_HEAD = "mark:X1= batch:X16 src:N12= des:N12= unit:X15 biz:X5 kind:X2 count:I8 total:A17 wdate:D"
REQUEST = "mark:X1= seq:N8= pbank:X12 payer:X32 pname:X60 rbank:X12 payee:X32 rname:X60 amount:A15 agree:X30 user:X30 period:X12 memo:X60"
ANSWER = "mark:X1= seq:N8= payer:X32 amount:A15 code:X4= text:X60 hostsn:X20 hdate:D"
BOOKED = "mark:X1= txn:X24 msg:N4= obank:N12= rbank:N12= amount:A15 state:N1= sess:N2="
TAIL = "mark:X1= lines:I8 sum_:A17 digest:X64="
# By message: kind in the file's name, layout of a detail.
FILES = {
    "take_batch.request": ("RQ", REQUEST), "packet.request": ("RQ", REQUEST), "take_batch.reply": ("RS", ANSWER),
    "packet_answer.request": ("RS", ANSWER), "books.request": ("CK", BOOKED),
}


def number(message):
    """The code of a message: an answer's is the next one."""
    call, side = message.split(".")[:2]
    return CALLS[call] if side == "request" else f"{int(CALLS[call]) + 1:04}"


def fields(code, answer):
    always, _, done = MESSAGES[code].partition("!")
    return table(always + done if answer == "0000" else always)


def mac(head, body, given):
    if head["MsgNo"] not in SEALED:
        return "0" * 16
    names = ("TxnSn", "OriBank", "RcvBank", "PayerAcct", "PayeeAcct", "Amt", "Ccy", "RspCode")
    values = [head["MsgNo"], head["MsgID"], head["WorkDate"].replace("-", "")] + [body.get(name) for name in names]
    text = "|".join("" if found is None else str(found) for found in values).encode("gbk")
    key = bytes.fromhex(given["session"]["mak"])
    octets = macs.x9_19(key, text) if given["setting"]["mac_algorithm"] == "x9_19" else macs.sm4_cbc(key, text)[:8]
    return octets.hex().upper()


def packet(message, specimen):
    root = elements.root(bytes.fromhex(specimen["parts"]["content"]).decode("gbk"))
    if root.tag != "CFX" or [part.tag for part in root] != ["HEAD", "MSG", "MAC"]:
        raise ValueError(f"{[part.tag for part in root]} in {root.tag}")
    head = elements.read(root[0], HEAD)
    code = number(message)
    if (head["VER"], head["APP"], head["MsgNo"]) != ("1.0", "DSF", code):
        raise ValueError(f"the head of {code} is {head}")
    if message.endswith(".request") and head["MsgRef"]:
        raise ValueError("a request with a reference")
    body = elements.read(root[1], fields(code, root[1].findtext("RspCode")))
    if root[2].text != mac(head, body, specimen["given"]):
        raise ValueError(f"the MAC is {mac(head, body, specimen['given'])}, found {root[2].text}")
    return {"content": {"CFX": {"HEAD": head, "MSG": body, "MAC": root[2].text}}}


def of_packet(found, given):
    root = found["content"]["CFX"]
    head, body = root["HEAD"], root["MSG"]
    text = elements.write(body, fields(head["MsgNo"], body.get("RspCode")))
    return (
        f'<?xml version="1.0" encoding="GBK"?><CFX><HEAD>{elements.write(head, HEAD)}</HEAD><MSG>{text}</MSG>'
        f"<MAC>{mac(head, body, given)}</MAC></CFX>"
    ).encode("gbk")


def digest(texts):
    return sm3.sm3_hash(func.bytes_to_list("".join(f"{text}\n" for text in texts).encode("gbk")))


def file(message, specimen):
    kind, detail = FILES[message]
    texts = lines(bytes.fromhex(specimen["parts"]["content"]), end="\n")
    head = row(texts[0], PACKET_HEAD)
    rows, tail = [row(text, detail) for text in texts[1:-1]], row(texts[-1], TAIL)
    if [head["mark"], tail["mark"]] + [one["mark"] for one in rows] != ["H", "T"] + ["D"] * len(rows):
        raise ValueError("marks of lines")
    if (tail["lines"], tail["sum_"]) != (len(rows), sum(one["amount"] for one in rows)):
        raise ValueError(f"the last line says {tail}")
    if tail["digest"].lower() != digest(texts[:-1]):
        raise ValueError(f"the SM3 is {digest(texts[:-1])}, found {tail['digest']}")
    name = f"DSF_{kind}_{head['src']}_{head['des']}_{written(head['wdate'], table('wdate:D')[0])}_{head['batch']}.txt"
    # A packet of ours is named by the settings, its made-up head not; the centre's list stands in the adapter as a pattern.
    if specimen["file"] and message != "packet.request" and specimen["file"] != name:
        raise ValueError(f"the name is {name}, found {specimen['file']}")
    for one in rows:
        one["seq"] = one.get("seq") and int(one["seq"])
    return {"head": head, "detail": rows, "tail": tail}


def of_file(message, found):
    detail = FILES[message][1]
    rows = [{**one, "seq": f"{one['seq']:08}"} if "seq" in one and one["seq"] is not None else one for one in found["detail"]]
    texts = [line(found["head"], PACKET_HEAD)] + [line(one, detail) for one in rows]
    texts.append(line({**found["tail"], "digest": digest(texts)}, TAIL))
    return "".join(f"{text}\n" for text in texts).encode("gbk")


def read(message, specimen):
    if message in FILES:
        return file(message, specimen)
    if message.split(".")[0] in merchant.CALLS:
        return merchant.read(message, specimen)
    return packet(message, specimen)


def write(message, found, specimen):
    if message in FILES:
        return of_file(message, found)
    return merchant.write(message, found) if "GZELINK" in found["content"] else of_packet(found, specimen["given"])
