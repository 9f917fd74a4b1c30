"""Messages of an interface document (`tongshi doc PARTY --json`), read and written: nothing here knows a party.

Values are texts, whole numbers (amounts in fen), days and moments in ISO form; a code is its text on the wire. Formats of
widths alone; what stands in another format says so.
"""

from interface_rules import Scope, Unknown


class Strange(ValueError):
    """No message of the document begins like this."""


class BadSeal(ValueError):
    """The octets are not what their writer sealed."""


class Reader:
    def __init__(self, octets):
        self.octets, self.at = octets, 0

    def take(self, count):
        if self.at + count > len(self.octets):
            raise ValueError(f"{count} octets wanted at {self.at} of {len(self.octets)}")
        self.at += count
        return self.octets[self.at - count : self.at]


# Letters of days and times: where they stand in the ISO form.
LETTERS = [("yyyy", 0, 4), ("MM", 5, 7), ("dd", 8, 10), ("HH", 11, 13), ("mm", 14, 16), ("ss", 17, 19)]
CALENDAR = {"date": slice(0, 10), "month": slice(0, 7), "datetime": slice(0, 19), "time": slice(11, 19)}


def moment_read(text, field):
    whole = list("0000-00-00T00:00:00")
    for letters, begin, end in LETTERS:
        if letters in field["letters"]:
            at = field["letters"].index(letters)
            part = text[at : at + len(letters)]
            if not part.isdigit():
                raise ValueError(f"{field['path']}: {text!r} is not {field['letters']}")
            whole[begin:end] = part
    return "".join(whole)[CALENDAR[field["form"]]]


def moment_written(value, field):
    whole = f"0000-00-00T{value}" if field["form"] == "time" else value
    text = field["letters"]
    for letters, begin, end in LETTERS:
        text = text.replace(letters, whole[begin:end])
    return text


