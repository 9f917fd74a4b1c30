"""Cinemas (cinema), a second implementation from sections 2 to 7 of its page: a signed form to the aggregator, its answer in JSON
or XML, the list of a day.

What the page names without fields (printing at a machine, snacks, benefit cards, names of lists) is assumed there, and so here.
"""

import hashlib
import json
import re
from urllib.parse import quote_plus, unquote_plus

import elements
import objects
from tables import line, lines, row, table, value, written

CINEMA = (
    "code:X8 name hallCount:I province? provinceCode? city? cityCode? county? countyCode? address? logo? url? tel? devicePos? deviceImg? "
    "grade? intro? busLine? longitude? latitude? feature? provider:N1= printMode:N1="
)
SEAT = "code groupCode? rowNum colNum xCoord:I yCoord:I type:N1= status:N1= loveCode?"
FILM = (
    "code:X12 name duration:I publishDate:E? publisher? director? cast? intro? showTypes? country? type? language? poster? stills? highlight?"
)
SHOW = (
    "channelShowCode cinemaCode:X8 cinemaShowCode? hallCode hallName filmCode:X12 filmName showType? language? showTime:S duration:I "
    "stopSellTime:S stdPrice:Y minPrice:Y settlePrice:Y submitPrice:Y connectFee:Y status:N1= benefitCardPrices?"
)
CODES = "printMode:N1= provider:N1= voucherCode? printCode? verifyCode?"
ORDER = (
    "order(code channelOrderCode:X30 confirmTime:S? ticketCount:I snackCount:I amount:Y printMode:N1= provider:N1= voucherCode? printCode? "
    "verifyCode? printStatus:N1=? status:N1=)"
)
SNACK_ORDER = f"order(code channelOrderCode:X30 amount:Y {CODES} status:N1=)"
PRINTED = "orderCode cinemaCode filmName hallName showTime:S seats ticketCount:I printStatus:N1="
OF_ORDER = "orderCode"
# Call: method, parameters, what the answer holds behind code and msg.
CALLS = {
    "cinemas": ("queryCinemas", "", f"cinemas[{CINEMA}]"),
    "cinema_": ("queryCinema", "cinemaCode:X8", f"cinemas[{CINEMA}]"),
    "halls": ("queryHalls", "cinemaCode:X8", "halls[code name seatCount:I]"),
    "seats": ("querySeats", "cinemaCode:X8 hallCode", f"seats[{SEAT}]"),
    "films": ("queryFilms", "startDate:E", f"films[{FILM}]"),
    "film": ("queryFilm", "filmCode:X12", f"films[{FILM}]"),
    "shows": ("queryShows", "cinemaCode:X8 startDate:E? status:N1=?", f"shows[{SHOW}]"),
    "replaced_show": ("queryReplaceShow", "channelShowCode", f"shows[{SHOW}]"),
    "show_seats": ("queryShowSeats", "channelShowCode status:N1=?", f"seats[{SEAT}]"),
    "lock_seats": ("lockSeats", "channelOrderCode:X30 channelShowCode seatCodes submitPrice:Y?", "orderCode lockTime:I"),
    "release_seats": ("releaseSeats", OF_ORDER, ""),
    "submit": ("submitOrder", "orderCode orderSeats snacks? benefit? mobile", CODES),
    "ticket_order": ("queryOrder", OF_ORDER, ORDER),
    "seats_released": ("queryOrder", OF_ORDER, ORDER),
    "order_sold": ("queryOrder", OF_ORDER, ORDER),
    "order_revoked": ("queryOrder", OF_ORDER, ORDER),
    "revoke": ("revokeTicket", OF_ORDER, ""),
    "mark_revoked": ("markTicketRevoked", OF_ORDER, ""),
    "printed_by_voucher": ("queryPrintByVoucher", "cinemaCode:X8 voucherCode", PRINTED),
    "printed_by_code": ("queryPrintByVerifyCode", "cinemaCode:X8 printCode verifyCode", PRINTED),
    "confirm_print": ("confirmPrint", OF_ORDER, ""),
    "change_voucher": ("changeVoucher", OF_ORDER, "voucherCode verifyCode?"),
    "reset_voucher": ("resetVoucher", OF_ORDER, ""),
    "snacks": ("querySnacks", "cinemaCode:X8", "snacks[code name stdPrice:Y settlePrice:Y desc?]"),
    "submit_snack": ("submitSnack", "channelOrderCode:X30 cinemaCode:X8 snacks mobile", f"orderCode {CODES}"),
    "snack_order": ("querySnackOrder", "channelOrderCode:X30", SNACK_ORDER),
    "snack_sold": ("querySnackOrder", "channelOrderCode:X30", SNACK_ORDER),
    "snack_revoked": ("querySnackOrder", "channelOrderCode:X30", SNACK_ORDER),
    "revoke_snack": ("revokeSnack", "orderCode channelOrderCode:X30", ""),
    "card_types": ("queryBenefitCardTypes", "cinemaCode:X8", "cardTypes[code name price:Y validity:I]"),
    "open_card": ("openBenefitCard", "channelOrderCode:X30 cinemaCode:X8 cardType mobile price:Y", "cardNo expireDate:E"),
    "recharge_card": ("rechargeBenefitCard", "channelOrderCode:X30 cardNo mobile amount:Y", "expireDate:E"),
}
# Packed parameters: what the gateway calls their rows, fields of a row parted by `:`, of which the last may be missing.
PACKED = {
    "seatCodes": ("seats", "value"), "orderSeats": ("seats", "seat price:Y settle:Y"), "snacks": ("goods", "snack price:Y pieces:I settle:Y"),
    "benefit": ("cards", "holder cardType off:Y"),
}
LISTED = (
    "channelOrderCode:X30 orderCode cinemaCode:X8 showTime:S ticketCount:I amount:Y settleAmount:Y serviceFee:Y confirmTime:S status:N1="
)


