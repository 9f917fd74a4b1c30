"""Escrow of presale money (presale-escrow), a second implementation from sections 2 to 6 of its page: mode Q (XML under DES),
mode T (piped text of fixed widths) and the statement. Where the page has no answer to an order, its `Param` is empty.
"""

import elements
from Cryptodome.Cipher import DES
from Cryptodome.Util.Padding import pad, unpad
from fixed import Reader
from tables import line, lines, row, table

DECLARATION = '<?xml version="1.0" encoding="GBK"?>\r\n'
HEAD = "OpCode:N4= OpDate:D OpTime:T BankCode:X3"
TOLD = f"{HEAD} RetCode:N4= RetMsg"
# Lengths in Q are assumed: accounts 32, names 100, contracts and serials 30, purposes 200.
WHO = "Acct:X32 AcctName:X100"
TO = "ToAcctName:X100 ToAcct:X32 ToBankName:X100"
BUYER = "BuyerName:X100 BuyerAcct:X32 BuyerBankName:X100 BuyerIDType BuyerIDCode"
# Dates and times of a movement that a notice tells.
WHEN = "Date:N8= Time:N6="
MOVEMENT = f"Date:D Time:T Flag:N1= Type:N2= ContractNum:X30 PlanDetailNO:X30 {TO} Amt:B15 Purpose:X200"
DAY = (
    "BankSerial:X30 Date:D Time:T Flag:N1= Type:N2= ContractNum:X30 PlanDetailNO:X30 AcctName:X100 Acct:X32 ToName:X100 ToAcct:X32 "
    "ToBankName:X100 Amt:B15 Purpose:X200"
)
CONTRACT = (
    f"ContractNum:X30 {WHO} {BUYER} TotalAmt:B15 Deposit:B15 DownPay:B15 Mortgage:B15 HouseAddress HouseType:N2= HouseNO OverAmt:B15 "
    "TreasuryName:X100 TreasuryAcct:X32 TreasuryBankName:X100"
)
PLANNED = f"PlanDetailNO:X30 {TO} Amt:B15 PlanDate:D Purpose:X200 Remark"
# Call: code, what is asked, what is answered (None: no Param).
XML = {
    "balance": ("0001", WHO, "Balance:B15 UsableBalance:B15"),
    "movements": ("0002", f"{WHO} BeginDate:D EndDate:D", f"DetailNum:I Record[{MOVEMENT}]"),
    "bounced": ("0003", f"{WHO} BankSerial:X30 Reason", None),
    "reversed": ("0004", f"{WHO} BankSerial:X30 Reason {WHEN}", None),
    "interest": ("0005", f"{WHO} BankSerial:X30 Amt:B15 Purpose:X200 {WHEN}", None),
    "state": ("0006", f"{WHO} Status Balance:B15 LockAmt:B15", None),
    "day": ("0007", f"Record[{DAY}]", None),
    "open": ("2001", f"{WHO} AgrNum:X30", ""),
    "lock": ("2002", f"{WHO} LockFlag:N1= Reason", ""),
    "contract": ("2003", CONTRACT, ""),
    "paid": ("2004", f"{WHO} BankSerial:X30 {WHEN} Flag:N1= Type:N2= {TO} Amt:B15 Purpose:X200 PlanDetailNO:X30", None),
    "moved": ("2005", f"{WHO} ContractNum:X30 BankSerial:X30 {WHEN} Flag:N1= Type:N2= {TO} Amt:B15 Purpose:X200", None),
    "close": ("2006", WHO, "CancelDate:D CancelTime:T FinalBalance:B15"),
    "end_contract": ("2007", f"{WHO} {BUYER} ContractNum:X30 TotalAmt:B15 HouseAddress EndReason TransBuyerAmt:B15", ""),
    "plan": ("2008", f"{WHO} PlanNO:X30 SubmitDate:D PlanAmt:B15 PlanNum:I Record[{PLANNED}]", ""),
}

# Mode T: widths; an amount is of figures with blanks behind, as all else.
FRONT = [("code", 4), ("bank", 2), ("city", 6)]
MADE = [("serial", 30), ("date", 10), ("branch", 30), ("teller", 30)]
SIDE = [("side", 1)]
BOOKED = [("way", 2), ("cheque", 30), *MADE, *SIDE]
MOVED = [("account", 30), ("payee", 30), ("amount", 20)]
CHECKED = [("number", 14), ("password", 32), *MADE, *SIDE]
BOOKING = [("number", 14), ("password", 32), *MOVED, *BOOKED]
REVERSAL = [("number", 14), *MADE, *SIDE]
TAKEN = [("pserial", 16)]
SUPERVISED = [("account", 30), ("name", 150), ("amount", 20)]
PIPED = {
    "establish": (
        "1001", [("number", 14), ("kind", 1), ("account", 30), ("name", 150), *MADE, *SIDE],
        [*TAKEN, ("seller", 255), ("address", 128), ("project", 128)],
    ),
    "dissolve": ("1002", [("number", 14), ("account", 30), ("name", 150), *MADE, *SIDE], TAKEN),
    "look_deposit": ("2001", REVERSAL, [("kind", 1), ("amount", 20), ("account", 30), ("name", 150), *TAKEN]),
    "book_deposit": ("2002", [("number", 14), ("amount", 20), ("account", 30), *BOOKED], TAKEN),
    "reverse_deposit": ("2011", REVERSAL, TAKEN),
    "look_transfer": (
        "2101", CHECKED,
        [*SUPERVISED, ("rbank", 90), ("payee", 30), ("rname", 150), ("project", 128), ("seller", 255), *TAKEN],
    ),
    "book_transfer": ("2102", BOOKING, TAKEN),
    "reverse_transfer": ("2111", REVERSAL, TAKEN),
    "look_refund": ("2201", CHECKED, [*SUPERVISED, ("owner", 80), ("idtype", 30), ("idno", 255), *TAKEN]),
    "book_refund": ("2202", BOOKING, TAKEN),
    "reverse_refund": ("2211", REVERSAL, TAKEN),
    "enquire": (
        "2501", [("number", 14), ("branch", 30), ("teller", 30), *SIDE],
        [("booked", 1), ("pserial", 16), ("bserial", 30), ("qserial", 16)],
    ),
}


