"""Transactions of the core host for the treasury's centralized payments, as in `core_tables`. The page has none of their fields: they
are those that the adapter assumes.
"""

BUDGET = {
    "budget_quota": (
        "270101", "02002000008/01",
        (
            "AREA:X9>area BUDGET_YEAR:X4>year QUOTA_KIND:N1>kind QUOTA_ACT:N1>act VOUCHER_NO:X20>number LINE_NO:I4>line "
            "AGENCY_CODE:X120>unit FUNCTION_CODE:X120>func TX_AMOUNT:A15>amount"
        ),
        "LEFT_AMOUNT:A15>left",
    ),
    "budget_pay": (
        "270102", "02002000008/02",
        (
            "AREA:X9>area BUDGET_YEAR:X4>year QUOTA_KIND:N1>kind VOUCHER_NO:X20>number LINE_NO:I4>line "
            "OUT_ACCT_NO:X32>payer OUT_ACCT_NAME:X240>pname FINAL_FLAG:N1>final OUT_COUNTER_ACCT_NO:X32>other "
            "IN_ACCT_NO:X42>payee IN_ACCT_NAME:X240>rname IN_BANK_NAME:X120>rbank IN_BANK_NO:X14>rbankno "
            "TX_AMOUNT:A15>amount FUND_CODE:X120>fundno FUND_NAME:X240>fundname BUDGET_CODE:X120>bgtno "
            "BUDGET_NAME:X240>bgtname WAY_CODE:X120>wayno WAY_NAME:X240>wayname SUPERIOR_CODE:X120>supno "
            "SUPERIOR_NAME:X240>supname AGENCY_CODE:X120>unitno AGENCY_NAME:X240>unitname FUNCTION_CODE:X120>funcno "
            "FUNCTION_NAME:X240>funcname ECONOMY_CODE:X120>econo ECONOMY_NAME:X240>econame PROJECT_CODE:X120>projno "
            "PROJECT_NAME:X240>projname SETTLEMENT_CODE:X120>setmno SETTLEMENT_NAME:X240>setmname SUMMARY_CODE:X120>useno "
            "SUMMARY_NAME:X240>usename REMARK:X60>memo"
        ),
        "LEFT_AMOUNT:A15>left",
    ),
    "budget_refund": (
        "270103", "02002000008/03",
        (
            "AREA:X9>area BUDGET_YEAR:X4>year VOUCHER_NO:X20>number LINE_NO:I4>line OUT_COUNTER_ACCT_NO:X32>other "
            "TX_AMOUNT:A15>amount REMARK:X60>memo"
        ),
        (
            "REFUND_NO:X20>refund QUOTA_KIND:N1>kind LEFT_AMOUNT:A15>left -:I3>count DETAILS[VOUCHER_NO:X20>number "
            "LINE_NO:X20>line HOST_SEQ_NO:X32>hserial TRAN_DATE:D8>pday OUT_ACCT_NO:X32>payer OUT_ACCT_NAME:X240>pname "
            "IN_ACCT_NO:X42>payee IN_ACCT_NAME:X240>rname IN_BANK_NAME:X120>rbank IN_BANK_NO:X14>rbankno "
            "TX_AMOUNT:G15>ramount FUND_CODE:X120>fundno FUND_NAME:X240>fundname BUDGET_CODE:X120>bgtno "
            "BUDGET_NAME:X240>bgtname WAY_CODE:X120>wayno WAY_NAME:X240>wayname SUPERIOR_CODE:X120>supno "
            "SUPERIOR_NAME:X240>supname AGENCY_CODE:X120>unitno AGENCY_NAME:X240>unitname FUNCTION_CODE:X120>funcno "
            "FUNCTION_NAME:X240>funcname ECONOMY_CODE:X120>econo ECONOMY_NAME:X240>econame PROJECT_CODE:X120>projno "
            "PROJECT_NAME:X240>projname SETTLEMENT_CODE:X120>setmno SETTLEMENT_NAME:X240>setmname SUMMARY_CODE:X120>useno "
            "SUMMARY_NAME:X240>usename]>rows"
        ),
    ),
    "budget_claims": (
        "270104", "02002000008/04",
        "AREA:X9>area TRAN_DATE:D8>date SINGLE_AMOUNT:A15>single",
        (
            "-:I3>count CLAIMS[CLAIM_NO:X20>claimno BACK_FLAG:N1>back QUOTA_KIND:N1>kind FUND_CODE:X120>fundno "
            "FUND_NAME:X240>fundname BUDGET_CODE:X120>bgtno BUDGET_NAME:X240>bgtname WAY_CODE:X120>wayno "
            "WAY_NAME:X240>wayname TX_AMOUNT:A15>total -:I4>count DETAILS[VOUCHER_NO:X20>number SUPERIOR_CODE:X120>supno "
            "SUPERIOR_NAME:X240>supname FUNCTION_CODE:X120>funcno FUNCTION_NAME:X240>funcname TX_AMOUNT:A15>amount "
            "SUMMARY_NAME:X240>usename]>rows]>claims"
        ),
    ),
    "budget_settle": (
        "270105", "02002000008/05",
        "VOUCHER_NO:X20>number OUT_COUNTER_ACCT_NO:X32>other TX_AMOUNT:A15>amount REMARK:X60>memo",
        "",
    ),
    "budget_known": (
        "270106", "02002000008/06",
        (
            "AREA:X9>area BUDGET_YEAR:X4>year TABLE:X20>table CODE:X120>number NAME:X240>name PARENT_CODE:X120>parent "
            "ACCT_NO:X32>acct"
        ),
        "NEW_FLAG:N1>new",
    ),
    "budget_final": (
        "270107", "02002000008/07",
        "AREA:X9>area BUDGET_YEAR:X4>year VOUCHER_NO:X20>number LINE_NO:I4>line",
        "",
    ),
    "budget_paid": (
        "270201", "03003000008/01",
        "AREA:X9>area BUDGET_YEAR:X4>year VOUCHER_NO:X20>number",
        "TX_AMOUNT:A15>paid BACK_AMOUNT:A15>returned COUNT:I4>count CLAIM_NO:X20>claimed",
    ),
    "budget_quota_left": (
        "270202", "03003000008/02",
        "AREA:X9>area BUDGET_YEAR:X4>year AGENCY_CODE:X120>unit FUNCTION_CODE:X120>func",
        (
            "-:I3>count DETAILS[QUOTA_KIND:N1>kind FUNCTION_CODE:X120>func QUOTA_AMOUNT:A15>total USED_AMOUNT:A15>used "
            "LEFT_AMOUNT:A15>left]>rows"
        ),
    ),
    "budget_payments": (
        "270203", "03003000008/03",
        (
            "AREA:X9>area QUOTA_KIND:N1>kind CLAIM_NO:X20>number FROM_DATE:D8>from TO_DATE:D8>to PAGE_START:I4>start "
            "PAGE_SIZE:I3>size"
        ),
        (
            "MORE:N1>more DETAILS[VOUCHER_NO:X20>number LINE_NO:X20>line HOST_SEQ_NO:X32>hserial TRAN_DATE:D8>pday "
            "OUT_ACCT_NO:X32>payer OUT_ACCT_NAME:X240>pname IN_ACCT_NO:X42>payee IN_ACCT_NAME:X240>rname "
            "IN_BANK_NAME:X120>rbank IN_BANK_NO:X14>rbankno TX_AMOUNT:G15>ramount FUND_CODE:X120>fundno "
            "FUND_NAME:X240>fundname BUDGET_CODE:X120>bgtno BUDGET_NAME:X240>bgtname WAY_CODE:X120>wayno "
            "WAY_NAME:X240>wayname SUPERIOR_CODE:X120>supno SUPERIOR_NAME:X240>supname AGENCY_CODE:X120>unitno "
            "AGENCY_NAME:X240>unitname FUNCTION_CODE:X120>funcno FUNCTION_NAME:X240>funcname ECONOMY_CODE:X120>econo "
            "ECONOMY_NAME:X240>econame PROJECT_CODE:X120>projno PROJECT_NAME:X240>projname SETTLEMENT_CODE:X120>setmno "
            "SETTLEMENT_NAME:X240>setmname SUMMARY_CODE:X120>useno SUMMARY_NAME:X240>usename]>rows"
        ),
    ),
    "budget_claimed": (
        "270205", "03003000008/05",
        "AREA:X9>area FROM_DATE:D8>from TO_DATE:D8>to",
        (
            "-:I3>count DETAILS[CLAIM_NO:X20>number FUND_CODE:X120>fundno FUND_NAME:X240>fundname WAY_CODE:X120>wayno "
            "WAY_NAME:X240>wayname TX_AMOUNT:G15>ramount]>rows"
        ),
    ),
    "budget_totals": (
        "270206", "03003000008/06",
        "AREA:X9>area TRAN_DATE:D8>date",
        (
            "-:I3>count DETAILS[QUOTA_KIND:N1>kind WAY_CODE:X120>wayno WAY_NAME:X240>wayname PAID_AMOUNT:A15>paid "
            "BACK_AMOUNT:A15>returned CLAIM_COUNT:I4>claims CLAIM_AMOUNT:G15>claimed]>rows"
        ),
    ),
    "budget_returns": (
        "270207", "03003000008/07",
        "AREA:X9>area",
        (
            "-:I3>count DETAILS[HOST_SEQ_NO:X32>hserial BUDGET_YEAR:X4>year VOUCHER_NO:X20>number LINE_NO:I4>line "
            "TX_AMOUNT:A15>amount REMARK:X60>memo]>rows"
        ),
    ),
    "budget_interest": (
        "270208", "03003000008/08",
        "AREA:X9>area FROM_DATE:D8>from TO_DATE:D8>to",
        (
            "-:I3>count DETAILS[ACCT_NO:X32>acct ACCT_NAME:X240>name PRODUCT_AMOUNT:A15>product RATE:I6>rate "
            "INTEREST:A15>interest]>rows"
        ),
    ),
    "budget_open_accounts": (
        "270204", "03003000008/04",
        "AREA:X9>area",
        "-:I3>count DETAILS[ACCT_NO:X32>acct ACCT_NAME:X240>name BALANCE:G15>balance]>rows",
    ),
    "customer_manager": (
        "610101", "08003000001/01",
        "ACCT_NO:X32>acct",
        "CLIENT_NO:X20>client MANAGER_NAME:X240>manager MOBILE:X11>phone BRANCH_ID:X9>branch",
    ),
    "customer_told": (
        "610102", "08002000001/01",
        "AGENCY_CODE:X120>code AGENCY_NAME:X240>name ACCT_NO:X32>acct",
        "",
    ),
    "customer_loans": (
        "600104", "09003000001/01",
        "ACCT_NO:X32>acct ACCT_NAME:X240>name",
        "COUNT:I4>count OWED_AMOUNT:A15>owed OVERDUE_AMOUNT:A15>overdue",
    ),
}
