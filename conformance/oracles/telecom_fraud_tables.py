"""What goes up to the fraud platform: elements in the order of section 4 of its page (telecom-fraud) and of the example in
section 9, which puts `FeedbackRemark` and those behind it last. `(…)` holds elements, `[…]` those of each row of a list."""

from tables import table

MOVE = (
    "TransactionType BorrowingSigns Currency TransactionAmount AccountBalance TransactionTime TransactionSerial OpponentName"
    " OpponentAccountNumber OpponentCredentialNumber OpponentDepositBankID TransactionRemark TransactionBranchName"
    " TransactionBranchCode LogNumber SummonsNumber VoucherType VoucherCode CashMark TerminalNumber TransactionStatus"
    " TransactionAddress {0}erchantName {0}erchantCode IPAddress MAC TellerCode Remark"
)
# A small letter in 1003xx, a capital in 1004xx.
QUERIED, REPORTED = MOVE.format("m"), MOVE.format("M")
ACCOUNTS = (
    "AccountName CardNumber DepositBankBranch DepositBankBranchCode AccountOpenTime AccountCancellationTime"
    " AccountCancellationBranch Remark"
)
ACCOUNT = (
    "AccountNumber AccountSerial AccountType AccountStatus Currency CashRemit AccountBalance AvailableBalance LastTransactionTime"
)
MEASURED = "AccountType AccountNumber CardNumber"
FROZEN = (
    f"{MEASURED} AppliedBalance FrozedBalance Currency AccountBalance StartTime ExpireTime FailureCause {{}}AccountAvaiableBalance"
)
FORMER = "FormerApplicationDepartment FormerFrozenCurrency FormerFrozenBalance FormerFrozenExpireTime "
STOPPED = f"{MEASURED} AccountBalance StartTime ExpireTime FailureCause"
MEASURE = (
    "FreezeSerial AccountNumber CardNumber FreezeStartTime FreezeEndTime FreezeDeptName Currency FreezeBalance Remark FreezeType"
)
PRIORITY = (
    "PriortySerial AccountNumber CardNumber CredentialType CredentialNumber RightsType ObligeeName RightsBalance ObligeeAddress"
    " ObligeeContactInfo"
)
FEEDBACK = {
    "100102": STOPPED,
    "100104": f"{MEASURED} WithdrawalTime FailureCause",
    "100106": STOPPED,
    "100202": FROZEN.format(FORMER),
    "100204": f"{MEASURED} AppliedBalance UnfreezeBalance AccountBalance WithdrawalTime FailureCause",
    "100206": FROZEN.format(""),
    "100302": f"Accounts[{ACCOUNTS} Account({ACCOUNT} Transactions(Transaction[{QUERIED}]))]",
    "100304": (
        "AccountCredentialType AccountCredentialNumber AccountSubjectName TelNumber CardOperatorName CardOperatorCredentialType"
        " CardOperatorCredentialNumber ResidentAddress ResidentTelNumber WorkCompanyName WorkAddress WorkTelNumber EmailAddress"
        " ArtificialPersonRep ArtificialPersonRepCredentialType ArtificialPersonRepCredentialNumber BusinessLicenseNumber"
        " StateTaxSerial LocalTaxSerial CredentialExpiryDate Remark"
    ),
    "100306": f"AccountName AccountNumber CardNumber Transactions(Transaction[{QUERIED}])",
    "100308": (
        "CaseNumber ApplicationOrgID ApplicationOrgName ApplicationTime BankID BankName AccountName CardNumber WithdrawalRemark"
    ),
    "100310": (
        f"AccountsList(Accounts[{ACCOUNTS} Account({ACCOUNT})]) Measures(Measure[{MEASURE}]) Priorities(Priority[{PRIORITY}])"
    ),
}
REPORTER = "ReportOrgName OperatorName OperatorPhoneNumber"
SENT = (
    "ID Time Type Currency TransferAmount TransferOutBankID TransferOutBankName TransferOutAccountName TransferOutAccountNumber"
    " TransferInBankID TransferInBankName TransferInAccountName TransferInAccountNumber IP MAC DeviceID Place Remark IsCeased"
)
HELD = "AccountNumber AccountSerial AccountType AccountStatus Currency CashRemit"
REPORT = {
    "100401": (
        "ApplicationType ReportEndTime VictimName VictimPhoneNumber VictimIDType VictimIDNumber AccidentDescription"
        f" {REPORTER} TransactionList(Transaction[{SENT}]) Attachments(Attachment[Filename Content])"
    ),
    "100403": (
        "FeatureCode BankID IDType IDNumber IDName AccountsList(Accounts[CardNumber AccountOpenTime AccountOpenPlace])"
        f" {REPORTER}"
    ),
    "100404": (
        f"FeatureCode BankID CardNumber AccountName IDType IDNumber PhoneNumber Address PostCode AccountOpenPlace {REPORTER}"
        f" AccountList(Account[{HELD} TransactionList(Transaction[{REPORTED}])])"
    ),
    "100405": (
        f"BankID {REPORTER}"
        f" List(Accounts[AccountName CardNumber Remark Account({HELD} TransactionList(Transaction[FeatureCode {REPORTED}]))])"
    ),
}
BODIES = {
    **{
        code: table(f"ApplicationID Result {more} FeedbackRemark FeedbackOrgName OperatorName OperatorPhoneNumber")
        for code, more in FEEDBACK.items()
    },
    **{code: table(f"ApplicationID {more}") for code, more in REPORT.items()},
    "100000": table("TGOrganizationID"),
}


def head(code, sealed):
    """Section 3. The key of a sealed body stands last (assumed)."""
    if code == "100000":
        return table("TxCode TransSerialNumber")
    names = "Mode To TxCode TransSerialNumber"
    names += " IsInitialNode" if code == "100401" else ""
    names += " FromTGOrganizationId" if code in REPORT else ""
    return table(names + (" Key" if sealed else ""))
