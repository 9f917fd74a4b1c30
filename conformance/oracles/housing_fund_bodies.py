"""Bodies of the housing fund's transactions (housing-fund), from sections 3 and 4 of its page.

A field is `Name` (text), or `Name:K` with K of A amount in yuan, D day, T time, I number, R rate of six places; `FILES` stands
for FILE_LIST, and `ROWS name name` in a tuple for SUMMARY. The page leaves open whether CurrNo and CurrIden, which "all carry
where a currency matters", come first: the example of section 9 has them so, and the names say what is what in any order.
"""

ASKED = (
    "SendDate:D SendTime:T SendSeqNo TxUnitNo SendNode TxCode ReceiveNode BDCDate:D BDCTime:T BDCSeqNo CustNo OperNo "
    "BeginRec:I MaxRec:I"
)
TOLD = "SendDate:D SendTime:T SendSeqNo SendNode TxCode ReceiveNode"
ANSWERED = (
    "TxStatus RtnCode RtnMessage ReceiveDate:D ReceiveTime:T ReceiveSeqNo ReceiveNode SendNode TxCode BDCDate:D BDCTime:T "
    "BDCSeqNo"
)

LOAN = " ".join(
    f"Loan{what}CrAcctNo Loan{what}CrAcctName Loan{what}CrAcctClass Loan{what}CrAcctBkName Loan{what}Amt:A"
    for what in ("Cap", "Int", "Pen", "Fine")
)
BATCH = "BatchTotalNum:I BatchTotalAmt:A FILES Remark"
MONEY = "CurrNo CurrIden"

SIGNED = (
    "AcctNo CustNo AcctName OpBrhNo OpBrhName AcctNature AcctType AcctKind AcctStatus TranType BankAcctNo BkRefLoanCapNo "
    "BkLoanCapInAcctNo BkLoanIntInAcctNo"
)
DRAWINGS = "NoticeSetSerialNo NoticeFlag NoticeDrawSetDate:D NoticeDrawDate:D NoticeDrawAmt:A"
BOOKS = (
    "BookNo BookListNo CurrNo DepositPeriod DepositEndDate:D BegDate:D BegAmt:A DrawAmt:A Interest:A FreezeType LossFlag "
    "AcctStatus CurrIden InterestRate:R"
)

