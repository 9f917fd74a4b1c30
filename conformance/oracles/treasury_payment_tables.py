"""Vouchers of the treasury's centralized payments (treasury-payment) by kind, from section 4 of its page.

A word that ends in `*` is a pair of Code and Name; the figure of an economic or functional class stands last (ExpFuncCode1).
What the page leaves open of the kinds it only names is as our own table has it, marked there as assumed.
"""

HEAD = "Id AdmDivCode StYear VtCode VouDate VoucherNo"
FUNCTION = "ExpFunc* ExpFunc1* ExpFunc2* ExpFunc3*"
ECONOMY = "ExpEco* ExpEco1* ExpEco2*"
PAYEE = "PayeeAcctNo PayeeAcctName PayeeAcctBankName"
PAYER = "PayAcctNo PayAcctName PayAcctBankName"
FILLED = "XPayDate XAgentBusinessNo XCheckNo XPayAmt XPayeeAcctBankName XPayeeAcctNo XPayeeAcctName"
HOLD = "Hold1 Hold2"
HOLDS = "Hold1 Hold2 Hold3 Hold4"

PAYMENT = (
    f"{HEAD} FundType* BgtType* PayType* ProCat* MOFDep* FileNo* SupDep* Agency* {FUNCTION} {ECONOMY} DepPro* SetMode* "
    f"PayBank* ClearBank* {PAYEE} PayeeAcctBankNo {PAYER} PaySummary* PayAmt BusinessType* CheckNo {FILLED} {HOLD}"
)
PAYMENT_ROW = (
    f"Id VoucherBillId VoucherBillNo VoucherNo FundType* BgtType* PayType* Agency* {FUNCTION} {ECONOMY} DepPro* {PAYEE} "
    f"PayeeAcctBankNo PayAmt Remark {FILLED} XAddWord {HOLDS}"
)
CLAIM = (
    f"{HEAD} TreCode FinOrgCode BgtType* FundType* PayType* AgentAcctNo AgentAcctName AgentAcctBankName ClearAcctNo "
    "ClearAcctName ClearAcctBankName PayAmt PayBankName PayBankNo Remark MoneyCorpCode XPaySndBnkNo XAddWord XClearDate XPayAmt"
)
CLAIM_ROW = f"Id VoucherNo SupDep* ExpFunc* PayAmt PaySummaryName {HOLDS}"
REFUND = f"{HEAD} PayBank* AgentBusinessNo OriBillNo RefundType {PAYER} {PAYEE} PayAmt Remark PayDate {HOLD}"
REFUND_ROW = (
    f"Id VoucherBillId VoucherNo BgtType* ProCat* PayKind* MOFDep* Agency* ExpFunc* ExpEco* DepPro* {PAYER} {PAYEE} "
    f"PayeeAcctBankNo PayAmt Remark {HOLDS}"
)
COMPARISON = f"{HEAD} TreCode FinOrgCode BeginDate EndDate ClearAcctNo AgentAcctNo AllNum AllAmt XCheckResult XDiffNum {HOLD}"