def signed(found, key):
    text = "&".join(f"{name}={found[name]}" for name in sorted(found) if name != "sign")
    return hashlib.md5(key + quote_plus(text, safe="*").replace("~", "%7E").encode("ascii") + key).hexdigest()


def packed(name, text):
    rows, names = PACKED[name]
    fields, found = table(names), []
    for part in text.split(",") if text else []:
        texts = part.split(":")
        if not len(fields) - 1 <= len(texts) <= len(fields) or (name in ("snacks", "benefit") and len(texts) != len(fields)):
            raise ValueError(f"{part!r} has {len(texts)} parts")
        found.append({field.name: value(one, field) for field, one in zip(fields, texts)})
    return {rows: found}


def unpacked(name, found):
    rows, names = PACKED[name]
    return ",".join(":".join(written(one[field.name], field) for field in table(names) if field.name in one) for one in found[rows])


def request(message, specimen):
    method, names, _ = CALLS[message.split(".")[0]]
    given, content = specimen["given"], bytes.fromhex(specimen["parts"]["content"]).decode("ascii")
    path = bytes.fromhex(specimen["parts"]["path"]).decode("ascii") if "path" in specimen["parts"] else None
    if path is not None and path != f"/api/ticket/v1/{method}.{specimen['variant']['answers']}":
        raise ValueError(f"the path is {path}")
    found = {}
    for part in content.split("&"):
        name, _, text = part.partition("=")
        found[name] = unquote_plus(text, errors="strict")
    if found["sign"] != signed(found, bytes.fromhex(given["key"]["sign"])):
        raise ValueError("the signature is wrong")
    fields = table(f"channelCode:X20 {names} sign:X32=")
    if strange := set(found) - {field.name for field in fields}:
        raise ValueError(f"strange parameters {strange}")
    tree = {}
    for field in fields:
        if field.name in found:
            text = found[field.name]
            tree[field.name] = packed(field.name, text) if field.name in PACKED else value(text, field)
        elif not field.may:
            raise ValueError(f"{field.name} is missing")
    if tree["channelCode"] != given["setting"]["channel"]:
        raise ValueError(f"channel {tree['channelCode']}")
    kind = bytes.fromhex(specimen["parts"]["headers"]).decode("ascii").removeprefix("Content-Type: ").rstrip("\r\n")
    return {"headers": {"kind": kind}, "content": tree}


def of_request(message, found, specimen):
    names = CALLS[message.split(".")[0]][1]
    texts = {}
    for field in table(f"channelCode:X20 {names}"):
        if field.name in found:
            inner = found[field.name]
            texts[field.name] = unpacked(field.name, inner) if field.name in PACKED else written(inner, field)
    texts["sign"] = signed(texts, bytes.fromhex(specimen["given"]["key"]["sign"]))
    return "&".join(f"{name}={quote_plus(text, safe='~').replace('+', '%20')}" for name, text in texts.items()).encode("ascii")


def answer_fields(message, code):
    return table("code:X3= msg:X200 " + (CALLS[message.split(".")[0]][2] if code == "001" else ""))


def answer(message, specimen):
    octets = bytes.fromhex(specimen["parts"]["content"])
    if specimen["variant"]["answers"] == "json":
        found = json.loads(octets)
        return {"content": objects.read(found, answer_fields(message, found["code"]))}
    root = elements.root(octets.decode("utf-8"), "")
    if root.tag != "reply":
        raise ValueError(f"the root is {root.tag}")
    return {"content": {"answered": elements.read(root, answer_fields(message, root.find("code").text))}}


def of_answer(message, found, specimen):
    if specimen["variant"]["answers"] == "json":
        return objects.text_of(objects.write(found, answer_fields(message, found["code"]))).encode("utf-8")
    found = found["answered"]
    return f"<reply>{elements.write(found, answer_fields(message, found['code']))}</reply>".encode("utf-8")


def file(specimen):
    texts = lines(bytes.fromhex(specimen["parts"]["content"]), "utf-8", "\n")
    found = {"detail": [row(text, LISTED, ",") for text in texts[:-1]], "tail": row(texts[-1], "mark:X5= count:I amount:Y", ",")}
    if found["tail"] != {"mark": "total", "count": len(texts) - 1, "amount": sum(one["amount"] for one in found["detail"])}:
        raise ValueError("the last line does not agree with the others")
    if not re.fullmatch(rf"CINEMA_{specimen['given']['setting']['channel']}_\d{{8}}\.csv", specimen["file"]):
        raise ValueError(f"the name is {specimen['file']}")
    return found


def of_file(found):
    texts = [line(one, LISTED, ",") for one in found["detail"]] + [line(found["tail"], "mark:X5= count:I amount:Y", ",")]
    return "".join(f"{text}\n" for text in texts).encode("utf-8")


def read(message, specimen):
    if message == "day_list.request":
        return file(specimen)
    return request(message, specimen) if message.endswith(".request") else answer(message, specimen)


def write(message, found, specimen):
    if message == "day_list.request":
        return of_file(found)
    write_ = of_request if message.endswith(".request") else of_answer
    return write_(message, found["content"], specimen)
