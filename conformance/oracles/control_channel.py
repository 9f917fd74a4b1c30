"""Police, state security and economic crime on the regulator's channel, a second implementation from the pages of the family:
zips of XML whose values stand in attributes, under a password that is the packet's name. What differs is said by each party.

Names of the files in a zip stand in the gateway as patterns but where a packet has one of a kind. To what a zip is compressed
no page says: it is written again as it was sent where each of its files has the same name and content.
"""

import base64
import io
import re
import zipfile

import attributes
from tables import table

BASIC = "BASICINFO(QQDBS QQCSLX:N2= SQJGDM MBJGDM CKZTLB:N2=? ZTLB:N2=? AJLX JJCD:N2= BEIZ FSSJ:S)"
PERSON = (
    "QUERYPERSON(QQRXM QQRZJLX QQRZJHM QQRDWMC QQRSJH XCRXM XCRZJLX XCRZJHM QQRBGDH? XCRSJH? XCRBGDH?)"
)
# Letters inside of an order: the police's LIINFO, state security's WSINFO; the family reads both.
LETTERS = "LIINFOS(LIINFO[WJMC WJLX WSLX WSNR] WSINFO[WJMC WJLX WSLX WSNR])?"
ASKED = "RWLSH ZZLX ZZHM ZTMC CXZH CXNR:N2= MXSDLX MXQSSJ:Q MXJZSJ:Q CXFS"

CUSTOMER = (
    "RWLSH CXFKJG:N2= CXFKJGYY ZZLX ZZHM KHMC LXDH LXSJ DBRXM DBRZJLX DBRZJHM ZZDZ ZZDH GZDW DWDZ DWDH YXDZ FRDB FRDBZJLX FRDBZJHM "
    "KHGSZZHM GSNSH DSNSH"
)
ACCOUNT = "KH ZH ZHLB ZHZT KHWD KHWDDM KHRQ:D XHRQ:D XHWD BZ CHBZ ZHYE:Y KYYE:Y ZHJYSJ:M BEIZ"
HELD = (
    "MEASURES(MEASURE[ZH CSXH:I DJKSRQ:D DJJZRQ:D DJJGMC DJJE:Y BEIZ DJCSLX]) "
    "PRIORITIES(PRIORITY[ZH XH:I QLLX ZZLXDM ZZHM QLRXM QLJE:Y QLRDZ QLRLXFS]) "
    "SUBACCOUNTS(SUBACCOUNT[ZH ZZHXH ZZHLB ZZHZH BZ CHBZ ZHYE:Y ZHZT KYYE:Y])"
)
MOVEMENT = (
    "RWLSH CXFKJG:N2= CXFKJGYY CXZH CXKH JYLX JDBZ BZ JE:Y YE:Y JYSJ:X14= JYLSH JYDFXM JYDFZKH JYDFZKHLX JYDFZJHM JYDSYE:Y JYDFZHKHH "
    "JYZY JYWDMC JYWDDM RZH CPH PZZL PZH XJBZ ZDH JYSFCG JYFSD SHMC SHH IP MAC JYGYH BEIZ"
)
WATCHED = (
    "RWLSH ZH KH ZHMC ZHBZ ZHDYKH JYCZ CZSJ:X14= JYDD AJLX JYJE:Y JDBZ JYBZ ZHXYED:Y KHZJLX KHZJHM JYDFZKH JYDFZKHLX DFZHMC DFZHBZ PZZL "
    "PZH XJBZ FWJM ZDH KYXQ JYLXYHK JYLXGJK SHH SHMC WDMS WDDZ WDDH GYH SQGYH JYDM FJYBZ CZJYBS"
)
FROZEN = (
    "RWLSH ZH KH ZXJG:N1= SQDJXE:Y SDJE:Y YE:Y ZXQSSJ:M DJJSRQ:D WNDJYY DJJG DJJE:Y DJJZRQ:D WDJJE:Y ZHKYYE:Y BEIZ"
)
FROZEN_PART = (
    "FREEZEDETAIL[RWLSH ZH ZHZZH ZZHXH ZZHYE:Y ZXJG:N1= ZXJGYY DJJG ZXDJJE:Y DJJZRQ:D DJJE:Y DJKSSJ:M WDJJE:Y DJJSSJ:D BZ CHBZ]"
)
STOPPED_PART = "STOPPAYMENTDETAIL[RWLSH ZH ZHZZH ZZHXH ZZHYE:Y ZXJG:N1= ZXJGYY ZFKSSJ:M ZFJSSJ:M BZ CHBZ]"


