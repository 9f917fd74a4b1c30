"""The housing fund's protocol (housing-fund), a second implementation from sections 2 to 6 of its page.

The page has the body's cipher, its mode and its padding as assumed, and so have we: DES, 3DES or SM4, ECB, PKCS#5.
"""

import struct
import xml.etree.ElementTree as Tree
from xml.sax.saxutils import escape

from Cryptodome.Cipher import DES, DES3
from Cryptodome.Util.Padding import pad, unpad
from gmssl import sm4

from housing_fund_bodies import ANSWERED, ASKED, BODIES, OURS, TOLD, longest, table
from housing_fund_files import closed, opened, value, written

# A file's rows by every layout that they may have, and codes as they stand.
OWN = ("DATA.", "raw", "SendSeqNo")
# In section 7: what the last five figures of a bank's code say. Those from 20001 the page does not have, and the adapter assumes.
CODES = {
    "10004": "unknown", "10005": "unknown", "10006": "bad_message", "10015": "unknown", "10016": "other",
    "10020": "bad_message", "10021": "never_seen",
    "20001": "no_such_account", "20002": "insufficient_funds", "20003": "name_mismatch", "20004": "account_state",
    "20005": "no_agreement", "20006": "amount_mismatch", "20007": "duplicate", "20008": "no_data", "20009": "over_limit",
    "20010": "closed_hours", "20099": "other",
}


def cipher(given, octets, opening):
    """The body under the session key, a key of 16 octets being K1 K2 K1."""
    key = bytes.fromhex(given["session"]["hand_key"])
    name = given["setting"]["body_cipher"]
    if name == "sm4_ecb_pkcs5":
        worker = sm4.CryptSM4()
        worker.set_key(key[:16], sm4.SM4_DECRYPT if opening else sm4.SM4_ENCRYPT)
        return worker.crypt_ecb(octets)
    if name == "des_ecb_pkcs5":
        worker = DES.new(key[:8], DES.MODE_ECB)
    else:
        worker = DES3.new(key + key[:8] if len(key) == 16 else key, DES3.MODE_ECB)
    return unpad(worker.decrypt(octets), 8) if opening else worker.encrypt(pad(octets, 8))


def plain(code):
    """The sign-in is plain, and so is the probe (the page says it of the answer alone)."""
    return code in ("BDC001", "SYS600")


def packet(octets, given):
    """The header and the text of a packet."""
    if len(octets) < 20:
        raise ValueError("shorter than a header")
    node, flag, code, filler, length = struct.unpack(">6s1s7s2sI", octets[:20])
    code = code.rstrip(b"\0").decode("ascii")
    if flag != (b"1" if plain(code) else b"0"):
        raise ValueError(f"flag {flag!r} at {code}")
    if length != len(octets) - 20:
        raise ValueError(f"length {length}, {len(octets) - 20} follow")
    front = {"node": node.decode("ascii"), "flag": flag.decode(), "code": code, "filler": filler.hex(), "length": length}
    body = octets[20:] if plain(code) else cipher(given, octets[20:], True)
    return front, body.decode("gbk")


def named(element):
    """Fields and lists by their attribute `name`."""
    found = {}
    for inner in element:
        if inner.tag == "field-list":
            found[inner.get("name")] = named(inner)
        elif inner.tag == "field":
            found[inner.get("name")] = inner.text or ""
        else:
            raise ValueError(f"an element {inner.tag}")
    return found


def rows(inner):
    """A list's rows, named 0, 1 and so on."""
    if list(inner) != [str(row) for row in range(len(inner))]:
        raise ValueError(f"rows named {list(inner)}")
    return list(inner.values())


def fields(found, names):
    known = dict(table(names))
    if strange := set(found) - set(known):
        raise ValueError(f"strange fields {strange}")
    for name, text in found.items():
        if known[name] == "X" and (longest(name) or len(text)) < len(text):
            raise ValueError(f"{name} of {len(text)} characters")
    return {name: value(text, known[name]) for name, text in found.items()}


