"""The court's enquiries and controls (court-control), a second implementation from sections 2 to 6 of its page.

Mode A is a web service, mode B zip files. What a zip is compressed to, and its times, no page says: a zip is written again
as it was sent where each of its files has the same name and the same text.
"""

import hashlib
import io
import re
import xml.etree.ElementTree as Tree
import zipfile

from court_control_tables import OPERATIONS
from court_control_xml import Folder, WebService, document, from_base64, of_document, to_base64

# What was called, and the name that the gateway has another for.
OWN = ("operation", "result")
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
SPACE = "http://syyh.service.webService.ckw.tdh/"

# What a packet's file name begins with, and of each file in it its beginning, the gateway's name and the root.
PACKETS = {
    "CXQQ": [("QA", "orders", "cxqqList"), ("QI", "papers", "wsinfoList"), ("QC", "cards", "zjinfoList")],
    "KZQQ": [("QA", "orders", "kzqqList"), ("QI", "papers", "wsinfoList"), ("QC", "cards", "zjinfoList")],
    "CXFK": [("QNA", "returns", "htxxList"), ("QR", "results", "zhxxList")],
    "KZFK": [("QNA", "returns", "htxxList"), ("QRI", "receipts", "hzxxList"), ("QR", "results", "kzxxList")],
    "CXHZ": [("Q", "returns", "htxxList")],
    "KZHZ": [("Q", "returns", "htxxList")],
}


def documents(tree):
    """Every document in it has the digest that it says."""
    for inner in tree.values():
        for row in inner if isinstance(inner, list) else [inner]:
            if isinstance(row, dict):
                if "WSNR" in row and row["WSNR"] is not None:
                    digest = hashlib.md5(bytes.fromhex(row["WSNR"])).hexdigest()
                    if digest != row["MD5"].lower():
                        raise ValueError(f"the MD5 is {digest}, found {row['MD5']}")
                documents(row)
    return tree


def verdict(tree):
    """4.6: an answer without an error text is a good one. The gateway keeps `result` of an order as `result_`."""
    if "result" in tree:
        root = tree["result"]
        for name in ("errorMsg", "ErrorMSG", "errMsg"):
            root.setdefault(name, "done")
        for name in ("cxjglist", "htjglist"):
            row = root.get(name, {}).get("jg", {})
            if "result" in row:
                row["result_"] = row["result"]
    return tree


def call(octets):
    """The element inside the body, and its operation."""
    envelope = Tree.fromstring(octets)
    inner = envelope.find(f"{{{SOAP}}}Body")
    if envelope.tag != f"{{{SOAP}}}Envelope" or inner is None or len(inner) != 1:
        raise ValueError("no call in a SOAP 1.1 envelope")
    name = re.fullmatch(re.escape(f"{{{SPACE}}}") + "(.*)", inner[0].tag)
    if not name:
        raise ValueError(f"{inner[0].tag} is of another namespace")
    return name[1], {part.tag: part.text for part in inner[0]}


def service(message, specimen):
    operation, parts = call(bytes.fromhex(specimen["parts"]["content"]))
    coding = WebService()
    if message.endswith(".reply"):
        operation = operation.removesuffix("Response")
        result = document(from_base64(parts["return"]).decode("ascii"), coding)
        if list(result) != [OPERATIONS[operation][1]]:
            raise ValueError(f"{list(result)} answers {operation}")
        return {"content": {"answer_": {"result": verdict(documents(result)), "operation": operation}}}
    root, _ = OPERATIONS[operation]
    # The page gives the value; SOAP 1.1, in 6.1.1, puts it in quotes.
    action = f'"{SPACE}SyyhConvertDataHandle/{operation}"'
    if bytes.fromhex(specimen["parts"]["headers"]) != f"SOAPAction: {action}\r\n".encode("ascii"):
        raise ValueError(f"no SOAPAction {action}")
    marker = document(from_base64(parts["arg0"]).decode("ascii"), coding)
    given = specimen["given"]
    password = bytes.fromhex(given["key"]["password"]).decode("utf-8")
    if marker != {"usermarker": {"condition": {"username": given["setting"]["user_name"], "password": password}}}:
        raise ValueError("the user marker is another")
    found = {"marker": marker, "operation": operation}
    if root:
        found["payload"] = documents(document(from_base64(parts["arg1"]).decode("ascii"), coding))
        if list(found["payload"]) != [root]:
            raise ValueError(f"{list(found['payload'])} is asked of {operation}")
    return {"headers": {"action": action}, "content": {"call": found}}


