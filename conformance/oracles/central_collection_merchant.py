"""Leg M of central collection (GZELINK), from sections 3 to 5 of its page. The signature covers the text as it was sent
without its own element; where in INFO that stands the page shows for what is asked alone, and an answer has it last.
"""

import re

import elements
import signatures
from tables import table

ASKED = "TRX_CODE:N6= VERSION:X2= DATA_TYPE:N1= LEVEL:N1= USER_NAME:X20 USER_PASS REQ_SN:X40 SIGNED_MSG:X256="
TOLD = "TRX_CODE:N6= VERSION:X2= DATA_TYPE:N1= LEVEL:N1= REQ_SN:X40 RET_CODE:X4= ERR_MSG:X60 SIGNED_MSG:X256="
SUM = "TRANS_SUM(BUSINESS_CODE:X5= MERCHANT_ID:X15= SUBMIT_TIME:M TOTAL_ITEM:I6 TOTAL_SUM:A15)"
DETAIL = (
    "E_USER_CODE:X20 BANK_CODE:X8 ACCOUNT_TYPE:N2= ACCOUNT_NO:X32 ACCOUNT_NAME:X60 PROVINCE:X20 CITY:X20 BANK_NAME:X60 "
    "ACCOUNT_PROP:N1= AMOUNT:A12 CURRENCY:X3= PROTOCOL:X60? PROTOCOL_USERID:X30? ID_TYPE:X1? ID:X22? TEL:X13? CUST_USERID:X32? "
    "RECKON_ACCOUNT:X32? REMARK:X50"
)
ONE = f"{SUM} TRANS_DETAILS(TRANS_DETAIL(SN:N8 {DETAIL}))"
MANY = f"{SUM} TRANS_DETAILS(TRANS_DETAIL[SN:C8 {DETAIL}])"
ONE_TOLD = "RET_DETAILS(RET_DETAIL(SN:N8 RET_CODE:X4= ERR_MSG:X60))"
# The gateway calls a row's code and text otherwise than the message's own.
ROW = "RET_CODE:X4=>RET_CODE_ ERR_MSG:X60>ERR_MSG_"
FOUND = "ACCOUNT:X32 {} AMOUNT:A12 CUST_USERID:X32 REMARK:X50"
PAGE = "MERCHANT_ID:X15= BEGIN_DATE:D END_DATE:D PAGE_NUM:I PAGE_SIZE:I SF_TYPE:X1= REQ_TYPE:N1= RESULT_TYPE:N1="
# No page names what the details hold; they are read as those of 200001.
ROWS = f"RET_DETAILS(RET_DETAIL[SN:C8 {ROW} {FOUND.format('')}])"
CALLS = {
    "submit_collections": ("100001", MANY, f"RET_DETAILS(RET_DETAIL[SN:N8 {ROW}])"),
    "submit_payments": ("100002", MANY, f"RET_DETAILS(RET_DETAIL[SN:N8 {ROW}])"),
    "agent_collect": ("100004", ONE, ONE_TOLD),
    "agent_pay": ("100005", ONE, ONE_TOLD),
    "agent_enquire": (
        "200001", "QUERY_TRANS(QUERY_SN:X40)",
        f"QUERY_TRANS(QUERY_SN:X40 QUERY_REMARK) RET_DETAILS(RET_DETAIL(SN:N8 {ROW} {FOUND.format('ACCOUNT_NAME:X60')}))",
    ),
    "details_of": ("200002", f"QUERY_TRANS({PAGE})", ROWS),
    "accounts_of": ("500002", f"QUERY_TRANS({PAGE} ACCOUNT_TYPE:N2=)", ROWS),
}
START = '<?xml version="1.0" encoding="GBK"?>'


def layout(message, refused):
    call, side = message.split(".")
    code, asked, answered = CALLS[call]
    info, body = (ASKED, asked) if side == "request" else (TOLD, answered)
    return code, table(f"INFO({info})" + ("" if refused else f" BODY({body})"))


def read(message, specimen):
    text = bytes.fromhex(specimen["parts"]["content"]).decode("gbk")
    root = elements.root(text, START)
    # An answer that refuses has no body.
    code, fields = layout(message, root.findtext("INFO/RET_CODE", "0000") != "0000" and root.find("BODY") is None)
    found = elements.read(root, fields)
    if found["INFO"]["TRX_CODE"] != code:
        raise ValueError(f"{found['INFO']['TRX_CODE']} is not {code}")
    sign = re.search(r"<SIGNED_MSG>([0-9a-f]{256})</SIGNED_MSG>", text)
    key = specimen["given"]["key"]["unit" if message.endswith(".request") else "centre"]
    covered = text.replace(sign[0], "").encode("gbk")
    if not signatures.good_hex(key, covered, sign[1], "RSA"):
        raise ValueError("the signature is wrong")
    headers = bytes.fromhex(specimen["parts"].get("headers", "")).decode("ascii")
    if message.endswith(".request") and headers != "Content-Type: text/xml;charset=GBK\r\n":
        raise ValueError(f"it says {headers!r}")
    kind = {"headers": {"kind": "text/xml;charset=GBK"}} if headers else {}
    return {**kind, "content": {root.tag: found}}


def write(message, found):
    root = found["content"]["GZELINK"]
    _, fields = layout(message, "BODY" not in root)
    return f"{START}<GZELINK>{elements.write(root, fields)}</GZELINK>".encode("gbk")
