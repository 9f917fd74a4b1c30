"""Ping An's interbank platform (pingan-interbank), a second implementation from sections 2 to 6 of its page: the envelope A001 of 222
octets, then GBK XML of flat tags under `Result`, and where no client program signs, a PKCS#7 of it. A refused answer and a link test have
no XML. Files have lines of columns.
"""

import elements
import pingan_interbank_funds as funds
import pingan_interbank_older as older
import signatures
from Cryptodome.Cipher import DES3
from Cryptodome.Util.Padding import pad, unpad
from fixed import Reader, record
from gmssl.sm4 import SM4_DECRYPT, SM4_ENCRYPT, CryptSM4
from tables import line, lines, row, table

DECLARATION = '<?xml version="1.0" encoding="GBK"?>'
BASE = {"S001", "4001", "4004", "4005", "4013", "4014", "4015", "4034", "4047"}
# Section 3, up to the number of the exchange and behind the description.
FRONT = [
    ("type", "X", 4), ("target", "N", 2), ("encoding", "N", 2), ("protocol", "N", 2), ("corp", "X", 20), ("length", "I", 10),
    ("tran", "X", 6), ("teller", "X", 5), ("serv", "N", 2), ("date", "D", 8), ("time", "T", 6), ("seq", "X", 20),
]
REQUEST = [("asked", "X", 6), ("blank", "X", 100)]
REPLY = [("code", "X", 6), ("colon", "X", 1), ("msg", "X", 99)]
BACK = [
    ("more", "N", 1), ("times", "N", 3), ("signed", "N", 1), ("signfmt", "X", 1), ("signalg", "X", 12), ("signlen", "I", 10),
    ("attach", "N", 1),
]
PUBLIC = {"type": "A001", "encoding": "01", "more": "0", "attach": "0"}

# An attachment's own head, behind the body.
ATTACHED = [
    ("name", "X", 240), ("encoding", "N", 2), ("mode", "N", 1), ("signed", "N", 1), ("signfmt", "X", 1), ("signalg", "X", 12),
    ("signlen", "I", 10), ("length", "I", 10),
]