def files(octets):
    with zipfile.ZipFile(io.BytesIO(octets)) as packet:
        return [(entry.filename, packet.read(entry).decode("utf-8")) for entry in packet.infolist()]


def packet(specimen):
    """Section 6: names of 4, 17 and 30 characters and, of a control feedback, the order in 30 with zeros before it."""
    name = specimen["file"].removesuffix(".zip")
    kind, bank, batch, order = name[:4], name[4:21].rstrip(), name[21:51].rstrip(), name[51:]
    if kind == "KZFK" and len(order) != 30:
        raise ValueError(f"the order in {name} is of {len(order)} characters")
    found = {"name": {"kind": kind, "bank": bank, "batch": batch, "order": order.lstrip("0") if kind == "KZFK" else order}}
    for inner, text in files(bytes.fromhex(specimen["parts"]["content"])):
        begins, part, root = next(row for row in PACKETS[kind] if inner.startswith(row[0]))
        # Names of what the court sends stand in the adapter as patterns. Behind bank and batch the page leaves open what
        # follows in a feedback; a return has the key of the request's packet, whose kind it begins with.
        asked = {"CXFK": "CXQQ", "KZFK": "KZQQ"}.get(kind, "") if begins == "QNA" else ""
        if "*" not in inner and not inner.startswith(f"{begins}{asked}{bank}{batch}"):
            raise ValueError(f"a file {inner} in {name}")
        tree = documents(document(text, Folder()))
        if list(tree) != [root]:
            raise ValueError(f"{list(tree)} in {inner}")
        found[part] = tree
    return found


def read(message, specimen):
    return service(message, specimen) if specimen["variant"]["mode"] == "web_service" else packet(specimen)


def of_service(found):
    coding = WebService()
    content = found["content"].get("call") or found["content"]["answer_"]
    operation = content["operation"]
    if "result" in content:
        tree = {root: dict(inner) for root, inner in content["result"].items()}
        for name in ("errorMsg", "ErrorMSG", "errMsg"):
            if tree.get("result", {}).get(name) == "done":
                del tree["result"][name]
        tag, inner = f"{operation}Response", f"<return>{to_base64(of_document(tree, coding).encode('ascii'))}</return>"
    else:
        tag, trees = operation, [content[part] for part in ("marker", "payload") if part in content]
        texts = [to_base64(of_document(tree, coding).encode("ascii")) for tree in trees]
        inner = "".join(f"<arg{at}>{text}</arg{at}>" for at, text in enumerate(texts))
    return (
        f'<soapenv:Envelope xmlns:soapenv="{SOAP}"><soapenv:Body><n:{tag} xmlns:n="{SPACE}">{inner}</n:{tag}>'
        "</soapenv:Body></soapenv:Envelope>"
    ).encode("utf-8")


def write(message, found, specimen):
    if specimen["variant"]["mode"] == "web_service":
        return of_service(found)
    sent = bytes.fromhex(specimen["parts"]["content"])
    ours = []
    for inner, _ in files(sent):
        part = next(row for row in PACKETS[found["name"]["kind"]] if inner.startswith(row[0]))[1]
        ours.append((inner, of_document(found[part], Folder())))
    if ours == files(sent):
        return sent
    different = next(at for at, pair in enumerate(zip(ours, files(sent))) if pair[0] != pair[1])
    raise ValueError(f"written again, {ours[different][0]} is another text")
