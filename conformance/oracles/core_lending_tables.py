"""The credit system (core): decisions, limits, the register of joint loans, of both forms. The page has the codes; their fields are those
that the adapter assumes."""

LENDING = {
    "judge": (
        "600101", "12002000001/01",
        (
            "LENDER:X32>lender PRODUCT_CODE:X16>product APPLY_NO:X32>applyno CLIENT_NAME:X120>name ID_NO:X20>idno "
            "ID_END_DATE:D8>idto MOBILE:X11>mobile CARD_NO:X32>card ADDRESS:X400>address OCCUPATION:X40>job "
            "TX_AMOUNT:A15>amount LENDER_LIMIT:A15>theirs LENDER_LEVEL:X4>level BANK_SHARE:R6>share CONSENT_NO:X64>consent "
            "CONSENT_TIME:X14>consented CONSENT_FILE:X128>paper FRAUD_ADVICE:N1>advice FRAUD_SCORE:K3>score"
        ),
        (
            "DECISION:N1>decision CAUSE:X2>why CREDIT_NO:X32>creditno CREDIT_LIMIT:B15>limit END_DATE:D8>until "
            "RATE_FROM:R8>floor RATE_TO:R8>ceiling DECIDED_AT:M14>decided"
        ),
    ),
    "judged": (
        "600102", "13003000001/01",
        "LENDER:X32>lender APPLY_NO:X32>applyno",
        (
            "DECISION:N1>decision CAUSE:X2>why CREDIT_NO:X32>creditno CREDIT_LIMIT:B15>limit END_DATE:D8>until "
            "RATE_FROM:R8>floor RATE_TO:R8>ceiling DECIDED_AT:M14>decided"
        ),
    ),
    "quota": (
        "600103", "12002000002/01",
        (
            "QUOTA_STEP:N1>act LENDER:X32>lender CREDIT_NO:X32>creditno APPLY_NO:X32>applyno LOAN_NO:X32>loanno "
            "TX_AMOUNT:A15>amount BANK_AMOUNT:A15>bamount BANK_SHARE:R6>share MONTHS:I3>months RATE:R8>rate FROM_DATE:D8>from "
            "TO_DATE:D8>to REASON:X120>cause"
        ),
        "DECISION:N1>decision CAUSE:X2>why RESERVE_NO:X32>reserve",
    ),
    "open_loans": (
        "600105", "13003000001/02",
        "AT_TIME:M14>at",
        (
            "NUM:I3>count ROWS[OPEN_KIND:N1>what LENDER:X32>lender APPLY_NO:X32>applyno CREDIT_NO:X32>creditno "
            "LOAN_NO:X32>loanno FINAL_FLAG:N1>final]>rows"
        ),
    ),
    "loan_entry": (
        "600201", "12002000003/01",
        (
            "ENTRY_KIND:X2>kind LENDER:X32>lender ENTRY_DATE:D8>day ENTRY_NO:X60>number LOAN_NO:X32>loanno "
            "APPLY_NO:X32>applyno CREDIT_NO:X32>creditno TERM_NO:I3>term ID_NO:X20>idno CLIENT_NAME:X120>name "
            "FROM_DATE:D8>from TO_DATE:D8>to TX_AMOUNT:A15>amount PRINCIPAL:A15>principal INTEREST:A15>interest "
            "PENALTY:A15>penalty FEE_AMOUNT:A15>fee BANK_AMOUNT:A15>bamount BANK_PRINCIPAL:A15>bprincipal "
            "BANK_INTEREST:A15>binterest BANK_PENALTY:A15>bpenalty RATE:R8>rate OVERDUE_DAYS:I5>days ENTRY_STATE:X20>state "
            "ENTRY_CLASS:X20>class_ DC_FLAG:X1>side REMARK:X120>memo"
        ),
        "",
    ),
    "loan_totals": (
        "600202", "13003000001/03",
        "LENDER:X32>lender ENTRY_DATE:D8>day",
        "LOAN_NUM:I8>loans LOAN_AMOUNT:A15>disbursed REPAY_NUM:I8>payments REPAY_AMOUNT:A15>repaid MISSING_NUM:I8>missing",
    ),
    "listed_file": (
        "600203", "12002000003/02",
        "LENDER:X32>lender FILE_NAME:X80>file FILE_DIGEST:X64>digest FILE_SIZE:I11>size TOTAL_NUM:I8>rows",
        "",
    ),
    "file_listed": (
        "600204", "13003000001/04",
        "LENDER:X32>lender FILE_NAME:X80>file",
        "FILE_DIGEST:X64>digest FILE_SIZE:I11>size TOTAL_NUM:I8>rows",
    ),
    "credit_decided": (
        "600104", "06003000003/01",
        "LENDER:X32>lender APPLY_NO:X32>applyno",
        "",
    ),
}
