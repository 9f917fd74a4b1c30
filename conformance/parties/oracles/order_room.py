"""The order room's texts (FIX 4.4), read and written by the library `simplefix` of PyPI, as those of the order desk are.

Which message holds which tags is said here from that specification's tables.
"""

import order_desk
from order_desk import FILL_UP, LOGGED, ORDER, RANGE, REPORT, TESTED

PLAIN = {tag: name for tag, name in ORDER.items() if tag not in ("453", "354", "355")}
DONE = {tag: name for tag, name in REPORT.items() if tag != "1362"}
ALLOCATION = {"70": "number", "71": "type_", "37": "order", "53": "quantity"}
CONFIRMED = {"70": "number", "793": "theirs", "87": "state"}
TAGS = {
    "log_on.request": LOGGED,
    "log_on.reply": LOGGED,
    "log_out.request": {},
    "log_out.reply": {},
    "logged_out.request": {},
    "logged_out.reply": {},
    "test.request": TESTED,
    "test.reply": TESTED,
    "tested_by_them.request": TESTED,
    "tested_by_them.reply": TESTED,
    "ask_again.request": RANGE,
    "asked_again.request": RANGE,
    "fill.request": FILL_UP,
    "filled.request": FILL_UP,
    "place.request": PLAIN,
    "place.reply": DONE,
    "allocation.request": ALLOCATION,
    "allocation.reply": CONFIRMED,
}
FORMS = {message: (tags, None) for message, tags in TAGS.items()}
# The client begins these.
THEIRS = {"place", "log_on", "logged_out", "alive_there", "tested_by_them", "asked_again", "filled"}


def read(message, specimen):
    return order_desk.read(message, specimen, FORMS, THEIRS)


def write(message, fields, specimen):
    return order_desk.write(message, fields, specimen, FORMS)
