"""The regional telecom operator (bolu-telecom), a second implementation from sections 3 to 6 of its page: a JSON envelope of which
names and values that are not empty are signed, sorted; in it the body, ciphered under the number that stands beside it; files.
A refused answer has no body.
"""

import base64
import json

import objects
import signatures
from Cryptodome.Cipher import AES
from Cryptodome.Util.Padding import pad, unpad
from gmssl import func, sm3, sm4
from tables import line, lines, row, table

HEAD = "version merId:X16 txCode:X6= serial:X32 time:M"
BILL = "month:P amount:Y state:N1="
MOVEMENT = "date:D time:T serial:X32 dc:X1= amount:Y balance:Z otherAcct:X32 otherName:X80 memo:X60"
# Call: code, fields of the request's body, of the answer's.
CALLS = {
    "query_bill": (
        "BL1001", "userNo:X20 item:N2=>item_", f"userName:X60 state due:Y balance:Z bills[{BILL}]",
    ),
    "pay": (
        "BL1002", "userNo:X20 item:N2=>item_ amount:Y bankSerial:X32 payTime:M channel:N3= months[]?", "telSerial:X32 balance:Z time:M",
    ),
    "reverse": ("BL1003", "bankSerial:X32 amount:Y reason", "state"),
    "enquire": ("BL1004", "bankSerial:X32 date:D", "state:X1= telSerial:X32"),
    "transfer": (
        "BL2001",
        "outNo:X32 payerAcct:X32 payeeAcct:X32 payeeName:X80 payeeBank:X12 amount:Y currency:X3= purpose:X60 kind:N1=",
        "bankSerial:X32 state:X1=",
    ),
    "transfer_enquiry": ("BL2002", "outNo:X32 date:D", "state:X1= bankSerial:X32 reason time:M"),
    "balance": ("BL2003", "acct:X32", "ledger:Z available:Z held:Y date:D"),
    "details": ("BL2004", "acct:X32 from:D to:D page>page_ size", f"total list[{MOVEMENT}]"),
    "batch_told": ("BL2005", "batchNo:X32 fileName count amount:Y digest:X64=", "accepted"),
    "batch_enquiry": (
        "BL2006", "batchNo:X32", "state:X1= doneCount? doneAmount:Y? failedCount? failedAmount:Y? resultFile?",
    ),
    "told": ("BL2007", "acct:X32 serial:X32 amount:Y payer:X80 memo:X60 time:M", ""),
    "list_ready": ("BL9001", "date:D fileName count amount:Y digest:X64=", ""),
}
# Begun by the bank.
OURS = {"query_bill", "pay", "reverse", "enquire", "told", "list_ready"}

ROW = "seq:I payeeAcct:X32 payeeName:X80 payeeBank:X12 amount:Y purpose:X60"
BATCH = "batchNo:X32 count:I amount:Y"
RESULT = (BATCH, f"{ROW} state:X1= bankSerial:X32 reason")
FILES = {
    "batch.request": (BATCH, ROW),
    "batch.reply": RESULT,
    "batch.later": RESULT,
    "put_day_list.request": (
        "date:D count:I amount:Y rcount:I ramount:Y",
        "bankSerial:X32 telSerial:X32 userNo:X20 item:N2=>item_ amount:Y payTime:M state:X1=",
    ),
}


def cipher(specimen, opening):
    """What opens, or seals, octets under a number of 16 octets."""
    key = bytes.fromhex(specimen["given"]["key"]["content"])
    if specimen["variant"]["cipher"] == "aes":
        if opening:
            return lambda number, octets: unpad(AES.new(key, AES.MODE_CBC, number).decrypt(octets), 16)
        return lambda number, octets: AES.new(key, AES.MODE_CBC, number).encrypt(pad(octets, 16))
    worker = sm4.CryptSM4()
    worker.set_key(key, sm4.SM4_DECRYPT if opening else sm4.SM4_ENCRYPT)
    return lambda number, octets: bytes(worker.crypt_cbc(number, octets))


def raw_sm2_good(key, octets, sign):
    """SM2 with SM3, r and s one behind the other."""
    found = base64.b64decode(sign, validate=True)
    if len(found) != 64:
        return False
    point = base64.b64decode("".join(key.strip().splitlines()[1:-1]))[-64:].hex()
    worker = signatures.sm2.CryptSM2(private_key="", public_key=point)
    return bool(worker.verify_with_sm3(found.hex(), octets))


