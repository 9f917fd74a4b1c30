"""Documents of the court's enquiries and controls (court-control), from section 4 of its page.

An attribute is `Name` (text), or `Name:K` with K of A amount of two places, I number, B octets, and of times D
`yyyy-MM-dd`, S `yyyy/MM/dd`, T `yyyy/MM/dd HH:mm:ss`, M the same with `-`, and Q as T, of which the gateway takes the day.
`?` behind it: left out where there is none (older names); all others are written empty.
"""

# 4.3 and 4.5: rights of others, the same in both feedbacks.
RIGHTS = "XH:I ZCXH JRCPBH QLLX QLR QLJE:A QLRDZ QLRLXFS BEIZ"
# The page gives no form to JYSJ, nor to DJJZRQ of a query; the adapter writes days with `/`, as in 4.5.
MOVES = (
    "WLXH:I JYZL ZJLX BZ JE:A JYSJ:S JYLSH ZCKZXM ZCKZH ZCKZHKHH JYDSYHHH JYDSZJLX JYDSZJHM JYDSTXDZ JYDSYZBM JYDSLXDH BEIZ"
)
ERROR = "errorMsg? ErrorMSG? errMsg?"

# Element, where its place matters with what it stands in: its attributes.
ATTRIBUTES = {
    "usermarker/condition": "username password",
    "wsbhinfo/condition": "WSBH",
    "bdhminfo/condition": "BDHM",
    "cxqqList": ERROR,
    "kzqqList": ERROR,
    "wsinfoList": ERROR,
    "zjinfoList": ERROR,
    "result": ERROR,
    "cxqq": (
        "BDHM LB XZ XM GJ? FZJG? ZJLX DSRZJHM FYMC FYDM CBR YHDH AH GZZBH GWZBH? GWZBM? CKH CKKSSJ:Q CKJSSJ:Q WSBH"
    ),
    "wsinfo": "WSBH BDHM XH:I WJMC WJLX WSLB MD5 WSNR:B",
    "zjinfo": "BDHM XH:I ZJMC GZZBM GZZWJGS GZZ:B GWZBM GWZWJGS GWZ:B",
    "zhxx": (
        "BDHM CCXH:I KHZH CCLB ZHZT KHWD KHWDDM KHRQ:Q XHRQ:Q BZ YE:A KYYE:A GLZJZH FKSJ:T TXDZ YZBM LXDH BEIZ"
    ),
    "jrxx": (
        "ZCXH:I ZCMC ZCLX CPXSZL DQH JRCPBH LCZH ZJHKZH ZCGLR ZCKFJY ZCJYXZ XZXCRQ ZYQR TGR SYR CLR SHR TGZH JLDW BZ ZCDWJG:A "
        "SE:A KYSE:A ZCZJE:A BEIZ"
    ),
    "zhxx/djxx": "CSXH:I ZCXH JRCPBH DJJZRQ:S DJJG DJWH DJJE:A BEIZ",
    "zhxx/wlxx": MOVES,
    # Movements apart from their account must say whose they are; the page does not say how.
    "wlxxList/wlxx": f"BDHM CCXH:I {MOVES}",
    "zhxx/qlxx": RIGHTS,
    "glxx": "GLXH:I ZKHZH GLZHLB GLZHHM BZ YE:A KYYE:A BEIZ",
    "kzqq": "BDHM LB XZ XM ZJLX DSRZJHM FYMC FYDM CBR YHDH AH GZZBH GWZBH CKH LXFS BEIZ",
    "kzzh": (
        "CCXH:I KZLX KZCS KHZH GLZHHM CCLB KHWD KHWDDM ZCMC ZCLX CPXSZL DQH JRCPBH LCZH ZJHKZH JLDW KZNR BZ JE:A SE KSRQ:D "
        "JSRQ:D SFJH CKWH ZXKZHHM ZXKZHKHH ZXKZHKHHHH ZXKZHZH ZXKZHLX YDJAH YDJDH"
    ),
    "kzxx": (
        "BDHM CCXH:I KHZH JRCPBH LCZH KZNR KZZT YE:A KYYE:A CSKSRQ:M CSJSRQ:M DJXE:A SKSE SKJE:A CESKJE:A WNKZYY BEIZ"
    ),
    "kzxx/djxx": "BDHM CCXH:I CSXH:I JRCPBH DJJG DJWH DJJE:A DJJZRQ:S BEIZ",
    "kzxx/qlxx": f"BDHM CCXH:I {RIGHTS}",
    "hzxx": "BDHM WJMC WJLX WSLB WSNR:B MD5",
    "htxx": "BDHM XCHTYY XCHTBZ XCHTR XCHTDH",
    # In mode A they may come in lower case.
    "jg": "BDHM? RESULT? MSG? bdhm? result? msg?",
}
# What stands once in what it stands in; all else that is no list stands once a row.
ONCE = {"condition", "jg"}

# Mode A: operation: root of what is asked (None: the user marker alone), root of the answer.
OPERATIONS = {
    "getXzcxList": (None, "cxqqList"),
    "cxwsInfo": ("wsbhinfo", "wsinfoList"),
    "getXzkzList": (None, "kzqqList"),
    "kzwsInfo": ("bdhminfo", "wsinfoList"),
    "zjInfo": ("bdhminfo", "zjinfoList"),
    "shfeedXzcxInfo": ("zhxxList", "result"),
    "shfeedXzcxwlxxInfo": ("wlxxList", "result"),
    "shfeedXzkzInfo": ("kzxxList", "result"),
    "htInfo": ("htxxList", "result"),
}


def attributes(tag, around):
    """(name, kind, whether it may be missing) of an element's attributes. `around`: elements that it stands in."""
    known = next((ATTRIBUTES[f"{outer}/{tag}"] for outer in around if f"{outer}/{tag}" in ATTRIBUTES), None)
    found = []
    for part in (ATTRIBUTES.get(tag, "") if known is None else known).split():
        name, _, kind = part.rstrip("?").partition(":")
        found.append((name, kind or "X", part.endswith("?")))
    return found
