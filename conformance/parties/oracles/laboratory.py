"""The laboratory's texts (HL7 v2.5.1), read and written by the library `hl7` of PyPI.

Names of segments and places are those of HL7's chapters 2 (MSH, MSA), 3 (EVN, PID), 4 (ORC, OBR, NTE) and 7 (OBX).
"""

import hl7

STAMP = "%Y%m%d%H%M%S"
# Field of the specification's text: place, component and subcomponent.
MSH = {
    "sender": (3, 1, 1), "place": (4, 1, 1), "receiver": (5, 1, 1), "sent": (7, 1, 1), "control": (10, 1, 1), "state": (11, 1, 1),
    "version": (12, 1, 1), "charset": (18, 1, 1), "kind.type_": (9, 1, 1), "kind.event": (9, 2, 1), "kind.structure": (9, 3, 1),
}
MSA = {"code": (1, 1, 1), "control": (2, 1, 1), "said": (3, 1, 1)}
EVN = {"recorded": (2, 1, 1)}
PID = {"set": (1, 1, 1), "name.family.own": (5, 1, 1), "birth": (7, 1, 1), "sex": (8, 1, 1), "phone": (13, 1, 1)}
IDS = {"value": 1, "kind": 5}
ORDER = {"control": (1, 1, 1), "number": (2, 1, 1), "filler": (3, 1, 1)}
OBR_ORDER = {"set": (1, 1, 1), "service.code": (4, 1, 1), "service.title": (4, 2, 1)}
OBR_REPORT = {"set": (1, 1, 1), "number": (2, 1, 1), "filler": (3, 1, 1)}
NTE = {"set": (1, 1, 1), "text": (3, 1, 1)}
OBX = {
    "set": (1, 1, 1), "kind": (2, 1, 1), "what.code": (3, 1, 1), "what.title": (3, 2, 1), "value": (5, 1, 1), "unit": (6, 1, 1),
    "strange": (8, 1, 1), "state": (11, 1, 1),
}
MOMENTS = {"sent", "recorded"}
DAYS = {"birth"}


def iso(name, text):
    if name in MOMENTS and text:
        return f"{text[:4]}-{text[4:6]}-{text[6:8]}T{text[8:10]}:{text[10:12]}:{text[12:14]}"
    if name in DAYS and text:
        return f"{text[:4]}-{text[4:6]}-{text[6:8]}"
    return text


def wire(name, value):
    if name in MOMENTS | DAYS:
        return "".join(letter for letter in value if letter.isdigit())
    return str(value)


def put(fields, path, value):
    *outer, last = path.split(".")
    for name in outer:
        fields = fields.setdefault(name, {})
    fields[last] = value


def get(fields, path):
    for name in path.split("."):
        fields = fields.get(name) if isinstance(fields, dict) else None
    return fields


class Walk:
    """The segments of a message one after the other; a segment is known by its name and by how often that came."""

    def __init__(self, message):
        self.message, self.at, self.counts = message, 0, {}

    def next_is(self, name):
        return self.at < len(self.message) and str(self.message[self.at][0]) == name

    def take(self, name, table):
        if not self.next_is(name):
            raise ValueError(f"segment {self.at + 1} is no {name}")
        self.at += 1
        number = self.counts[name] = self.counts.get(name, 0) + 1
        fields = {}
        for path, place in table.items():
            text = self.extract(name, number, place[0], 1, *place[1:])
            if text != "":
                put(fields, path, iso(path, text))
        return fields, number

    def extract(self, name, number, place, repetition, component, part):
        try:
            return self.message.extract_field(name, number, place, repetition, component, part)
        except (IndexError, KeyError):
            return ""


def patient(walk):
    fields, number = walk.take("PID", PID)
    field = walk.message.segments("PID")[number - 1](3)
    fields["ids"] = [
        {name: walk.extract("PID", number, 3, row + 1, component, 1) for name, component in IDS.items()}
        for row in range(len(field))
    ]
    return fields