# Amounts of custody are in yuan or in fen, as the platform has them: `$`.
WHO = "SEC_COMP_CODE:X8 CAP_ACCT:X20 ACCT_ID:X32 INV_NAME"
PAPER = "ID_TYPE:N2= INV_ID_CODE:X30 INV_TYPE:N1="
AGENT = "AGENT_NAME:X60? AGENT_ID_TYPE:N2=? AGENT_ID_CODE:X30? MOBILE:X11?"
CURRENCY = "CUR_CODE:X3"
NUMBERED = "BANK_SEQ:X20 BRANCH_ID:X12 BANK_ID:X12 REMARK:X60?"
TAKEN = "SF_SEQ:X20 SEC_SEQ:X20? TX_DATE:D"
LEFT = f"{TAKEN} CAP_BAL:$15?"
COMES = f"SF_SEQ:X20 SEC_SEQ:X20? {WHO}"
OF_BANK = "CUR_CODE:X3 BRANCH_ID:X12? BANK_ID:X12 REMARK:X60?"
GIVEN = "SF_SEQ:X20 BANK_SEQ:X20 TX_DATE:D"
ROW = (
    "SThirdVoucher:X20 InAcctBankNode:X12 InAcctNo:X32 InAcctName:X60 InAcctBankName:X60 TranAmount:Y13 UseEx:X100 UnionFlag:N1="
)
BATCH = (
    f"ThirdVoucher:X20 totalCts:I totalAmt:Y15 CcyCode:X3 OutAcctNo:X20 OutAcctName:X60 list[{ROW}]",
    "ThirdVoucher:X20 BussFlowNo:X32?",
)
STATES = (
    "OrigThirdVoucher:X20",
    "OrigThirdVoucher:X20 successCts:I faildCts:I processCts:I "
    "list[SThirdVoucher:X20 TranAmount:Y13 Stt:X2= hostFlowNo:X32? BackRem:X100?]",
)
# Call: code, what is asked, what is answered.
CALLS = {
    "probe": ("S001", None, "Desc:X100?"),
    "probed": ("S001", None, "Desc:X100"),
    "balance": (
        "4001", "Account:X20 CcyType:X1 CcyCode:X3=",
        "Account:X20 CcyCode:X3 CcyType:X1 AccountName:X60 Balance:Y15 TotalAmount:Y15 AccountStatus:X2? HoldBalance:Y15? StopBalance:Y15? "
        "LastBalance:Y15?",
    ),
    "transfer": (
        "4004",
        "ThirdVoucher:X20 CstInnerFlowNo:X20 CcyCode:X3= OutAcctNo:X20 OutAcctName:X60 OutAcctAddr:X60 InAcctBankNode:X12 InAcctRecCode:X12? "
        "InAcctNo:X32 InAcctName:X60 InAcctBankName:X60 InAcctProvinceCode:X10? InAcctCityName:X20? TranAmount:Y13 AmountCode:X20? UseEx:X100 "
        "UnionFlag:N1= SysFlag:X1= AddrFlag:N1= MainAcctNo:X20? Mobile:X11?",
        "ThirdVoucher:X20 FrontLogNo:X20 CstInnerFlowNo:X20 CcyCode:X3 OutAcctName:X60 OutAcctNo:X20 InAcctBankName:X60 InAcctNo:X32 "
        "InAcctName:X60 TranAmount:Y13 UnionFlag:N1= Fee1:Y13? Fee2:Y13? hostFlowNo:X32? hostTxDate:D? stt:X2=",
    ),
    "enquire": (
        "4005", "OrigThirdVoucher:X20 OrigFrontLogNo:X20? OrigThirdLogNo:X20?",
        "OrigThirdVoucher:X20 OrigFrontLogNo:X20? Stt:X2= IsBack:N1= BackRem:X100? Yhcljg:X200? SysFlag:X1? Fee:Y13? TransBsn:X20? "
        "submitTime:M? AccountDate:D? hostFlowNo:X32? hostErrorCode:X20?",
    ),
    "details": (
        "4013", "AcctNo:X20 CcyCode:X3= BeginDate:D EndDate:D PageNo:I PageSize:I Reserve:X20 OrderMode:X3",
        "AcctNo:X20 CcyCode:X3 EndFlag:X1= PageNo:I PageRecCount:I list[AcctDate:D TxTime:T HostTrace:X32 OutAcctNo:X32 OutAcctName:X60 "
        "InAcctNo:X32 InAcctName:X60 TranAmount:Y15 DcFlag:X1= AbstractStr:X60 VoucherNo:X20 AcctBalance:Y15 Purpose:X100]",
    ),
    "batch": ("4014", *BATCH),
    "summed_batch": ("4034", *BATCH),
    "batch_state": ("4015", *STATES),
    "summed_batch_state": ("4047", *STATES),
    "sign": ("300101", f"{WHO} {PAPER} {AGENT} {CURRENCY} {NUMBERED}", LEFT),
    "cancel": ("300102", f"{WHO} {PAPER} {CURRENCY} {NUMBERED}", LEFT),
    "change_account": ("300103", f"{WHO} {PAPER} NEW_ACCT_ID:X32 {CURRENCY} {NUMBERED}", LEFT),
    "change_data": ("300105", f"{WHO} {PAPER} {AGENT} {CURRENCY} {NUMBERED}", LEFT),
    "deposit": ("300200", f"{WHO} {CURRENCY} TRAN_AMT:$15 {NUMBERED}", LEFT),
    "withdraw": ("300201", f"{WHO} {CURRENCY} CAP_PWD:X32 TRAN_AMT:$15 {NUMBERED}", LEFT),
    "take_back": (
        "300202",
        f"SEC_COMP_CODE:X8 CAP_ACCT:X20 ACCT_ID:X32 {CURRENCY} TRAN_AMT:$15 ORIG_BANK_SEQ:X20 ORIG_TX_DATE:D {NUMBERED}", TAKEN,
    ),
    "state": ("300403", f"ORIG_BANK_SEQ:X20 ORIG_TX_DATE:D {NUMBERED}", "STATUS:N1= SF_SEQ:X20? SEC_SEQ:X20? TX_DATE:D?"),
    "relations": (
        "300401", f"ACCT_ID:X32 {NUMBERED}",
        "list[SEC_COMP_CODE:X8 CAP_ACCT:X20 INV_NAME INV_TYPE:N1= CUR_CODE:X3= STATUS:N1= SIGN_DATE:D]",
    ),
    "capital": ("300301", f"{WHO} {CURRENCY} {NUMBERED}", "CAP_BAL:$15"),
    "branches": ("300402", NUMBERED, "list[BRANCH_ID:X12 BRANCH_NAME:X60]"),
    "broker_deposit": ("620001", f"{COMES} TRAN_AMT:$15 {OF_BANK}", GIVEN),
    "broker_withdraw": ("620002", f"{COMES} TRAN_AMT:$15 {OF_BANK}", GIVEN),
    "warned": ("620003", "SF_SEQ:X20 BANK_ACCT:X32 ACCT_BAL:$15 TOTAL_LIMIT:$15 USED_LIMIT:$15 BANK_ID:X12", ""),
    "balance_of": ("620004", f"{COMES} {OF_BANK}", "ACCT_ID:X32 ACCT_BAL:$15 AVAIL_BAL:$15"),
    "one_step": (
        "620005", f"{COMES} {PAPER} MOBILE:X11? {OF_BANK}",
        "ACCT_ID:X32 INV_NAME ID_TYPE:N2= INV_ID_CODE:X30 STATUS:N1= BRANCH_ID:X12 BANK_ID:X12 REMARK:X60?",
    ),
    # Its body is that of the page's sample.
    "file_pushed": ("FILE01", "Account:X20? CcyType:X1? CcyCode:X3?", None),
    "broker_take_back": ("620006", f"SF_SEQ:X20 ORIG_SF_SEQ:X20 ORIG_TX_DATE:D ACCT_ID:X32 TRAN_AMT:$15 {OF_BANK}", GIVEN),
}

