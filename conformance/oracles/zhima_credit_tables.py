"""Methods of the credit platform (zhima-credit), from sections 2, 4 and 6 of its page.

A field is `Name` (text), or `Name:K` with K of N number, Q number in quotes, B true or false, Y yuan of two places in quotes,
T moment; `?` behind it: may be missing; `Name(…)` a text that holds JSON itself, `Name[…]` a list.
"""

COMMON = (
    "app_id method format charset sign_type sign timestamp:T version auth_token? app_auth_token? notify_url? return_url? "
    "encrypt_type?"
)
# Of an answer; with anything but code 10000 nothing follows.
NODE = "code msg sub_code? sub_msg?"

PERSON = "cert_type cert_no name"
CONTACT = "mobile? email? bank_card? address? ip? mac? wifimac? imei? imsi?"
FRAUD = f"transaction_id product_code {PERSON} {CONTACT}"
# By `identity_type`: 1 a mobile number, 2 a document. `identity_param` is a text; the page says JSON, and public clients
# write it as a string inside of biz_content.
IDENTITY = "identity_param(certNo? certType? name? mobileNo?)"
RECORD = (
    "user_name user_credentials_type user_credentials_no order_no biz_type order_status create_amt:Y pay_month gmt_ovd_date? "
    "overdue_days:N? overdue_amt:Y? gmt_pay? memo?"
)

# Method: fields of the request, fields of the answer.
METHODS = {
    "zhima.credit.score.get": ("transaction_id product_code", "biz_no zm_score:Q"),
    "zhima.credit.score.brief.get": (
        f"transaction_id product_code {PERSON} admittance_score:N? open_id? linked_merchant_id?",
        "biz_no is_admittance",
    ),
    "zhima.credit.watchlistii.get": (
        "transaction_id product_code open_id?",
        "biz_no is_matched:B details[biz_code type code level:N refresh_time settlement:B extend_info[key value description?]?]",
    ),
    "zhima.credit.watchlist.brief.get": (f"transaction_id product_code {PERSON}", "biz_no is_matched:B level?"),
    "zhima.credit.antifraud.score.get": (FRAUD, "biz_no score:N"),
    "zhima.credit.antifraud.verify": (FRAUD, "biz_no verify_code[]"),
    "zhima.credit.antifraud.risk.list": (FRAUD, "biz_no hit risk_code[]"),
    # The page names neither the contact's fields nor the result's: those of the fraud check, and `match_result`, are assumed.
    "zhima.credit.relation.query": (FRAUD, "biz_no match_result"),
    "zhima.auth.info.authquery": (f"identity_type {IDENTITY} auth_category", "authorized:B open_id?"),
    "zhima.auth.info.authorize": (f"identity_type {IDENTITY} biz_params(auth_code channelType state)", ""),
    # The page has no names inside of this identity_param; public clients have these.
    "zhima.customer.certification.initialize": (
        "transaction_id product_code biz_code identity_param(identity_type cert_type cert_name cert_no) merchant_config? "
        "ext_biz_param?",
        "biz_no",
    ),
    "zhima.customer.certification.certify": ("biz_no", ""),
    "zhima.customer.certification.query": ("biz_no", "passed:B failed_reason?"),
    "zhima.data.batch.feedback": ("", ""),
}
# Beside the common parameters of the feedback, whose file is another part.
FEEDBACK = "file_type file_charset records:N columns primary_key_columns type_id"
NOTICE = "notify_time:T notify_type notify_id app_id charset version sign_type open_id state error_message? sign"

# What the gateway names otherwise, or puts into a group of its own.
NAMES = {"key": "key_"}
INSIDE = {"identity_param": "person", "biz_params": "said"}


def split(text):
    """Fields of a line, brackets kept together."""
    found, depth, part = [], 0, ""
    for sign in text + " ":
        depth += (sign in "([") - (sign in ")]")
        if sign == " " and depth == 0:
            found += [part] if part else []
            part = ""
        else:
            part += sign
    return found


def table(text):
    """(name, kind, may be missing, fields inside): kind `(` a text with JSON, `[` a list."""
    found = []
    for part in split(text):
        may = part.endswith("?")
        part = part[:-1] if may else part
        for opening, closing in ("()", "[]"):
            if part.endswith(closing):
                name, inner = part[:-1].split(opening, 1)
                found.append((name, opening, may, inner))
                break
        else:
            name, _, kind = part.partition(":")
            found.append((name, kind or "X", may, ""))
    return found
