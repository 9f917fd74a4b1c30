"""Transactions of the core host (core), of both its forms: call, code of the fixed form, service of JSON, fields of what is
asked and of the answer. A field is its name in JSON, its kind and width in the fixed form, and its name there; `-`: in the
fixed form alone.

From section 4 of the page: those of PAGE. The page has the codes of the others and no fields; they are those that the adapter
assumes.
"""

from core_budget_tables import BUDGET
from core_lending_tables import LENDING

POSTING = (
    "OUT_ACCT_NO:X32>payer OUT_ACCT_NAME:X80>pname IN_ACCT_NO:X32>payee OUT_COUNTER_CLIENT_NAME:X80>rname "
    "CUR_CODE:X3>ccy TX_AMOUNT:A15>amount FEE_AMOUNT:A15>fee FEE_ACCT_NO:X32>feeacct PWD_FLAG:N1>pwdflag PIN:X32>pin "
    "REMARK:X60>memo STATEMENT_NO:X4>memocode PRODUCT_CODE:X16>product"
)
BOOKED = "hostDate:D8>hdate voucherNo:X20>voucher avail:A15>avail"
ASKED_PERSON = "ID_TYPE:X1>idtype ID_NO:X20>idno CLIENT_NAME:X80>name"

PAGE = {
    "message": (
        "500101", "11002000006/01",
        "MOBILE:X30>mobile BUSS_TYPE:X10>kind MSG_CONTENT:X1024>content",
        "",
    ),
    "hold": (
        "200201", "02002000003/01",
        (
            "ACCT_NO:X32>acct CUR_CODE:X3>ccy HOLD_KIND:N1>kind TX_AMOUNT:A15>amount FROM_DATE:D8>from TO_DATE:D8>to "
            "AUTHORITY:X80>authority DOCUMENT_NO:X60>document OFFICER_1:X40>officer OFFICER_ID_1:X20>officerid "
            "OFFICER_2:X40>second OFFICER_ID_2:X20>secondid REASON:X60>reason"
        ),
        "HOLD_NO:X20>number HELD_AMOUNT:A15>held FRONT_NUM:I3>front",
    ),
    "account_info": (
        "100101", "03003000001/01",
        "ACCT_NO:X32>acct",
        (
            "ACCT_NO:X32>acct ACCT_NAME:X80>name ACCT_STATE:X2>state ACCT_KIND:X2>kind BRANCH_ID:X9>branch CUR_CODE:X3>ccy "
            "LEDGER_BALANCE:G15>ledger AVAIL_BALANCE:G15>avail HELD_AMOUNT:A15>held ID_TYPE:X1>idtype ID_NO:X20>idno "
            "PHONE:X11>phone OPEN_DATE:D8>opened"
        ),
    ),
    "day_details": (
        "100103", "03003000002/01",
        (
            "ACCT_NO:X32>acct FROM_DATE:D8>from TO_DATE:D8>to MIN_AMOUNT:A15>min DC_FLAG:X1>dc PAGE_START:I4>start "
            "PAGE_SIZE:I3>size"
        ),
        (
            "ROWS[TX_DATE:D8>date TX_TIME:T6>time HOST_SEQ_NO:X32>serial DC_FLAG:X1>side TX_AMOUNT:A15>amount "
            "BALANCE:G15>balance OUT_COUNTER_ACCT_NO:X32>oacct OUT_COUNTER_CLIENT_NAME:X80>oname "
            "OUT_COUNTER_BRANCH_NO:X12>obank REMARK:X60>memo VOUCHER_NO:X20>voucher]>rows"
        ),
    ),
    "debit": (
        "200101", "02002000001/01",
        POSTING,
        BOOKED,
    ),
    "credit": (
        "200102", "02002000001/02",
        POSTING,
        BOOKED,
    ),
    "transfer": (
        "200103", "02002000001/03",
        POSTING,
        BOOKED,
    ),
    "reverse": (
        "200901", "02002000009/01",
        "origDate:D8>odate origSeqNo:X32>ocserial origHostSeqNo:X32>ohserial TX_AMOUNT:A15>amount REASON:X4>reason",
        "",
    ),
}
ASSUMED = {
    "keep_agreement": (
        "250101", "02002000005/01",
        (
            "AGREEMENT_ACT:N1>act AGREEMENT_NO:X30>number UNIT_NO:X15>unit USER_NO:X30>userno ACCT_NO:X32>acct "
            "ACCT_NAME:X120>name ID_NO:X20>idno ONCE_LIMIT:A15>once MONTH_LIMIT:A15>month FROM_DATE:D8>from TO_DATE:D8>to"
        ),
        "",
    ),
    "agreement": (
        "250102", "03003000006/01",
        "AGREEMENT_NO:X30>number UNIT_NO:X15>unit",
        (
            "USER_NO:X30>userno ACCT_NO:X32>acct ACCT_NAME:X120>name OPEN_FLAG:N1>open ONCE_LIMIT:A15>once "
            "MONTH_LIMIT:A15>month FROM_DATE:D8>from TO_DATE:D8>to"
        ),
    ),
    "account_agreements": (
        "250103", "03003000006/02",
        "ACCT_NO:X32>acct",
        "NUM:I3>count ROWS[AGREEMENT_NO:X30>number UNIT_NO:X15>unit USER_NO:X30>userno OPEN_FLAG:N1>open]>rows",
    ),
    "person_cards": (
        "100109", "03003000004/04",
        ASKED_PERSON,
        (
            "NUM:I3>count ROWS[CARD_NO:X32>card ACCT_NO:X32>acct ACCT_STATE:X2>state LIMIT:A15>limit_ AVAIL_LIMIT:A15>avail "
            "OWED:A15>owed BILL_DAY:I2>billday DUE_DAY:I2>dueday ISSUE_DATE:D8>issued EXPIRY:P6>expires]>rows"
        ),
    ),
    "voucher_image": (
        "100110", "03003000004/05",
        "ACCT_NO:X32>acct HOST_SEQ_NO:X32>serial IMAGE_KIND:X10>kind",
        "-:I8>size IMAGE:O>image",
    ),
    "watched_movements": (
        "100111", "03003000004/06",
        "CHANNEL:X32>channel FROM_DATE:D8>from PAGE_START:I4>start PAGE_SIZE:I3>size",
        (
            "ROWS[ORDER_NO:X36>order TASK_NO:X40>task AGENCY:X12>agency SUBJECT:N1>subject ACCT_NO:X32>acct ACCT_NAME:X80>name "
            "CUR_CODE:X3>ccy TX_DATE:D8>date TX_TIME:T6>time HOST_SEQ_NO:X32>serial DC_FLAG:X1>side TX_AMOUNT:A15>amount "
            "BALANCE:G15>balance OUT_COUNTER_ACCT_NO:X32>oacct OUT_COUNTER_CLIENT_NAME:X80>oname OUT_COUNTER_BRANCH_NO:X12>obank "
            "REMARK:X60>memo VOUCHER_NO:X20>voucher]>rows"
        ),
    ),
    "watch": (
        "200206", "02002000003/06",
        (
            "WATCH_ACT:N1>act CHANNEL:X32>channel ORDER_NO:X36>order TASK_NO:X40>task PRIOR_TASK_NO:X40>prior "
            "AGENCY:X12>agency SUBJECT:N1>subject ACCT_NO:X32>acct FROM_DATE:D8>from TO_DATE:D8>to"
        ),
        "",
    ),
    "batch": (
        "300101", "05002000001/01",
        (
            "BATCH_NO:X20>batch BATCH_KIND:N1>kind BATCH_DATE:D8>date ACCT_NO:X32>acct PRODUCT_CODE:X16>product "
            "FILE_NAME:X60>file TOTAL_NUM:I8>count TOTAL_AMOUNT:A15>amount"
        ),
        "HOST_BATCH_NO:X20>hbatch hostDate:D8>hdate",
    ),
    "batch_state": (
        "300102", "05002000001/02",
        "HOST_BATCH_NO:X20>hbatch",
        (
            "BATCH_STATE:N1>state DONE_NUM:I8>succeeded DONE_AMOUNT:A15>damount FAILED_NUM:I8>failures "
            "FAILED_AMOUNT:A15>famount FILE_NAME:X60>file"
        ),
    ),
    "day_list": (
        "300103", "05002000002/01",
        "LIST_DATE:D8>date PRODUCT_CODE:X16>product",
        "FILE_NAME:X60>file TOTAL_NUM:I8>count TOTAL_AMOUNT:A15>amount",
    ),
    "business_day": (
        "400101", "06003000001/01",
        "BRANCH_ID:X9>branch",
        "BIZ_DATE:D8>day NEXT_DATE:D8>next SYS_STATE:N1>state",
    ),
    "cut_over": (
        "400102", "06003000001/02",
        "OLD_DATE:D8>old NEW_DATE:D8>new",
        "",
    ),
    "moved": (
        "400103", "06003000002/01",
        (
            "NUM:I3>count ROWS[ACCT_NO:X32>acct HOST_SEQ_NO:X32>serial DC_FLAG:X1>side TX_AMOUNT:A15>amount TX_DATE:D8>date "
            "TX_TIME:T6>time BALANCE:G15>balance AVAIL_BALANCE:G15>avail OUT_COUNTER_ACCT_NO:X32>oacct "
            "OUT_COUNTER_CLIENT_NAME:X80>oname OUT_COUNTER_BRANCH_NO:X12>obank BRANCH_ID:X9>branch REMARK:X60>memo "
            "VOUCHER_NO:X20>voucher REVERSED:N1>reversed]>rows"
        ),
        "",
    ),
    "release_hold": (
        "200202", "02002000003/02",
        "ACCT_NO:X32>acct HOLD_NO:X20>number TX_AMOUNT:A15>amount DOCUMENT_NO:X60>document",
        "REST_AMOUNT:A15>rest",
    ),
    "extend_hold": (
        "200203", "02002000003/03",
        "ACCT_NO:X32>acct HOLD_NO:X20>number TO_DATE:D8>to AUTHORITY:X80>authority DOCUMENT_NO:X60>document",
        "HELD_AMOUNT:A15>held",
    ),
    "stop_payment": (
        "200204", "02002000003/04",
        (
            "ACCT_NO:X32>acct STOP_ACT:N1>act STOP_WAY:N1>way FROM_DATE:D8>from TO_DATE:D8>to AUTHORITY:X80>authority "
            "DOCUMENT_NO:X60>document REASON:X60>reason"
        ),
        "STOP_NO:X20>number BALANCE:G15>balance",
    ),
    "deduct_hold": (
        "200205", "02002000003/05",
        (
            "ACCT_NO:X32>acct HOLD_NO:X20>number IN_ACCT_NO:X32>payee OUT_COUNTER_CLIENT_NAME:X80>rname CUR_CODE:X3>ccy "
            "TX_AMOUNT:A15>amount DOCUMENT_NO:X60>document REMARK:X60>memo PRODUCT_CODE:X16>product"
        ),
        "hostDate:D8>hdate voucherNo:X20>voucher REST_AMOUNT:A15>rest",
    ),
    "fix_deposit": (
        "210101", "07002000001/01",
        (
            "OUT_ACCT_NO:X32>from OUT_ACCT_NAME:X80>fromname FIXED_ACCT_NO:X32>acct FIXED_ACCT_NAME:X80>name PERIOD:X3>period "
            "RATE:R8>rate TX_AMOUNT:A15>amount RENEWAL:N1>renewal PART_ACCT_NO:X32>part REMARK:X60>memo"
        ),
        "FIXED_ACCT_NO:X32>acct FIXED_ACCT_NAME:X80>name BOOK_NO:X32>book LIST_NO:X32>listno",
    ),
    "draw_fixed": (
        "210102", "07002000001/02",
        (
            "FIXED_ACCT_NO:X32>acct FIXED_ACCT_NAME:X80>name BOOK_NO:X32>book LIST_NO:X32>listno BEGIN_DATE:D8>begins "
            "END_DATE:D8>ends IN_ACCT_NO:X32>into IN_ACCT_NAME:X80>intoname DEPOSIT_AMOUNT:A15>deposited TX_AMOUNT:A15>amount"
        ),
        "INTEREST:A15>interest",
    ),
    "set_renewal": (
        "210103", "07002000001/03",
        "FIXED_ACCT_NO:X32>acct BOOK_NO:X32>book LIST_NO:X32>listno RENEWAL:N1>renewal PART_ACCT_NO:X32>part",
        "",
    ),
    "open_notice_deposit": (
        "210201", "07002000002/01",
        (
            "OUT_ACCT_NO:X32>from OUT_ACCT_NAME:X80>fromname FIXED_ACCT_NO:X32>acct FIXED_ACCT_NAME:X80>name "
            "TX_AMOUNT:A15>amount PERIOD:X3>period"
        ),
        "FIXED_ACCT_NO:X32>acct FIXED_ACCT_NAME:X80>name BOOK_NO:X32>book LIST_NO:X32>listno",
    ),
    "draw_notice_deposit": (
        "210202", "07002000002/02",
        (
            "FIXED_ACCT_NO:X32>acct FIXED_ACCT_NAME:X80>name BOOK_NO:X32>book LIST_NO:X32>listno TX_AMOUNT:A15>amount "
            "DRAW_WAY:N1>way SET_NO:X32>setno BEGIN_DATE:D8>begins DRAW_DATE:D8>drawday DEPOSIT_AMOUNT:A15>deposited "
            "IN_ACCT_NO:X32>into IN_ACCT_NAME:X80>intoname PERIOD:X3>period"
        ),
        "INTEREST:A15>interest",
    ),
    "set_drawing": (
        "210203", "07002000002/03",
        (
            "FIXED_ACCT_NO:X32>acct FIXED_ACCT_NAME:X80>name BOOK_NO:X32>book LIST_NO:X32>listno TX_AMOUNT:A15>amount "
            "SET_DATE:D8>setday DEPOSIT_AMOUNT:A15>deposited PERIOD:X3>period"
        ),
        "SET_NO:X32>setno",
    ),
    "cancel_drawing": (
        "210204", "07002000002/04",
        (
            "FIXED_ACCT_NO:X32>acct FIXED_ACCT_NAME:X80>name SET_NO:X32>setno BOOK_NO:X32>book LIST_NO:X32>listno "
            "SET_DATE:D8>setday DRAW_DATE:D8>drawday TX_AMOUNT:A15>amount PERIOD:X3>period"
        ),
        "",
    ),
    "drawings": (
        "210205", "07003000002/05",
        "FIXED_ACCT_NO:X32>acct BOOK_NO:X32>book LIST_NO:X32>listno",
        (
            "NUM:I3>count ROWS[SET_NO:X32>setno SET_STATE:N1>state SET_DATE:D8>setday DRAW_DATE:D8>drawday "
            "TX_AMOUNT:A15>amount]>rows"
        ),
    ),
    "fixed_balances": (
        "210301", "07003000003/01",
        "FIXED_ACCT_NO:X32>acct DEPOSIT_KIND:N1>kind",
        (
            "NUM:I3>count ROWS[BOOK_NO:X32>book LIST_NO:X32>listno CUR_CODE:X3>ccy PERIOD:X3>period BEGIN_DATE:D8>begins "
            "END_DATE:D8>ends DEPOSIT_AMOUNT:A15>deposited LEFT_AMOUNT:A15>left INTEREST:A15>interest FROZEN:N1>frozen "
            "LOST:N1>lost ACCT_STATE:X2>state RATE:R8>rate]>rows"
        ),
    ),
    "fund_movements": (
        "210302", "07003000003/02",
        "ACCT_NO:X32>acct FIXED:N1>fixed FROM_DATE:D8>from TO_DATE:D8>to PAGE_START:I7>first PAGE_SIZE:I5>size",
        (
            "NUM:I5>count ROWS[SEQ:I8>seq ACCT_NO:X32>acct HOST_SEQ_NO:X32>serial DC_FLAG:X1>side TX_AMOUNT:A15>amount "
            "TX_DATE:D8>date TX_TIME:T6>time BALANCE:A15>balance AVAIL_BALANCE:A15>avail OUT_COUNTER_ACCT_NO:X32>oacct "
            "OUT_COUNTER_CLIENT_NAME:X80>oname OUT_COUNTER_BRANCH_NO:X12>obank BRANCH_ID:X9>branch REMARK:X60>memo "
            "VOUCHER_NO:X20>voucher REVERSED:N1>reversed]>rows"
        ),
    ),
    "escrow_record": (
        "240101", "02002000004/01",
        (
            "ACCT_NO:X32>acct ACCT_NAME:X120>name ESCROW_ACT:N1>act ESCROW_NO:X30>number TX_AMOUNT:A15>amount "
            "BUYER_NAME:X120>buyer BUYER_ACCT_NO:X32>bacct REASON:X120>reason -:I3>count DETAILS[DETAIL_NO:X30>detail "
            "IN_ACCT_NO:X32>payee IN_ACCT_NAME:X120>rname IN_BANK_NAME:X120>rbank TX_AMOUNT:A15>ramount DUE_DATE:D8>due "
            "PURPOSE:X120>purpose]>rows"
        ),
        "BALANCE:G15>balance LOCKED_AMOUNT:A15>locked",
    ),
    "escrow_book": (
        "240102", "02002000004/02",
        (
            "ACCT_NO:X32>acct ESCROW_WAY:X2>way ESCROW_NO:X30>number OUT_COUNTER_ACCT_NO:X32>other IN_ACCT_NO:X32>payee "
            "IN_ACCT_NAME:X120>rname TX_AMOUNT:A15>amount REMARK:X60>memo"
        ),
        "AVAILABLE:A15>avail",
    ),
    "escrow_movements": (
        "240103", "03003000005/01",
        "ACCT_NO:X32>acct ACCT_NAME:X120>name FROM_DATE:D8>from TO_DATE:D8>to PAGE_START:I4>start PAGE_SIZE:I3>size",
        (
            "MORE:N1>more DETAILS[HOST_SEQ_NO:X32>serial TRAN_DATE:D8>date TRAN_TIME:T6>time DC_FLAG:X1>side "
            "ESCROW_WAY:X2>way CONTRACT_NO:X30>contract DETAIL_NO:X30>detail ACCT_NO:X32>racct ACCT_NAME:X120>aname "
            "OUT_COUNTER_ACCT_NO:X32>oacct OUT_COUNTER_CLIENT_NAME:X120>oname OUT_COUNTER_BRANCH_NAME:X120>obank "
            "TX_AMOUNT:A15>amount REMARK:X120>memo]>rows"
        ),
    ),
    "points_reserve": (
        "220101", "02002000007/01",
        "CLIENT_NO:X20>client ORDER_NO:X32>order TX_AMOUNT:A15>amount REMARK:X60>memo PRODUCT_CODE:X16>product",
        "HOLD_NO:X20>number AVAIL_POINTS:A15>avail",
    ),
    "points_take": (
        "220102", "02002000007/02",
        "CLIENT_NO:X20>client ORDER_NO:X32>order ITEM_NO:X32>part TX_AMOUNT:A15>amount REMARK:X60>memo PRODUCT_CODE:X16>product",
        "REST_POINTS:A15>rest",
    ),
    "points_release": (
        "220103", "02002000007/03",
        "CLIENT_NO:X20>client ORDER_NO:X32>order ITEM_NO:X32>part TX_AMOUNT:A15>amount REMARK:X60>memo PRODUCT_CODE:X16>product",
        "REST_POINTS:A15>rest",
    ),
    "points_return": (
        "220105", "02002000007/04",
        "CLIENT_NO:X20>client ORDER_NO:X32>order ITEM_NO:X32>part TX_AMOUNT:A15>amount REMARK:X60>memo PRODUCT_CODE:X16>product",
        "REST_POINTS:A15>rest",
    ),
    "points_balance": (
        "220104", "03003000010/01",
        "CLIENT_NO:X20>client",
        "POINTS:A15>points AVAIL_POINTS:A15>avail HELD_POINTS:A15>held",
    ),
    "balance": (
        "100102", "03003000001/02",
        "ACCT_NO:X32>acct CUR_CODE:X3>ccy",
        "ACCT_NO:X32>acct LEDGER_BALANCE:G15>ledger AVAIL_BALANCE:G15>avail HELD_AMOUNT:A15>held OVERDRAFT:A15>over",
    ),
    "check_person": (
        "100104", "03003000003/01",
        "ACCT_NO:X32>acct ACCT_NAME:X80>name ID_TYPE:X1>idtype ID_NO:X20>idno PHONE:X11>phone",
        "NAME_AGREES:N1>nameok ID_AGREES:N1>idok PHONE_AGREES:N1>phoneok",
    ),
    "person_accounts": (
        "100106", "03003000004/01",
        ASKED_PERSON,
        (
            "NUM:I3>count ROWS[ACCT_NO:X32>acct CARD_NO:X32>card ACCT_NAME:X80>name ACCT_KIND:X2>kind ACCT_STATE:X2>state "
            "BRANCH_ID:X9>branch CUR_CODE:X3>ccy LEDGER_BALANCE:G15>ledger AVAIL_BALANCE:G15>avail OPEN_DATE:D8>opened "
            "CLOSE_DATE:D8>closed]>rows"
        ),
    ),
    "account_measures": (
        "100107", "03003000004/02",
        "ACCT_NO:X32>acct WITH_EXPIRED:N1>over",
        (
            "NUM:I3>count ROWS[HOLD_NO:X20>number MEASURE_KIND:N1>kind RANK:I3>rank AUTHORITY:X80>authority "
            "DOCUMENT_NO:X60>document TX_AMOUNT:A15>amount FROM_DATE:D8>from TO_DATE:D8>to WHOLE_FLAG:N1>whole "
            "EXPIRED_FLAG:N1>over]>rows"
        ),
    ),
    "person_wealth": (
        "100108", "03003000004/03",
        ASKED_PERSON,
        (
            "NUM:I3>count ROWS[PRODUCT_CODE:X20>prod PRODUCT_NAME:X60>title PRODUCT_KIND:N1>kind ACCT_NO:X32>acct "
            "SHARES:A15>shares VALUE:A15>value ACCT_STATE:X2>state]>rows"
        ),
    ),
    "spread": (
        "200104", "02002000001/04",
        f"{POSTING} PART_NUM:I3>count PARTS[ACCT_NO:X32>pacct ACCT_NAME:X80>ppname AMOUNT:A15>pamount MEMO:X60>pmemo]>parts",
        BOOKED,
    ),
    "cash": (
        "200105", "02002000002/01",
        f"{POSTING} CASH_SIDE:N1>side CASH_BOX:X8>box",
        BOOKED,
    ),
    "enquire": (
        "100105", "03003000009/01",
        "origDate:D8>odate origSeqNo:X32>ocserial",
        "state:N1>state hostSeqNo:X32>hserial hostDate:D8>hdate",
    ),
    "cancel_posting": (
        "200902", "02002000009/02",
        "origDate:D8>odate origSeqNo:X32>ocserial TX_AMOUNT:A15>amount REASON:X60>reason",
        "hostDate:D8>hdate voucherNo:X20>voucher",
    ),
    "keep_listed": (
        "260101", "02002000006/01",
        (
            "SOURCE:X32>source LIST_LEVEL:N1>level LIST_ACT:N1>act AS_OF:X14>asof LIST_KIND:X30>kind LIST_VALUE:X128>value "
            "REASON:X30>reason LIST_NAME:X120>name BANK_ID:X12>bank CONTACT:X60>contact PHONE:X30>phone FROM_TIME:X14>from "
            "TO_TIME:X14>to REMARK:X300>remark"
        ),
        "",
    ),
    "listed": (
        "260102", "03003000007/01",
        "LIST_KIND:X30>kind LIST_VALUE:X128>value LIST_DIGEST:X128>digest",
        "NUM:I3>count ROWS[SOURCE:X32>source LIST_LEVEL:N1>level REASON:X30>reason TO_TIME:X14>to]>rows",
    ),
}
CALLS = {**PAGE, **ASSUMED, **BUDGET, **LENDING}