def key(specimen):
    return bytes.fromhex(specimen["given"]["key"]["content"])[:8]


def param(message, refused):
    call, side = message.split(".")
    code, asked, answered = XML[call]
    return code, asked if side == "request" else None if refused else answered


def plain(specimen):
    content = bytes.fromhex(specimen["parts"]["content"]).decode("ascii")
    if content != content.lower():
        raise ValueError("hex in capitals")
    return unpad(DES.new(key(specimen), DES.MODE_ECB).decrypt(bytes.fromhex(content)), 8)


def schema_document(message, specimen):
    """The XML of mode Q with the name of its root in the schema."""
    call, side = message.split(".")
    if call not in XML or specimen["variant"].get("mode", "xml") != "xml":
        return None
    octets = plain(specimen)
    code, _, answered = XML[call]
    if side == "request":
        return octets, f"request-{code}"
    if b"<RetCode>0000<" not in octets:
        return octets, "refused"
    return octets, f"reply-{code}" if answered else "reply"


def packet(message, specimen):
    root = elements.root(plain(specimen).decode("gbk"), DECLARATION)
    code, inner = param(message, root.findtext("Head/RetCode", "0000") != "0000")
    head = table(HEAD if message.endswith(".request") else TOLD)
    if [part.tag for part in root] != ["Head"] + (["Param"] if inner is not None else []):
        raise ValueError(f"{[part.tag for part in root]} in {root.tag}")
    found = {"Head": elements.read(root[0], head)}
    if found["Head"]["OpCode"] != code:
        raise ValueError(f"{found['Head']['OpCode']} is not {code}")
    if inner is not None:
        found["Param"] = elements.read(root[1], table(inner))
    return {"content": {"root": found}}


def of_packet(message, found, specimen):
    root = found["content"]["root"]
    _, inner = param(message, root["Head"].get("RetCode", "0000") != "0000")
    text = f"<Head>{elements.write(root['Head'], table(HEAD if message.endswith('.request') else TOLD))}</Head>"
    if inner is not None:
        text += f"<Param>{elements.write(root['Param'], table(inner))}</Param>"
    octets = pad(f"{DECLARATION}<root>{text}</root>".encode("gbk"), 8)
    return DES.new(key(specimen), DES.MODE_ECB).encrypt(octets).hex().encode("ascii")


def columns(reader, widths):
    """Fields with blanks behind to their width, and a bar after each."""
    found = {}
    for name, width in widths:
        text = reader.take(width).decode("gb2312")
        if reader.take(1) != b"|":
            raise ValueError(f"no bar behind {name}")
        found[name] = text.rstrip(" ")
        if name == "amount":
            found[name] = int(found[name])
    return found


def of_columns(found, widths):
    return b"".join(str(found[name]).encode("gb2312").ljust(width) + b"|" for name, width in widths)


def piped(message, specimen):
    call, side = message.split(".")
    code, asked, answered = PIPED[call]
    reader = Reader(bytes.fromhex(specimen["parts"]["content"]))
    if side == "request":
        found = {"head": columns(reader, FRONT), "body": columns(reader, asked)}
        if found["head"]["code"] != code:
            raise ValueError(f"{found['head']['code']} is not {code}")
    else:
        found = columns(reader, [("result", 4)])
        if found["result"] == "0000":
            found["answer_"] = columns(reader, answered)
    reader.end()
    return found


def of_piped(message, found):
    _, asked, answered = PIPED[message.split(".")[0]]
    if "head" in found:
        return of_columns(found["head"], FRONT) + of_columns(found["body"], asked)
    return of_columns(found, [("result", 4)]) + (of_columns(found["answer_"], answered) if "answer_" in found else b"")


def statement(specimen):
    """Section 6: as the records of 0007, under a line with count and sum."""
    texts = lines(bytes.fromhex(specimen["parts"]["content"]), end="\n")
    found = {"head": row(texts[0], "count:I total:B15"), "detail": [row(text, DAY) for text in texts[1:]]}
    if found["head"] != {"count": len(texts) - 1, "total": sum(one["Amt"] for one in found["detail"])}:
        raise ValueError("the first line does not agree with the others")
    return found


def of_statement(found):
    texts = [line(found["head"], "count:I total:B15")] + [line(one, DAY) for one in found["detail"]]
    return "".join(f"{text}\n" for text in texts).encode("gbk")


def read(message, specimen):
    if message == "statement.request":
        return statement(specimen)
    return packet(message, specimen) if specimen["variant"]["form"] == "xml" else piped(message, specimen)


def write(message, found, specimen):
    if message == "statement.request":
        return of_statement(found)
    return of_packet(message, found, specimen) if specimen["variant"]["form"] == "xml" else of_piped(message, found)