def meaning(code, given):
    """A code by section 7: 00000, or the bank's node and five figures."""
    node = given["setting"]["node"]
    if code in ("", "00000") or not code.startswith(node):
        return code
    return CODES.get(code[len(node) :], "unknown")


def body_of(code, message, found, given):
    asked, answered, summary = BODIES[code]
    names = asked if message.endswith(".request") else answered
    lists = {"FILES": "FILE_LIST", "ROWS": "SUMMARY"}
    plain_names = " ".join(part for part in names.split() if part not in lists)
    body = fields({name: text for name, text in found.items() if name not in lists.values()}, plain_names)
    if "SUMMARY" in found:
        body["SUMMARY"] = [fields(row, summary) for row in rows(found["SUMMARY"])]
    if "FILE_LIST" in found:
        kind = found.get("FileType")
        body["FILE_LIST"] = [{"NAME": row["NAME"], "DATA": opened(code, kind, row["DATA"])} for row in rows(found["FILE_LIST"])]
        for file in body["FILE_LIST"]:
            for row in file["DATA"]["rows"] if code == "BDC208" else []:
                row["raw"], row["code"] = row["code"], meaning(row["code"], given)
    return body


def read(message, specimen):
    given = specimen["given"]
    front, text = packet(bytes.fromhex(specimen["parts"]["content"]), given)
    declaration, _, document = text.partition("?>")
    if declaration != '<?xml version="1.0" encoding="GBK"':
        raise ValueError(f"it begins {declaration!r}")
    root = Tree.fromstring(document)
    if root.tag != "message" or [part.tag for part in root] != ["head", "body"]:
        raise ValueError("no head and body in a message")
    code = front["code"]
    head = fields(named(root[0]), head_names(code, message))
    if head["TxCode"] != code:
        raise ValueError(f"{head['TxCode']} inside {code}")
    if "RtnCode" in head:
        head["raw"], head["RtnCode"] = head["RtnCode"], meaning(head["RtnCode"], given)
    found = {"head": head}
    if len(root[1]):
        body = found["body"] = body_of(code, message, named(root[1]), given)
        # The gateway keeps the batch's own serial apart from the head's.
        body["SendSeqNo_"] = body.get("SendSeqNo")
    return {"front": front, "body": {"root": found}}


def head_names(code, message):
    return ANSWERED if message.endswith(".reply") else TOLD if code in OURS else ASKED


def element(name, text):
    return f'<field name="{name}">{escape(text)}</field>'


def elements(found, names):
    """Fields in the page's order; one that is absent is written empty, as in section 9."""
    return "".join(element(name, written(found.get(name), kind)) for name, kind in table(names))


def listed(name, inner):
    return f'<field-list name="{name}">' + "".join(
        f'<field-list name="{row}">{text}</field-list>' for row, text in enumerate(inner)
    ) + "</field-list>"


def written_body(code, message, body):
    asked, answered, summary = BODIES[code]
    text = ""
    for part in (asked if message.endswith(".request") else answered).split():
        if part == "ROWS":
            text += listed("SUMMARY", [elements(row, summary) for row in body.get("SUMMARY", [])])
        elif part == "FILES":
            files = []
            for file in body.get("FILE_LIST", []):
                data = {**file["DATA"], "rows": [{**row, "code": row.get("raw")} for row in file["DATA"]["rows"]]}
                files.append(element("NAME", file["NAME"]) + element("DATA", closed(code, body.get("FileType"), data)))
            text += listed("FILE_LIST", files)
        else:
            text += elements(body, part)
    return text


def write(message, found, specimen):
    front, root = found["front"], found["body"]["root"]
    code = front["code"]
    head = {**root["head"], "RtnCode": root["head"].get("raw")}
    body = written_body(code, message, root["body"]) if "body" in root else ""
    text = f'<?xml version="1.0" encoding="GBK"?><message><head>{elements(head, head_names(code, message))}</head>'
    octets = f"{text}<body>{body}</body></message>".encode("gbk")
    octets = octets if plain(code) else cipher(specimen["given"], octets, False)
    flag = b"1" if plain(code) else b"0"
    return struct.pack(">6s1s7s2sI", front["node"].encode(), flag, code.encode(), b"", len(octets)) + octets