# Code: fields of the request, fields of the answer, and the fields of SUMMARY.
BODIES = {
    "BDC001": ("", "HandKey", ""),
    "BDC002": ("", "", ""),
    "SYS600": ("", "", ""),
    "BDC201": (
        f"{MONEY} SettleType BusType DeAcctNo DeAcctName DeAcctClass CapAmt:A DeIntAcctNo DeIntAcctName DeIntAcctClass "
        "DeIntCrAcct IntAmt:A CrAcctNo CrAcctName CrAcctClass CrBankClass CrBankName CrChgNo Amt:A RefAcctNo RefSeqNo1 "
        "RefSeqNo2 Summary Remark BankAcctNo",
        "HostStatus CapHostSeqNo IntHostSeqNo",
        "",
    ),
    "BDC202": (
        f"{MONEY} SettleType BusType CrAcctNo CrAcctName CrAcctClass DeAcctNo DeAcctName DeAcctClass DeBankName DeChgNo "
        "DeBankClass ConAgrNo Amt:A RefAcctNo RefSeqNo Summary Remark",
        "HostStatus HostSeqNo",
        "",
    ),
    "BDC203": (
        f"{MONEY} FileType BusType BatchPrjNo DeAcctNo DeAcctName DeAcctClass BatchCapAmt:A DeIntAcctNo DeIntAcctName "
        f"DeIntAcctClass DeIntCrAcct BatchIntAmt:A BankAcctNo {BATCH}",
        "BatchNo",
        "",
    ),
    "BDC204": (f"{MONEY} FileType BusType BatchPrjNo CrAcctNo CrAcctName CrAcctClass {BATCH}", "BatchNo", ""),
    "BDC205": (f"{MONEY} FileType BatchPrjNo CrAcctNo CrAcctName CrAcctClass BankAcctNo {BATCH}", "BatchNo", ""),
    "BDC206": (
        f"{MONEY} BatchNo {BATCH} BkAmt:A RefAmt:A RefCapAmt:A RefIntAmt:A RePenAmt:A ReFineAmt:A BankAcctNo BkRefLoanCapNo "
        f"BkLoanCapInAcctNo BkLoanIntInAcctNo {LOAN}",
        "CapHostSeqNo IntHostSeqNo PenHostSeqNo FineHostSeqNo",
        "",
    ),
    "BDC207": (
        "BatchNo",
        "BatchDate:D BatchPrjNo BatchNo BusType CurrNo CurrIden BatchSendBranchNo BkOperNo SendSeqNo BatchTotalNum:I "
        "BatchTotalAmt:A BatchTotalSuccNum:I BatchTotalSuccAmt:A Remark Summary BatchTxStatus",
        "",
    ),
    "BDC208": ("TxCodeSub BatchNo", "FILES", ""),
    "BDC209": (f"AcctNo AcctType {MONEY}", "AcctNo AcctName AcctBal:A AcctRestBal:A AcctOverBal:A AcctStatus", ""),
    "BDC210": ("TxDateBegin:D TxDateEnd:D AcctNo", "FILES", ""),
    "BDC211": (
        f"{MONEY} ActivedAcctNo ActivedAcctName FixedAcctNo FixedAcctName DepositPeriod InterestRate:R Amt:A ExtendDepositType "
        "PartExtendDepositAcctNo Remark",
        "FixedAcctNo FixedAcctName BookNo BookListNo HostSeqNo",
        "",
    ),
    "BDC212": (
        f"{MONEY} FixedAcctNo FixedAcctName FixedAcctOpenBank BookNo BookListNo DepositBeginDate:D DepositEndDate:D "
        "ActivedAcctNo ActivedAcctName ActivedAcctOpenBank DepostiAmt:A DrawAmt:A DepositPeriod InterestRate:R",
        "HostSeqNo",
        "",
    ),
    "BDC213": ("FixedAcctNo BookNo BookListNo ExtendDepositType PartExtendDepositAcctNo", "", ""),
    "BDC214": (
        f"{MONEY} FixedAcctNo FixedAcctName NoticeDepositAmt:A ActivedAcctNo ActivedAcctName DepositPeriod",
        "AcctNo AcctName BookNo BookListNo HostSeqNo",
        "",
    ),
    "BDC215": (
        f"{MONEY} FixedAcctNo FixedAcctName FixedAcctOpenBank DrawAmt:A DrawType BookNo BookListNo NoticeSetSerialNo NoticeFlag "
        "DepositBeginDate:D NoticeDrawDate:D NoticeDrawSetDate:D NoticeDrawAmt:A NoticeDepositAmt:A ActivedAcctNo "
        "ActivedAcctName ActivedAcctOpenBank DepositPeriod",
        "HostSeqNo",
        "",
    ),
    "BDC216": (
        "FixedAcctNo FixedAcctName FixedAcctOpenBank BookNo BookListNo DrawAmt:A NoticeDrawSetDate:D Balance:A DepositPeriod",
        "",
        "",
    ),
    "BDC217": (
        "FixedAcctNo FixedAcctName FixedAcctOpenBank NoticeSetSerialNo BookNo BookListNo NoticeFlag NoticeDrawSetDate:D "
        "NoticeDrawDate:D DrawAmt:A Balance:A DepositPeriod",
        "",
        "",
    ),
    "BDC218": ("AcctNo BookNo BookListNo", "ROWS", DRAWINGS),
    "BDC219": (
        "OldTxDate:D OldSeqNo",
        "OldTxStatus HostSeqNo IntHostSeqNo PenHostSeqNo FineHostSeqNo OldBatchNo",
        "",
    ),
    "BDC220": (f"{MONEY} AcctNo FixedType", "Num:I ROWS", BOOKS),
    # The page has it as assumed, with the file of BDC210.
    "BDC221": ("TxDateBegin:D TxDateEnd:D AcctNo", "FILES", ""),
    "BDC222": (
        f"{MONEY} SettleType BusType DeAcctNo DeAcctName DeAcctClass CrAcctNo CrAcctName CrAcctClass CrBankClass CrBankName "
        "CrChgNo Amt:A RefAcctNo RefSeqNo Summary Remark",
        "HostStatus HostSeqNo",
        "",
    ),
    "BDC301": ("ROWS", "", SIGNED),
    "BDC302": ("FILES", "", ""),
}
# Sent by the bank, so that the head is the short one.
OURS = {"BDC001", "BDC002", "BDC301", "BDC302"}

# Longest texts, by how a name ends; the first that fits.
LONGEST = [
    ("AcctName", 120), ("AcctNo", 32), ("SendSeqNo", 32), ("BDCSeqNo", 32), ("HostSeqNo", 32), ("RefSeqNo", 32),
    ("RefSeqNo1", 32), ("RefSeqNo2", 32), ("TxUnitNo", 15), ("SendNode", 6), ("ReceiveNode", 6), ("TxCode", 7),
    ("CustNo", 32), ("OperNo", 21), ("BusType", 4), ("Summary", 60), ("Remark", 128), ("ChgNo", 12), ("HandKey", 256),
    ("OpBrhNo", 20), ("OpBrhName", 80), ("BatchNo", 20),
]


def table(text):
    """(name, kind) of each field of a line of names."""
    return [tuple((part + ":X").split(":")[:2]) for part in text.split()]


def longest(name):
    return next((most for end, most in LONGEST if name.endswith(end)), None)