class Interface:
    """Everything that the document says."""

    def __init__(self, document):
        self.document, self.charset = document, document["charset"]
        self.calls = {call["name"]: call for call in document["calls"]}
        self.messages = {message["message"]: message for call in document["calls"] for message in call["messages"]}
        self.codes = {table["name"]: table for table in document["codes"]}

    def label(self, codes, text):
        return next((row["label"] for row in self.codes[codes]["rows"] if row["text"]["value"] == text), "")

    def outcome(self, name, field, text):
        """What a code means in a message: its call may say otherwise than the table."""
        rule = self.calls[name.split(".")[0]]["outcome"]
        if rule and rule["fields"] == [field["path"]]:
            for row in rule["rows"]:
                if row["codes"] == [text]:
                    return row["means"]
        table = self.codes[field["codes"]]
        means = next((row["means"] for row in table["rows"] if row["text"]["value"] == text), table["other"])
        return means.get("outcome") if means else None

    # One value.

    def width(self, field):
        size = field["size"]
        if size["least"] != size["most"]:
            raise NotImplementedError(f"{field['path']}: no widths that vary")
        return size["most"]

    def value_read(self, octets, field):
        absent, form = field["absent"], field["form"]
        if isinstance(absent, list):
            if ("blank" in absent and not octets.strip(b" ")) or ("zero" in absent and not octets.strip(b"0")):
                return None
        fill = field.get("fill")
        if fill and fill["side"] == "right":
            octets = octets.rstrip(bytes([fill["octet"]]))
        text = octets.decode(self.charset)
        if form in ("number", "fen", "digits") and not text.isdigit():
            raise ValueError(f"{field['path']}: {text!r} is not of figures")
        if form in ("number", "fen"):
            return int(text)
        if form in CALENDAR:
            return moment_read(text, field)
        if form == "flag":
            return {field["yes"]: True, field["no"]: False}[text]
        if form not in ("text", "digits", "code"):
            raise NotImplementedError(f"{field['path']}: no form {form}")
        return text

    def value_written(self, value, field):
        width, form, fill = self.width(field), field["form"], field.get("fill")
        if value is None:
            if not isinstance(field["absent"], list):
                raise Unknown(field["path"])
            return {"blank": b" ", "zero": b"0"}[field["absent"][0]] * width
        if form in CALENDAR:
            value = moment_written(value, field)
        elif form == "flag":
            value = field["yes"] if value else field["no"]
        octets = str(value).encode(self.charset)
        if fill:
            filler = bytes([fill["octet"]])
            octets = octets.rjust(width, filler) if fill["side"] == "left" else octets.ljust(width, filler)
        if len(octets) != width:
            raise ValueError(f"{field['path']}: {octets!r} does not fill {width} octets")
        return octets

    # A message.

    def read(self, name, octets, given, exchange=None, request=None, checked=True):
        """Values of a message by path, rows in lists of such; facts of the exchange that it tells are learned. The
        document's samples are made up and keep none of the checks."""
        scope, reader = Scope(given, exchange, request), Reader(octets)
        scope.name, scope.checked = name, checked
        try:
            self.nodes_read(self.messages[name]["fields"], reader, scope)
        except (ValueError, KeyError) as wrong:
            wrong.scope = scope
            raise
        if reader.at != len(octets):
            raise ValueError(f"{len(octets) - reader.at} octets too many at {reader.at}")
        return scope

    def widths(self, nodes):
        """Octets of what stands behind a list that goes on up to it: values of one width each."""
        octets = 0
        for node in nodes:
            if node["kind"] == "value":
                octets += self.width(node)
            elif node["kind"] == "choose":
                octets += self.widths(node["other"])
            elif node["kind"] != "check":
                raise NotImplementedError(f"a {node['kind']} behind a list without a count")
        return octets

    def nodes_read(self, nodes, reader, scope, row=None, behind=()):
        """`behind`: what stands behind these, level by level."""
        for place, node in enumerate(nodes, 1):
            kind, rest = node["kind"], (*behind, nodes[place:])
            if kind == "value":
                value = self.value_read(reader.take(self.width(node)), node)
                (scope.fields if row is None else row)[node["path"]] = value
                if "is" in node:
                    self.judge(node, value, scope)
            elif kind == "format":
                if node["format"]["format"] != "fixed":
                    raise NotImplementedError(f"no format {node['format']}")
                begin = reader.at
                self.nodes_read(node["fields"], reader, scope, behind=rest)
                scope.octets[node["path"]] = reader.octets[begin : reader.at]
            elif kind == "list":
                rows = scope.lists[node["path"]] = []
                keep = sum(self.widths(level) for level in rest) if node.get("until_end") else None
                while len(rows) < scope.fields[node["counted_by"]] if keep is None else len(reader.octets) - reader.at > keep:
                    rows.append({})
                    scope.row = rows[-1]
                    self.nodes_read(node["fields"], reader, scope, rows[-1])
                scope.row = {}
                for path, tree in scope.counted.pop(node["path"], []):
                    self.agree(path, scope.fields[path], scope.value(tree))
            elif kind == "when":
                if scope.value(node["holds"]):
                    self.nodes_read(node["then"], reader, scope, row, rest)
            elif kind == "choose":
                held = next((case["then"] for case in node["cases"] if scope.value(case["holds"])), node["other"])
                self.nodes_read(held, reader, scope, row, rest)
            elif kind == "check":
                if scope.checked and not scope.value(node["holds"]):
                    raise ValueError(f"it does not hold: {node['holds']['text']}")
            else:
                raise NotImplementedError(f"no {kind}")

    @staticmethod
    def agree(path, found, due):
        if found != due:
            raise ValueError(f"{path} is {found!r}, due {due!r}")

    def judge(self, field, found, scope):
        reader, rule = field["reader"], field["is"]
        if isinstance(reader, dict) and "learns" in reader:
            fact = reader["learns"]
            if fact["is"] == "exchange":
                scope.exchange[fact["fact"]] = found
        elif reader == "takes it into the outcome":
            scope.outcome = self.outcome(scope.name, field, found)
        elif reader == "verifies it":
            if found != scope.value(rule):
                raise BadSeal(field["path"])
        elif reader == "compares it" and rule["is"] in ("count", "sum"):
            # What counts rows stands before them.
            scope.counted.setdefault(rule["list"]["path"], []).append((field["path"], rule))
        elif reader == "compares it":
            if "around_the_code" in field and found != scope.value(rule):
                raise Strange(f"{field['path']} is {found}")
            self.compared(field, found, scope)

    def compared(self, field, found, scope):
        try:
            due = scope.value(field["is"])
        except Unknown:
            # What nobody told is learned.
            if field["is"]["is"] == "exchange":
                scope.exchange[field["is"]["fact"]] = found
            return
        self.agree(field["path"], found, due)

    def recognised(self, link, octets, given):
        """The call that the party is asked for over a link, and what its request says."""
        last = Strange("no call")
        for call in self.document["calls"]:
            if call["begins"] == "bank" and call["link"] == link:
                try:
                    return call, self.read(f"{call['name']}.request", octets, given)
                except Strange as strange:
                    last = strange
                except ValueError as wrong:
                    wrong.call = call
                    raise
        raise last

    def write(self, name, values, given, exchange=None, request=None, code=None, checked=True):
        """Octets of a message: `values` by path, rows in lists; what follows from rules is worked out."""
        scope = Scope(given, exchange, request)
        scope.name, scope.checked = name, checked
        scope.lists, scope.code = {path: rows for path, rows in values.items() if isinstance(rows, list)}, code
        return self.nodes_written(self.messages[name]["fields"], values, scope)

    def nodes_written(self, nodes, values, scope):
        out = b""
        for node in nodes:
            kind = node["kind"]
            if kind == "value":
                value = self.worked_out(node, values, scope) if "is" in node else values.get(node["path"])
                octets = self.value_written(value, node)
                if values is not scope.row:
                    scope.fields[node["path"]] = value
                out += octets
            elif kind == "format":
                inner = self.nodes_written(node["fields"], values, scope)
                scope.octets[node["path"]] = inner
                out += inner
            elif kind == "list":
                for row in values.get(node["path"], []):
                    scope.row = row
                    out += self.nodes_written(node["fields"], row, scope)
                scope.row = {}
            elif kind == "when":
                if scope.value(node["holds"]):
                    out += self.nodes_written(node["then"], values, scope)
            elif kind == "choose":
                held = next((case["then"] for case in node["cases"] if scope.value(case["holds"])), node["other"])
                out += self.nodes_written(held, values, scope)
            elif kind == "check" and scope.checked and not scope.value(node["holds"]):
                raise ValueError(f"it does not hold: {node['holds']['text']}")
        return out

    def worked_out(self, field, values, scope):
        rule = field["is"]
        if rule["is"] == "outcome":
            scope.outcome = self.outcome(scope.name, field, scope.code)
            scope.codes = field["codes"]
            return scope.code
        if rule["is"] == "outcome_text":
            return self.label(scope.codes, scope.code)
        try:
            return scope.value(rule)
        except Unknown:
            # Of an original only the business knows.
            if field["path"] not in values:
                raise
            return values[field["path"]]


def framed(frame, octets):
    if frame["frame"] != "length" or frame["written"] != "ascii figures":
        raise NotImplementedError(f"no frame {frame}")
    count = len(octets) + (frame["size"] if frame["counts_itself"] else 0)
    return str(count).zfill(frame["size"]).encode() + octets


def unframed(frame, receive):
    """The next message of a line; `receive` gives so many octets, or none at its end."""
    figures = receive(frame["size"])
    if figures is None:
        return None
    if not figures.isdigit():
        raise ValueError(f"{figures!r} is no length")
    return receive(int(figures) - (frame["size"] if frame["counts_itself"] else 0))