# Section 6: rows, and the last line.
ROWS = {
    "movements.request": (
        "SF_SEQ:X20 BANK_SEQ:X20 TX_DATE:D TX_TIME:T DIRECTION:N1= SOURCE:X1= SEC_COMP_CODE:X8 CAP_ACCT:X20 ACCT_ID:X32 INV_NAME CUR:X3= "
        "AMT:Y15 STATUS:N1= BRANCH_ID:X12",
        "mark:X3= count:I amount:Y15",
    ),
    "signed_list.request": (
        "SEC_COMP_CODE:X8 CAP_ACCT:X20 ACCT_ID:X32 INV_NAME INV_TYPE:N1= STATUS:N1= SIGN_DATE:D BRANCH_ID:X12", "mark:X3= count:I",
    ),
}
ROWS["older_movements.request"] = ROWS["movements.request"]
TOTALS = "BANK_ID:X12 TX_DATE:D IN_COUNT:I IN_AMT:Y15 OUT_COUNT:I OUT_AMT:Y15 ACCT_BAL:Y15 USED_LIMIT:Y15"


def listed(message, specimen):
    texts = lines(bytes.fromhex(specimen["parts"]["content"]), end="\n")
    if message == "totals.request":
        found = {"total": row(texts[0], TOTALS), "tail": row(texts[1], "mark:X3=")}
        if len(texts) != 2 or found["tail"]["mark"] != "END":
            raise ValueError("totals are one line and an end")
        return found
    columns, tail = ROWS[message]
    found = {"rows": [row(text, columns) for text in texts[:-1]], "tail": row(texts[-1], tail)}
    due = {"mark": "END", "count": len(texts) - 1, "amount": sum(one.get("AMT", 0) for one in found["rows"])}
    if any(found["tail"][name] != due[name] for name in found["tail"]):
        raise ValueError(f"the last line says {found['tail']}, the rows {due}")
    return found


def of_listed(message, found):
    if message == "totals.request":
        texts = [line(found["total"], TOTALS), "END"]
    else:
        columns, tail = ROWS[message]
        texts = [line(one, columns) for one in found["rows"]] + [line(found["tail"], tail)]
    return "".join(f"{text}\n" for text in texts).encode("gbk")


def fields(text, specimen):
    return table(text.replace("$", "Y" if specimen["variant"]["amounts"] == "yuan" else "A"))


def password(octets, specimen, writes):
    """Section 4.2: by SM4 or triple DES, as the contract says."""
    key = bytes.fromhex(specimen["given"]["key"]["capital"])
    if specimen["given"]["setting"]["cipher"].startswith("tdes"):
        cipher = DES3.new(key, DES3.MODE_ECB)
        return cipher.encrypt(pad(octets, 8)) if writes else unpad(cipher.decrypt(octets), 8)
    cipher = CryptSM4()
    cipher.set_key(key, SM4_ENCRYPT if writes else SM4_DECRYPT)
    return cipher.crypt_ecb(octets)


def body_of(message, head):
    """The fields under `Result`; None where no XML is due."""
    call, side = message.split(".")
    _, asked, answered = CALLS[call]
    if side == "request":
        return asked
    return answered if head["code"] == "000000" else None


def attachments(message):
    return "1" if message == "file_pushed.request" else "0"


# Who begins these is the platform: its answers to all others.
THEIRS = {"probed", "broker_deposit", "broker_withdraw", "warned", "balance_of", "one_step", "file_pushed", "broker_take_back"}


def signed(specimen):
    """Section 5: the gateway signs for itself, where no client program does."""
    return specimen["variant"]["signing"] == "gateway"