# By kinds: what stands in the voucher, and in each of its rows.
VOUCHERS = {
    "5201 8202": (PAYMENT, PAYMENT_ROW),
    "8207": (f"{HEAD} PayVoucherNo PayAmt {HOLD}", PAYMENT_ROW),
    "5253 5351": (f"{HEAD} FundType* BgtType* PayType* SupDep* Agency* PayBank* OriBillNo {PAYER} PayAmt Remark {HOLD}", PAYMENT_ROW),
    "5104 5105": (
        f"{HEAD} FundType* BgtType* PayType* SupDep* PayBank* SetMonth {PAYER} PlanAmt {HOLD}",
        f"Id SupDep* Agency* {FUNCTION} {ECONOMY} DepPro* ProCat* PlanAmt AgencyAccoCode AgencyBankName {HOLDS}",
    ),
    "5106": (
        f"{HEAD} TreCode FinOrgCode PlanAmt ClearVoucherNo PayAcctNo PayAcctName PayeeAcctNo PayeeAcctName SetMonth DeptNum "
        f"FundType* ClearBank* PayBank* PayBankNo {HOLD}",
        f"Id SupDep* {FUNCTION} ProCat* PlanAmt {HOLDS} FundType* Agency* ExpEco* DepPro* AgencyAccoCode AgencyBankName",
    ),
    "5108": (
        f"{HEAD} TreCode FinOrgCode PayAmt FundType* {PAYEE} {PAYER} PayBank* PayBankNo PayVoucherNo {HOLD}",
        f"Id SupDep* {FUNCTION} ProCat* PayAmt DirectVoucherNo FundType* Agency* ExpEco* {PAYEE} PayeeAcctBankNo",
    ),
    "2301": (f"{CLAIM} {HOLD}", CLAIM_ROW),
    "2302": (f"{CLAIM} PayDictateNo PayMsgNo PayEntrustDate TKLX {HOLD}", CLAIM_ROW),
    "2203 2204 2252 3201 3208 3210 3251": (REFUND, REFUND_ROW),
    "2201 2202": (
        f"{HEAD} FundType* PayType* PayBank* AgentBusinessNo OriBillNo Agency* {PAYER} {PAYEE} PaySummary* PayAmt PayDate Remark {HOLD}",
        REFUND_ROW,
    ),
    "2205 2206": (
        f"{HEAD} PayAmt PosAmt NegAmt FundType* PayType* PayBank* {HOLD}",
        f"DayBillNo VoucherNo BgtType* FundType* PayType* SetMode* Agency* ExpFunc* ExpEco* ProCat* DepPro* CheckNo {PAYEE} "
        f"PayeeAcctBankNo {PAYER} PayDate PayAmt PaySummary* PayMgr Remark",
    ),
    "2502 2507 3502 3507 4005 4006": (COMPARISON, f"Id VoucherNo FundType* PayType* PayAmt XCheckResult XCheckReason {HOLDS}"),
    "5901 5951": (f"{HEAD} {HOLD}", f"Id Table Code Name ParentCode AgencyAccoCode AgencyBankName {HOLDS}"),
}

AMOUNTS = {"PayAmt", "PlanAmt", "XPayAmt", "PosAmt", "NegAmt", "AllAmt"}
DAYS = {"VouDate", "XPayDate", "XClearDate", "PayDate", "PayEntrustDate", "BeginDate", "EndDate"}


def names(text):
    for word in text.split():
        if not word.endswith("*"):
            yield word
            continue
        word = word[:-1]
        figure = word[-1] if word[-1].isdigit() else ""
        stem = word.removesuffix(figure) if figure else word
        yield f"{stem}Code{figure}"
        yield f"{stem}Name{figure}"


def of_kind(kind):
    """Fields of a voucher and of its rows; a kind that the table does not have is like a payment."""
    for kinds, (main, row) in VOUCHERS.items():
        if kind in kinds.split():
            return list(names(main)), list(names(row))
    return list(names(PAYMENT)), list(names(PAYMENT_ROW))


# Section 5, with what stands in the arguments: t text, n a number, v one voucher's number, w why, m a document, b octets.
OPERATIONS = {
    "readVoucher": "tttn",
    "readVoucherAgain": "tttn",
    "confirmVoucher": "tttv",
    "confirmVoucherFail": "tttvw",
    "returnVoucher": "tttvw",
    "writeVoucher": "tttmtt",
    "signStampByNos": "tttmt",
    "saveStampVoucher": "tttb",
    "cancelStampWithPosition": "ttttt",
    "sendVoucher": "tttttv",
    "sendVoucherFullSigns": "tttttv",
    "discardVoucher": "tttv",
    "batchQuerySentVoucherStatus": "tttv",
    "queryVoucherStatusByOrgType": "tttvt",
    "queryVoucherPrintCount": "tttt",
    # Section 6: an attach service with base64 content exists; its operation is assumed.
    "readAttachment": "tttt",
    "queryStampPositionWithName": "ttt",
}
