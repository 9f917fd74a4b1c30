"""The form of the industry (JR/T 0046, section 4.3 of the page of pingan-interbank) that is taken for the older platform: an element
IFTS of attributes, in it the message under its own name."""

import re
from xml.sax.saxutils import escape, unescape

import elements
from tables import table

FRONT = re.compile(
    r'<IFTS Len="([ \d]{8})" DataVer="([^"]*)" SeqNo="([^"]*)" Type="([^"]*)" Dup="([^"]*)" CheckSum="([^"]*)">(<MsgText>.*</MsgText>)</IFTS>',
    re.DOTALL,
)
QUOTE = {"&quot;": '"'}
NAMES = ("DataVer", "SeqNo", "Type", "Dup", "CheckSum")
HEAD = "Ver:X5 SysType:N1= InstrCd:N5="
WHEN = "Date:D Time:T Ref(Ref:X35)>RefGrp"
OURS = f"MsgHdr({HEAD} TradSrc:X1= Sender(InstType:X1= InstId:X11) Recver(InstType:X1= InstId:X11 BrchId:X12) {WHEN})"
THEIRS = f"MsgHdr({HEAD} TradSrc:X1= Sender(InstType:X1= InstId:X8) Recver(InstType:X1= InstId:X11) {WHEN})"
PLAIN = f"MsgHdr({HEAD} {WHEN})"
TOLD = f"{PLAIN} Rst(Code:N4= Info:X128)"
WHO = "Cust(Name:X60 CertType:N2= CertId:X30)"
ACCOUNTS = "BkAcct(Id:X32) ScAcct(Id:X20) Ccy:X3"
NAMED = f"Cust(Name:X60) {ACCOUNTS}"
LEFT = "ScRef:X20? ScBal(Bal:A15)?"
PASSWORD = "Pwd(Type:N1= Enc:N2= Pwd:X32)"
# Call: InstrCd, name and fields of the request, name and fields of an answer that is not refused.
CALLS = {
    "older_sign": ("11001", "Acmt.001.01", f"{OURS} {WHO} {ACCOUNTS}", "Acmt.002.01", LEFT),
    "older_cancel": ("11003", "Acmt.003.01", f"{OURS} {WHO} {ACCOUNTS}", "Acmt.004.01", LEFT),
    "older_change_data": ("11005", "Acmt.005.01", f"{OURS} {WHO} {ACCOUNTS} Mobile:X11?", "Acmt.006.01", LEFT),
    "older_change_account": ("11007", "Acmt.007.01", f"{OURS} {WHO} {ACCOUNTS} NewBkAcct(Id:X32)", "Acmt.008.01", LEFT),
    "older_capital": ("11009", "Acmt.009.01", f"{OURS} {ACCOUNTS}", "Acmt.010.01", "ScBal(Bal:A15)"),
    "older_deposit": ("12001", "Trf.001.01", f"{OURS} {NAMED} TrfAmt:A15", "Trf.002.01", LEFT),
    "older_withdraw": ("12002", "Trf.001.01", f"{OURS} {NAMED} {PASSWORD} TrfAmt:A15", "Trf.002.01", LEFT),
    "older_take_back": ("12003", "Trf.003.01", f"{PLAIN} RltdRef:X35 TrfAmt:A15", "Trf.004.01", ""),
    "older_state": ("12005", "Trf.005.01", f"{PLAIN} RltdRef:X35", "Trf.006.01", "State:N1= ScRef:X20?"),
    "older_in_deposit": ("12001", "Trf.001.01", f"{THEIRS} {NAMED} TrfAmt:A15", "Trf.002.01", "BkRef:X32"),
    "older_in_withdraw": ("12002", "Trf.001.01", f"{THEIRS} {NAMED} TrfAmt:A15", "Trf.002.01", "BkRef:X32"),
    "older_in_sign": ("11001", "Acmt.001.01", f"{THEIRS} {WHO} {ACCOUNTS}", "Acmt.002.01", "AcctSt:N1="),
    "older_in_interest": ("12007", "Trf.007.01", f"{THEIRS} {NAMED} TrfAmt:A15", "Trf.008.01", ""),
    "older_in_balance": ("11009", "Acmt.009.01", f"{THEIRS} {NAMED}", "Acmt.010.01", "BkBal(Bal:A15 Avail:A15)"),
    "older_totals": ("13001", "Stmt.001.01", f"{PLAIN} BusDate:D In(Cnt:I9 Amt:A15) Out(Cnt:I9 Amt:A15)", "Stmt.002.01", ""),
    "older_day_ready": ("13003", "Stmt.003.01", f"{PLAIN} BusDate:D", "Stmt.004.01", ""),
    "older_file_told": (
        "14001", "File.001.01", f"{PLAIN} BusCode:X10 BusDate:D Host:X60 FileName:X60 FileLen:I9 FileTime:M FileMac:X64?", "File.002.01", "",
    ),
    "older_probed": ("10001", "Sysm.001.01", PLAIN, "Sysm.002.01", ""),
    "older_in_take_back": ("12003", "Trf.003.01", f"{PLAIN} RltdRef:X35 RltdDt:D TrfAmt:A15", "Trf.004.01", ""),
}


def form(message, done):
    call, side = message.split(".")
    code, asked, fields, answered, inner = CALLS[call]
    if side == "request":
        return code, asked, table(fields)
    return code, answered, table(f"{TOLD} {inner}" if done else TOLD)


def read(message, specimen, password):
    text = bytes.fromhex(specimen["parts"]["content"]).decode("gbk")
    whole = FRONT.fullmatch(text)
    if not whole:
        raise ValueError(f"no IFTS: {text[:80]!r}")
    length, *values, inner = whole.groups()
    if int(length) != len(inner.encode("gbk")) or length != f"{int(length):>8}":
        raise ValueError(f"Len is {length!r}, {len(inner.encode('gbk'))} octets stand there")
    found = {name: unescape(value, QUOTE) for name, value in zip(NAMES, values)}
    if len(found["SeqNo"]) != 20:
        raise ValueError(f"SeqNo is {found['SeqNo']!r}")
    found["SeqNo"] = found["SeqNo"].lstrip(" ")
    (element,) = elements.root(inner, "")
    code, name, fields = form(message, element.findtext("Rst/Code") in ("0000", None))
    doc = elements.read(element, fields)
    if element.tag != name or doc["MsgHdr"]["InstrCd"] != code:
        raise ValueError(f"{element.tag} {doc['MsgHdr']['InstrCd']} is not {name} {code}")
    if "Pwd" in doc:
        doc["Pwd"]["Pwd"] = password(bytes.fromhex(doc["Pwd"]["Pwd"]), specimen, False).decode("ascii")
    return {"content": {"IFTS": {"Len": int(length), **found, "MsgText": {"doc": doc}}}}


def write(message, found, specimen, password):
    front = found["content"]["IFTS"]
    doc = dict(front["MsgText"]["doc"])
    _, name, fields = form(message, doc.get("Rst", {}).get("Code", "0000") == "0000")
    if "Pwd" in doc:
        doc["Pwd"] = {**doc["Pwd"], "Pwd": password(doc["Pwd"]["Pwd"].encode("ascii"), specimen, True).hex().upper()}
    inner = f"<MsgText><{name}>{elements.write(doc, fields)}</{name}></MsgText>"
    values = "".join(f' {key}="{escaped(front[key].rjust(20) if key == "SeqNo" else front[key])}"' for key in NAMES)
    return f'<IFTS Len="{len(inner.encode("gbk")):>8}"{values}>{inner}</IFTS>'.encode("gbk")


def escaped(text):
    return escape(text, {'"': "&quot;"})