def checked(seal, octets, message, specimen):
    """A signature behind the body: a detached PKCS#7 over it, by who speaks."""
    call, side = message.split(".")
    bank_speaks = (call in THEIRS) == (side == "reply")
    key = specimen["given"]["key"]["signer" if bank_speaks else "platform"]
    if not signatures.detached(key, octets, seal, "RSA"):
        raise ValueError("the signature is not good")
    return {"seal": seal.hex().upper()}


def front_of(message):
    return FRONT + (REQUEST if message.endswith(".request") else REPLY) + BACK


def by_http(specimen):
    """Section 2: the variant is a POST of the same octets."""
    return specimen["variant"]["transport"] == "http"


def read(message, specimen):
    call = message.split(".")[0]
    found = read_alone(message, specimen)
    return {"content": found} if by_http(specimen) and call in CALLS and found is not None else found


def write(message, found, specimen):
    call = message.split(".")[0]
    return write_alone(message, found["content"] if by_http(specimen) and call in CALLS else found, specimen)


def read_alone(message, specimen):
    call, side = message.split(".")
    if message == "lay_down.request":
        return {"content": specimen["parts"]["content"]}
    if call in older.CALLS:
        return older.read(message, specimen, password)
    if call in funds.CALLS:
        return funds.read(message, specimen)
    if message in ROWS or message == "totals.request":
        return listed(message, specimen)
    if call not in CALLS:
        return None
    reader = Reader(bytes.fromhex(specimen["parts"]["content"]))
    head = reader.fields(front_of(message))
    code = CALLS[call][0]
    due = {**PUBLIC, "protocol": "02" if by_http(specimen) else "01", "tran": code, "serv": "01" if side == "request" else "02", "attach": attachments(message)}
    due |= {"signed": "1", "signfmt": "1", "signalg": "RSA-SHA1"} if signed(specimen) else {"signed": "0", "signlen": 0}
    if code in BASE:
        due["target"] = "01"
    for name, value in due.items():
        if head[name] != value:
            raise ValueError(f"{name} is {head[name]!r}, {value!r} is due")
    octets = reader.take(head["length"])
    seal = checked(reader.take(head["signlen"]), octets, message, specimen) if signed(specimen) else {}
    if attachments(message) == "1":
        attached = reader.fields(ATTACHED)
        attached["content"] = reader.take(attached["length"]).hex().upper()
        reader.end()
        result = elements.read(elements.root(octets.decode("gbk"), DECLARATION), fields(CALLS[call][1], specimen))
        return {"head": head, "body": {"Result": result}, "attached": attached} | seal
    reader.end()
    if call == "file_pushed":
        return {"head": head, "body": octets.decode("gbk")} | seal
    inner = body_of(message, head)
    if inner is None:
        return {"head": head, "body": {"nothing": octets.decode("gbk")}} | seal
    root = elements.root(octets.decode("gbk"), DECLARATION)
    if root.tag != "Result":
        raise ValueError(f"{root.tag} is no Result")
    result = elements.read(root, fields(inner, specimen))
    if "CAP_PWD" in result:
        result["CAP_PWD"] = password(bytes.fromhex(result["CAP_PWD"]), specimen, False).decode("ascii")
    return {"head": head, "body": {"content": {"Result": result}}} | seal


def write_alone(message, found, specimen):
    if message == "lay_down.request":
        return bytes.fromhex(found["content"])
    if message.split(".")[0] in older.CALLS:
        return older.write(message, found, specimen, password)
    if message.split(".")[0] in funds.CALLS:
        return funds.write(message, found, specimen)
    if "head" not in found:
        return of_listed(message, found)
    inner = body_of(message, found["head"])
    behind = b""
    if message == "file_pushed.reply":
        octets = found["body"].encode("gbk")
    elif "attached" in found:
        octets = f"{DECLARATION}<Result>{elements.write(found['body']['Result'], fields(inner, specimen))}</Result>".encode("gbk")
        content = bytes.fromhex(found["attached"]["content"])
        behind = record({**found["attached"], "length": len(content)}, ATTACHED) + content
    elif inner is None:
        octets = found["body"]["nothing"].encode("gbk")
    else:
        result = dict(found["body"]["content"]["Result"])
        if "CAP_PWD" in result:
            result["CAP_PWD"] = password(result["CAP_PWD"].encode("ascii"), specimen, True).hex().upper()
        octets = f"{DECLARATION}<Result>{elements.write(result, fields(inner, specimen))}</Result>".encode("gbk")
    seal = bytes.fromhex(found.get("seal", ""))
    return record({**found["head"], "length": len(octets), "signlen": len(seal)}, front_of(message)) + octets + seal + behind