class Base64:
    """Police and economic crime: each value in UTF-8 and base64; octets in base64, and that again."""

    def text(self, value):
        return base64.b64decode(value, validate=True).decode("utf-8")

    def octets(self, value):
        return base64.b64decode(self.text(value), validate=True)

    def of_text(self, text):
        return base64.b64encode(text.encode("utf-8")).decode("ascii")

    def of_octets(self, octets):
        return self.of_text(base64.b64encode(octets).decode("ascii"))


class Plain:
    """State security: values as they are, octets in base64."""

    def text(self, value):
        return value

    def octets(self, value):
        return base64.b64decode(value, validate=True)

    def of_text(self, text):
        return text

    def of_octets(self, octets):
        return base64.b64encode(octets).decode("ascii")


class Party:
    def __init__(self, agency, coding, sealed=True, replies="", customer="", account="", lists="", frozen=FROZEN_PART):
        """`agency`: figures of who asks in a name; `sealed`: what we send is under a password; then what is more than at the police."""
        self.agency, self.coding, self.sealed = agency, coding, sealed
        form = f"FEEDBACKFORM(QQDBS CKZTLB:N2= SQJGDM MBJGDM {{}} {replies} {{}})"
        in_list, beside = f"{ACCOUNT} {account}", f"{CUSTOMER} {customer} {ACCOUNT} {account}"
        # An attribute that both a customer and an account have stands once.
        names = beside.split()
        beside = " ".join(name for at, name in enumerate(names) if name not in names[:at])
        # Class of the file: what the message calls it, whether there may be several, its document.
        self.files = {
            "request": {
                "SS01 SS02 SS05 SS06": (
                    "query_forms", True,
                    f"QUERYFORM({BASIC} {PERSON} {LETTERS} QUERYMAINS(QUERYMAIN[{ASKED}])? QUERYACCOUNTS(QUERYACCOUNT[{ASKED}])?)",
                ),
                "SS11 SS12": (
                    "watch_forms", True,
                    f"CONTROLFORM({BASIC} {PERSON} {LETTERS} CONTROLACCOUNTS(CONTROLACCOUNT[RWLSH YRWLSH ZH KSSJ:Q ZXSJQJ JSSJ:Q]))",
                ),
                "SS17 SS18": (
                    "freeze_forms", True,
                    f"FREEZEFORM({BASIC} {PERSON} {LETTERS} FREEZEACCOUNTS(FREEZEACCOUNT[RWLSH YRWLSH DJZHHZ ZZLXDM ZZHM ZH ZHXH "
                    "DJFS:N2= JE:Y BZ KSSJ:Q JSSJ:Q]))",
                ),
                "SS21 SS22": (
                    "stop_forms", True,
                    f"STOPPAYMENTFORM({BASIC} {PERSON} {LETTERS} STOPPAYMENTACCOUNTS(STOPPAYMENTACCOUNT[RWLSH ZH YRWLSH ZXSJQJ:I]))",
                ),
                "SS25": (
                    "image_forms", True,
                    f"QUERYPICFORM({BASIC} {PERSON} {LETTERS} QUERYPICACCOUNTS(QUERYPICACCOUNT[RWLSH ZH KH JYLSH PZTXLX]))",
                ),
                "LI2": ("letters", True, "LIINFOFORM(LIINFOS(LIINFO[WJMC WJLX WSLX WSNR:O]))"),
            },
            "reply": {"RR28": ("receipt", False, "RETURNRECEIPTS(RETURNRECEIPT(QQDBS SQJGDM MBJGDM HZDM:N5= JSSJ:M HZSM))")},
            "feed_query": {
                "SS03 SS04": (
                    "paper_files", True,
                    form.format("CXJSSJ:M", f"CUSTOMER({CUSTOMER} {customer} ACCOUNTS(ACCOUNT[{in_list}]) {HELD} {lists})"),
                ),
                "SS07 SS08": ("account_files", True, form.format("CXJSSJ:M", f"ACCOUNT({beside}) {HELD}")),
                "SS09 SS10": ("movement_files", True, form.format("HZSJ:M", f"TRANSACTIONRECORD[{MOVEMENT}]")),
            },
            "feed_watch": {
                "SS13 SS14": (
                    "result", True, form.format("HZSJ:M", "CONTROLRECORD(RWLSH ZH KH ZXJG:N1= SBYY FKSJHM ZXQSSJ:M ZXSJQJ JSSJ:D)"),
                ),
            },
            "feed_movement": {"SS15 SS16": ("result", True, form.format("HZSJ:M", f"CONTROLRECORD({WATCHED})"))},
            "feed_freeze": {"SS19 SS20": ("result", True, form.format("HZSJ:M", f"FREEZERECORD({FROZEN} {frozen})"))},
            "feed_stop": {
                "SS23 SS24": (
                    "result", True, form.format("HZSJ:M", f"STOPPAYMENTRECORD(RWLSH ZH ZXJG:N1= SBYY ZXQSSJ:M {STOPPED_PART})"),
                ),
            },
            "feed_images": {
                "SS26": (
                    "result", False,
                    f"FEEDBACKFORM(QQDBS CKZTLB:N2= SQJGDM QQCSLX:N2= MBJGDM CXJSSJ:X8= {replies} "
                    "QUERYPICRECORD[RWLSH ZH KH JYLSH PZTXLX TXWJM ZXJG:N1= SBYY BEIZ])",
                ),
            },
            "feed_end": {
                "RR29": (
                    "result", False,
                    "EXECRESULTS(EXECRESULT(QQDBS QQCSLX:N2= SQJGDM MBJGDM HZSJ:M JSRWS:I FKRWS:I FKKHS:I FKZHS:I FKJYMXS:I))",
                ),
            },
        }
        # The name of its record is not public.
        paper = ("document", False, "FEEDBACKFORM(QQDBS SQJGDM MBJGDM HZSJ:M SFXD RECEIPTRECORD(RWLSH HZ:O HZWJLX))")
        self.files["feed_freeze"]["RR30"] = self.files["feed_stop"]["RR30"] = paper

    def part(self, message, name):
        """What a message calls a file of a packet, whether there may be several, and its document, if it is one."""
        call, side = message.split(".")
        kinds = self.files[call if call.startswith("feed_") else side]
        if not name.endswith(".xml"):
            plain = {"LI25": "papers", "LI26": "cards", "LI27": "cards", "SS26": "images"}
            return plain[name[:4]], True, None
        part, many, fields = next(kind for classes, kind in kinds.items() if name.startswith(tuple(classes.split())))
        return part, many, table(fields)

    def name(self, message, file):
        """A packet's name: who asks, bank 17, order 22 and, but of an order, serial 12."""
        serial = "" if message == "packet.request" else r"(\d{12})"
        found = re.fullmatch(rf"(\d{{{self.agency}}})(.{{17}})(\d{{22}}){serial}\.zip", file)
        if not found:
            raise ValueError(f"the name {file!r}")
        name = dict(zip(("agency", "bank", "order", "serial"), found.groups()))
        # The receipt is always number one.
        if message == "packet.reply" and name["serial"] != "000000000001":
            raise ValueError(f"a receipt with number {name['serial']}")
        if "serial" in name and message != "packet.reply":
            name["serial"] = int(name["serial"])
        return name

    def contents(self, message, specimen):
        sealed = self.sealed or message == "packet.request"
        password = specimen["file"].removesuffix(".zip").encode("utf-8")
        with zipfile.ZipFile(io.BytesIO(bytes.fromhex(specimen["parts"]["content"]))) as packet:
            for entry in packet.infolist():
                if bool(entry.flag_bits & 1) != sealed:
                    raise ValueError(f"{entry.filename} is {'not ' if sealed else ''}under a password")
                yield entry.filename, packet.read(entry, pwd=password)

    def read(self, message, specimen):
        if message == "front_machine_log.request":
            text = bytes.fromhex(specimen["parts"].get("content", "")).decode("gbk")
            return {"lines_": [{"text": line} for line in text.split("\r\n")[:-1]]}
        found = {"name": self.name(message, specimen["file"])}
        own = specimen["file"][self.agency : -4]
        for name, octets in self.contents(message, specimen):
            part, many, fields = self.part(message, name)
            content = octets.hex().upper() if fields is None else attributes.document(octets.decode("utf-8"), fields, self.coding)
            if many:
                found.setdefault(part, []).append({"name": name, "content": content})
            elif name[4:] != f"{own}.xml":
                raise ValueError(f"{name} in {specimen['file']}")
            else:
                found[part] = content
        return found

    def write(self, message, found, specimen):
        if message == "front_machine_log.request":
            return "".join(f"{line['text']}\r\n" for line in found["lines_"]).encode("gbk")
        taken = {}
        for name, octets in self.contents(message, specimen):
            part, many, fields = self.part(message, name)
            content = found[part]
            if many:
                content = content[taken.get(part, 0)]["content"]
                taken[part] = taken.get(part, 0) + 1
            again = bytes.fromhex(content) if fields is None else attributes.of_document(content, fields, self.coding).encode("utf-8")
            if again != octets:
                at = next((at for at, (a, b) in enumerate(zip(again, octets)) if a != b), min(len(again), len(octets)))
                raise ValueError(f"written again, {name} is another from offset {at}: {octets[at - 30 : at + 30]}")
        return bytes.fromhex(specimen["parts"]["content"])