def seal(found, message, specimen):
    """Whether the signature is good; the answer's is of the other side."""
    texts = sorted((name, text) for name, text in found.items() if name != "sign" and text != "")
    octets = "&".join(f"{name}={text}" for name, text in texts).encode("utf-8")
    ours = (message.split(".")[0] in OURS) == message.endswith(".request")
    key = specimen["given"]["key"]["bank" if ours else "bolu"]
    if specimen["variant"]["sign_type"] == "rsa2":
        return found["signType"] == "RSA2" and signatures.good(key, octets, found["sign"])
    return found["signType"] == "SM2" and raw_sm2_good(key, octets, found["sign"])


def layout(message, refused):
    call, side = message.split(".")[:2]
    code, asked, answered = CALLS[call]
    told = " code:N6= msg:X200" if side != "request" else ""
    body = "" if refused else f" iv:X32= encData({asked if side == 'request' else answered})"
    return code, table(f"{HEAD}{told}{body} signType sign")


def packet(message, specimen):
    found = json.loads(bytes.fromhex(specimen["parts"]["content"]).decode("utf-8"))
    code, fields = layout(message, found.get("code", "000000") not in ("000000", "300001"))
    if (found["version"], found["txCode"]) != ("1.0", code):
        raise ValueError(f"{found['txCode']} at {code}")
    if not seal(found, message, specimen):
        raise ValueError("the signature is wrong")
    if "encData" in found:
        opened = cipher(specimen, True)(bytes.fromhex(found["iv"]), base64.b64decode(found["encData"], validate=True))
        found["encData"] = json.loads(opened.decode("utf-8"))
    # The number stands in the message; the gateway also keeps the octets that it drew.
    drawn = {"drawn": found["iv"]} if "iv" in found else {}
    return {"content": objects.read(found, fields), **drawn}


def of_packet(message, found, specimen):
    content = found["content"]
    _, fields = layout(message, "encData" not in content)
    tree = objects.write(content, fields)
    if "encData" in tree:
        body = objects.text_of(tree["encData"]).encode("utf-8")
        tree["encData"] = base64.b64encode(cipher(specimen, False)(bytes.fromhex(tree["iv"]), body)).decode("ascii")
    if not seal(tree, message, specimen):
        raise ValueError("written again, the signature does not cover it")
    return objects.text_of(tree).encode("utf-8")


def name_of(message, found, specimen):
    """The file's name. The day that it names is said twice, and made up twice."""
    merchant = specimen["given"]["setting"]["merchant"]
    if message == "put_day_list.request":
        return f"BLDZ_{merchant}_{specimen['file'][-12:-4]}.txt"
    return f"BLPL_{merchant}_{found['head']['batchNo']}.txt"


def file(message, specimen):
    texts = lines(bytes.fromhex(specimen["parts"]["content"]), "utf-8", "\n")
    head, detail = FILES[message]
    if message == "put_day_list.request" and texts.pop() != "END":
        raise ValueError("the last line is missing")
    found = {"head": row(texts[0], head), "detail": [row(text, detail) for text in texts[1:]]}
    if message == "put_day_list.request":
        back = [one["amount"] for one in found["detail"] if one["state"] == "R"]
        all_ = [one["amount"] for one in found["detail"]]
        said = tuple(found["head"][name] for name in ("count", "amount", "rcount", "ramount"))
        if said != (len(all_), sum(all_), len(back), sum(back)):
            raise ValueError("the first line does not agree with the others")
        found["tail"] = {"mark": "END"}
    # A result is named by the request that it answers, which is none of its own values.
    if message.endswith(".request") and specimen["file"] != name_of(message, found, specimen):
        raise ValueError(f"the name is {name_of(message, found, specimen)}, found {specimen['file']}")
    # Beside each file its digest, of the octets as they stand.
    return found | {"done": {"digest": sm3.sm3_hash(func.bytes_to_list(bytes.fromhex(specimen["parts"]["content"])))}}


def of_file(message, found):
    head, detail = FILES[message]
    texts = [line(found["head"], head)] + [line(one, detail) for one in found["detail"]]
    if message == "put_day_list.request":
        texts.append("END")
    return "".join(f"{text}\n" for text in texts).encode("utf-8")


def is_file(message):
    return message in FILES


def read(message, specimen):
    return file(message, specimen) if is_file(message) else packet(message, specimen)


def write(message, found, specimen):
    return of_file(message, found) if is_file(message) else of_packet(message, found, specimen)
