"""The fraud platform's protocol (tencent-antifraud), judged by the vendor's own SDK: what we sign is signed again by its
code, what API 3.0 asks and answers is taken by its models, which know every name. Where the SDK ends (parameters of API
2.0, the sealed person, flat JSON) a second implementation stands, from sections 2 to 6 of the party's page.
"""

import base64
import json
import re
import warnings
from datetime import datetime, timezone

from Cryptodome.Cipher import AES
from Cryptodome.Util.Padding import unpad
from tencentcloud.af.v20200226 import af_client, models
from tencentcloud.common import credential
from tencentcloud.common.http.request import RequestInternal
from tencentcloud.common.sign import Sign

from forms import pairs

HASHES = {"sha1": "HmacSHA1", "sha256": "HmacSHA256"}
PERSON_2 = (
    "idNumber phoneNumber bankCardNumber userIp imei idfa scene name emailAddress address mac imsi accountType uid appId"
    " wifiMac wifiSSID wifiBSSID businessId"
).split()
COMMON = "Action Nonce Region SecretId SignatureMethod Timestamp Token Signature Version RequestClient".split()


def secret(given):
    return bytes.fromhex(given["key"]["secret"]).decode("utf-8")


def sealer(given):
    return AES.new(bytes.fromhex(given["key"]["content"]), AES.MODE_ECB)


def parameters(found, given, method):
    """What is signed: all but the signature, by name, values as they are."""
    host, hashed = given["setting"]["host"], given["setting"]["digest"]
    path = "/v2/index.php" if "Version" not in found else "/"
    text = "&".join(f"{name}={found[name]}" for name in sorted(found) if name != "Signature")
    signed = Sign.sign(secret(given), f"{method}{host}{path}?{text}", HASHES[hashed])
    if signed != found["Signature"]:
        raise ValueError(f"signed {found['Signature']}, by the SDK {signed}")
    said = found.get("SignatureMethod", "HmacSHA1")
    if said != HASHES[hashed] or found["SecretId"] != given["setting"]["secret_id"]:
        raise ValueError(f"{said} for {found['SecretId']}")
    if not re.fullmatch(r"\d+", found["Nonce"]):
        raise ValueError(f"Nonce {found['Nonce']}")