def read(message, specimen):
    octets = bytes.fromhex(specimen["parts"]["content"])
    walk = Walk(hl7.parse(octets.decode("utf-8")))
    call, side = message.split(".")
    text = {"MSH": walk.take("MSH", MSH)[0]}
    if side == "reply":
        text["MSA"] = walk.take("MSA", MSA)[0]
        if call == "order":
            rows = []
            while walk.next_is("ORC"):
                rows.append({"ORC": walk.take("ORC", ORDER)[0]})
            text["accepted"] = rows
    elif call == "admit":
        text["EVN"] = walk.take("EVN", EVN)[0]
        text["PID"] = patient(walk)
    elif call == "order":
        text["PID"] = patient(walk)
        rows = text["orders"] = []
        while walk.next_is("ORC"):
            row = {"ORC": walk.take("ORC", ORDER)[0], "OBR": walk.take("OBR", OBR_ORDER)[0], "notes": []}
            while walk.next_is("NTE"):
                row["notes"].append(walk.take("NTE", NTE)[0])
            rows.append(row)
    elif call == "result":
        text["PID"] = patient(walk)
        rows = text["reports"] = []
        while walk.next_is("OBR"):
            row = {"OBR": walk.take("OBR", OBR_REPORT)[0], "results": []}
            while walk.next_is("OBX"):
                row["results"].append(walk.take("OBX", OBX)[0])
            rows.append(row)
    else:
        return None
    if walk.at != len(walk.message):
        raise ValueError(f"segment {walk.at + 1} is left over")
    return {"text": text}


class Made:
    """A message that is made segment by segment."""

    def __init__(self):
        self.message = hl7.parse("MSH|^~\\&|\r")
        self.counts = {"MSH": 1}

    def segment(self, name, table, fields):
        if name != "MSH":
            self.message.append(self.message.create_segment([self.message.create_field([name])]))
            self.counts[name] = self.counts.get(name, 0) + 1
        for path, place in sorted(table.items(), key=lambda row: row[1]):
            value = get(fields, path)
            if value not in (None, ""):
                self.assign(name, wire(path, value), place[0], 1, *place[1:])

    def assign(self, name, text, place, repetition, component, part):
        number, text = self.counts[name], self.message.escape(text)
        alone = (component, part) == (1, 1) and (name, place) not in {("MSH", 9), ("PID", 3), ("OBR", 4), ("OBX", 3)}
        if alone:
            self.message.assign_field(text, name, number, place)
        else:
            self.message.assign_field(text, name, number, place, repetition, component)

    def patient(self, fields):
        # The places of a segment are made in their order.
        self.segment("PID", {"set": PID["set"]}, fields)
        for row, one in enumerate(fields["ids"]):
            for name, component in IDS.items():
                self.assign("PID", one[name], 3, row + 1, component, 1)
        self.segment_more("PID", {path: place for path, place in PID.items() if path != "set"}, fields)

    def segment_more(self, name, table, fields):
        for path, place in sorted(table.items(), key=lambda row: row[1]):
            value = get(fields, path)
            if value not in (None, ""):
                self.assign(name, wire(path, value), place[0], 1, *place[1:])


def write(message, fields, specimen):
    octets = bytes.fromhex(specimen["parts"]["content"])
    if not octets.isascii():
        # The library writes other letters as escapes of their own.
        return None
    text, made = fields["text"], Made()
    call, side = message.split(".")
    made.segment("MSH", MSH, text["MSH"])
    if side == "reply":
        made.segment("MSA", MSA, text["MSA"])
    if "EVN" in text:
        made.segment("EVN", EVN, text["EVN"])
    if "PID" in text:
        made.patient(text["PID"])
    for row in text.get("accepted", []):
        made.segment("ORC", ORDER, row["ORC"])
    for row in text.get("orders", []):
        made.segment("ORC", ORDER, row["ORC"])
        made.segment("OBR", OBR_ORDER, row["OBR"])
        for note in row["notes"]:
            made.segment("NTE", NTE, note)
    for row in text.get("reports", []):
        made.segment("OBR", OBR_REPORT, row["OBR"])
        for one in row["results"]:
            made.segment("OBX", OBX, one)
    return str(made.message).encode("utf-8")