def known(kind, tree):
    """Names that the SDK's model knows; it warns of others."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            model = kind()
            model._deserialize(tree)
        except Warning as strange:
            raise ValueError(str(strange)) from strange
    return model


def nested(found):
    """Flat names, parted by points, as a tree."""
    tree = {}
    for name, text in found.items():
        *outer, last = name.split(".")
        at = tree
        for part in outer:
            at = at.setdefault(part, {})
        at[last] = text
    return tree


def person(tree, given):
    """The facts of a person, wherever they stand."""
    if "BusinessCryptoData" in tree:
        crypto = tree["BusinessCryptoData"]
        if crypto["CryptoType"] != "1":
            raise ValueError(f"CryptoType {crypto['CryptoType']}")
        opened = unpad(sealer(given).decrypt(base64.b64decode(crypto["CryptoContent"], validate=True)), 16)
        return json.loads(opened)
    return tree.get("BusinessSecurityData", tree)


def old_three(found, given, method):
    parameters(found, given, method)
    asked = nested({name: text for name, text in found.items() if name not in COMMON})
    action = found["Action"]
    known(getattr(models, f"{action}Request"), asked)
    inner = person(asked, given)
    filters = {"DescribeAntiFraud": models.FinanceAntiFraudFilter, "GetAntiFraud": models.AntiFraudFilter}
    known(filters.get(action, models.QueryAntiFraudRequest), inner)
    tree = {name: text for name, text in found.items() if name in COMMON}
    if "BusinessCryptoData" in asked:
        tree |= {"CryptoType": asked["BusinessCryptoData"]["CryptoType"], "CryptoContent": inner}
    else:
        tree |= inner
    return tree


def tc3(parts, given):
    lines = bytes.fromhex(parts["headers"]).decode("ascii").split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines if line)
    by_query = given["setting"]["interface"] == "tc3_query"
    content = bytes.fromhex(parts["query" if by_query else "content"])
    stamp, setting = headers["X-TC-Timestamp"], given["setting"]
    day = datetime.fromtimestamp(int(stamp), timezone.utc).strftime("%Y-%m-%d")
    client = af_client.AfClient(credential.Credential(setting["secret_id"], secret(given)), setting["region"])
    asked = RequestInternal(setting["host"], "GET" if by_query else "POST", "/")
    asked.header = {"Content-Type": headers["Content-Type"], "Host": setting["host"], "X-TC-Timestamp": stamp}
    asked.data = content.decode("ascii") if by_query else content
    signed = client._get_tc3_signature({}, asked, day, "af", secret(given))
    scope = f"TC3-HMAC-SHA256 Credential={setting['secret_id']}/{day}/af/tc3_request, SignedHeaders=content-type;host, Signature="
    if headers["Authorization"] != scope + signed:
        raise ValueError(f"{headers['Authorization']}, by the SDK {scope}{signed}")
    action = headers["X-TC-Action"]
    tree = nested(pairs(content)) if by_query else json.loads(content)
    known(getattr(models, f"{action}Request"), tree)
    inner = person(tree, given)
    filters = {"DescribeAntiFraud": models.FinanceAntiFraudFilter, "GetAntiFraud": models.AntiFraudFilter}
    known(filters.get(action, models.QueryAntiFraudRequest), inner)
    if "BusinessCryptoData" in tree:
        sealed = {**tree["BusinessCryptoData"], "CryptoContent": inner}
        tree = sealed if by_query else {"BusinessCryptoData": sealed}
    elif by_query:
        tree = inner
    names = {"X-TC-Action": "action", "X-TC-Version": "version", "X-TC-Timestamp": "stamp", "X-TC-Region": "region",
             "X-TC-Language": "language", "X-TC-Token": "token"}
    found = {ours: headers[theirs] for theirs, ours in names.items() if theirs in headers}
    found["kind"] = headers["Content-Type"]
    method, rest = "TC3-HMAC-SHA256 Credential=", headers["Authorization"].removeprefix("TC3-HMAC-SHA256 Credential=")
    found["authorization"] = {
        "method": method, "id": setting["secret_id"], "day": day,
        "scope": "/af/tc3_request, SignedHeaders=content-type;host, Signature=", "sign": rest[-64:],
    }
    return {"headers": found, "query" if by_query else "content": tree}


def request(specimen):
    parts, given = specimen["parts"], specimen["given"]
    if given["setting"]["interface"].startswith("tc3"):
        return tc3(parts, given)
    found = {}
    if "headers" in parts:
        kind = bytes.fromhex(parts["headers"]).decode("ascii").removeprefix("Content-Type: ").rstrip("\r\n")
        if kind != "application/x-www-form-urlencoded":
            raise ValueError(kind)
        found["headers"] = {"kind": kind}
    where, method = ("query", "GET") if given["setting"]["interface"].startswith("query") else ("content", "POST")
    texts = pairs(bytes.fromhex(parts[where]))
    # What was drawn is known by the field that it stands in.
    found["nonce"] = texts["Nonce"]
    if given["setting"]["interface"].endswith("v3"):
        found[where] = old_three(texts, given, method)
        return found
    parameters(texts, given, method)
    if strange := set(texts) - set(PERSON_2) - set(COMMON):
        raise ValueError(f"strange parameters {strange}")
    found[where] = texts
    return found


def answer(message, specimen):
    tree = json.loads(bytes.fromhex(specimen["parts"]["content"]))
    if message == "score.reply":
        if strange := set(tree) - {"code", "codeDesc", "message", "found", "idFound", "riskScore", "riskInfo"}:
            raise ValueError(f"strange names {strange}")
        tree["message_"] = tree.pop("message", None)
        if tree.get("riskScore") == -1:
            tree["riskScore"] = None
        return {"content": tree}
    inner = tree["Response"]
    if "Error" not in inner:
        kind = {"describe.reply": "Describe", "get.reply": "Get", "query.reply": "Query"}[message]
        known(getattr(models, f"{kind}AntiFraudResponse"), inner)
        rated = inner.get("Data", inner)
        if rated.get("RiskScore") == "-1":
            rated["RiskScore"] = None
    else:
        # What the SDK raises for.
        if set(inner["Error"]) != {"Code", "Message"}:
            raise ValueError(f"an error of {set(inner['Error'])}")
    return {"content": tree}


def read(message, specimen):
    return request(specimen) if message.endswith(".request") else answer(message, specimen)
