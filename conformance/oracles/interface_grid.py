"""A grid (power-dongguan's side) built from its interface document alone: what stands on the wire is in the document, here
is the business of three customers, as an engineer of the grid would write it.

`interface_grid.py DOCUMENT PARTY_YAML` first reads and writes every sample of the document that goes over a line, then
listens, prints `listening on HOST:PORT` and serves until its standard input ends.
"""

import datetime
import json
import secrets
import socketserver
import sys
import threading

import interface_messages as messages
from interface_rules import Scope, inverse

DAY = datetime.timedelta(days=1)


def now():
    return datetime.datetime.now().replace(microsecond=0)


class Refused(Exception):
    """With this code."""


class Grid:
    """Customers, what they owe, and what was paid, by the bank's serial."""

    def __init__(self):
        self.lock, self.serial, self.receipts = threading.Lock(), 0, 0
        self.customers = {
            "0319000000001": {"name": "东莞市测试用户有限公司", "partial": "1", "prepaid": 0, "bills": [
                {"recv": "YS202609000001", "month": "2026-09", "power": 20000, "penalty": 300, "state": "01"},
                {"recv": "YS202610000001", "month": "2026-10", "power": 12045, "penalty": 0, "state": "01"}]},
            "0319000000002": {"name": "用户00002", "partial": "2", "prepaid": 14, "bills": [
                {"recv": "YS202610000002", "month": "2026-10", "power": 5026, "penalty": 0, "state": "01"}]},
        }
        self.customers["0319000000010"] = {"name": "客户00010", "partial": "2", "prepaid": 0, "bills": []}
        self.payments, self.queries, self.agreements = {}, {}, {}

    def answer_serial(self):
        self.serial += 1
        return f"P{now():%Y%m%d}{self.serial:09}"

    def customer(self, number):
        if number not in self.customers:
            raise Refused("1001")
        return self.customers[number]

    def query_bill(self, asked, facts):
        number = asked["body.customer"]
        customer = self.customer(number)
        due = [bill for bill in customer["bills"] if bill["state"] == "01"]
        if not due:
            raise Refused("1002")
        rows = [{"body.bills." + name: value for name, value in bill.items()} for bill in due]
        for row in rows:
            row |= {"body.bills.due": row["body.bills.power"] + row["body.bills.penalty"], "body.bills.lock": "00"}
        self.queries[facts["answer_serial"]] = number
        power, penalty = (sum(bill[what] for bill in due) for what in ("power", "penalty"))
        return "0000", {
            "body.customer": number, "body.settle": "31900" + number[3:], "body.name": customer["name"], "body.addr": "东莞市南城街道测试路1号",
            "body.class": "2", "body.total": power + penalty, "body.power": power, "body.penalty": penalty,
            "body.prepaid": customer["prepaid"], "body.partial": customer["partial"], "body.count": len(rows), "body.bills": rows[:99],
        }

    def pay(self, asked, facts):
        serial, number, amount = facts["serial"], asked["body.customer"], asked["body.amount"]
        paid = {row["body.paid.recv"]: row["body.paid.due"] for row in asked["body.paid"]}
        same = (number, amount, paid)
        if serial in self.payments:
            known = self.payments[serial]
            if known["same"] != same:
                raise Refused("1011")
            return "1010", known["reply"]
        customer = self.customer(number)
        if self.queries.get(asked["body.query"]) != number or sum(paid.values()) != amount:
            raise Refused("1004")
        bills = [bill for bill in customer["bills"] if bill["recv"] in paid]
        if any(bill["state"] == "03" for bill in bills):
            raise Refused("1003")
        if {bill["recv"]: bill["power"] + bill["penalty"] for bill in bills} != paid:
            raise Refused("1004")
        for bill in bills:
            bill["state"] = "03"
        self.receipts += 1
        reply = {
            "body.customer": number, "body.receipt": f"DG{now():%Y%m%d}{self.receipts:08}", "body.time": now().isoformat(),
            "body.amount": amount, "body.before": customer["prepaid"], "body.after": customer["prepaid"], "body.invoice": "",
        }
        self.payments[serial] = {"same": same, "reply": reply, "bills": bills, "state": "00"}
        return "0000", reply

    def original(self, asked):
        known = self.payments.get(asked["body.oserial"])
        if known and known["same"][:2] != (asked["body.customer"], asked["body.amount"]):
            raise Refused("1004")
        return known

    def reverse(self, asked, _):
        known = self.original(asked)
        if known is None:
            return "2001", {"body.receipt": "", "body.time": None}
        again = known["state"] == "02"
        known["state"] = "02"
        for bill in known["bills"]:
            bill["state"] = "01"
        return "2002" if again else "0000", {"body.receipt": known["reply"]["body.receipt"], "body.time": now().isoformat()}

    def enquire(self, asked, _):
        known = self.original(asked)
        if known is None:
            return "0000", {"body.state": "01", "body.receipt": "", "body.time": None, "body.amount": 0}
        reply = known["reply"]
        return "0000", {"body.state": known["state"], "body.receipt": reply["body.receipt"], "body.time": reply["body.time"], "body.amount": reply["body.amount"]}

    def history(self, asked, _):
        number = asked["body.customer"]
        self.customer(number)
        paid = [known for known in self.payments.values() if known["same"][0] == number]
        days = [(known, known["reply"]["body.time"][:10]) for known in paid]
        rows = [
            {"body.rows.date": day, "body.rows.amount": known["reply"]["body.amount"], "body.rows.receipt": known["reply"]["body.receipt"],
             "body.rows.agent": facts_bank, "body.rows.state": "02" if known["state"] == "02" else "01"}
            for facts_bank, (known, day) in (("0402", one) for one in days) if asked["body.from"] <= day <= asked["body.to"]
        ]
        return "0000", {"body.count": len(rows), "body.rows": rows[:99]}

    def sign_withholding(self, asked, facts):
        self.customer(asked["body.customer"])
        same = {name: value for name, value in asked.items() if name.startswith("body.")}
        known = self.agreements.setdefault(facts["serial"], same)
        if known != same:
            raise Refused("1011")
        code = "0000" if known is same else "1010"
        return code, {"body.agreement": f"XY{asked['body.customer'][3:]}", "body.eff": now().date().isoformat()}


class Party:
    """The grid on its line: sessions, seals and messages by the document."""

    def __init__(self, document, given):
        self.interface, self.given, self.grid = messages.Interface(document), given, Grid()
        self.link = next(link for link in document["links"] if link["kind"] == "tcp" and link["bank"] == "connects")
        (self.session,) = document["sessions"]

    def sign_in(self):
        """Draws what the session keeps; the fields of the reply that carry it follow from the rules of the session."""
        drawn = {value["name"]: secrets.token_bytes(value["type"]["max"]) for value in self.session["values"]}
        scope, reply = Scope(self.given | {"session": drawn}), {}
        for value in self.session["values"]:
            path, carried = inverse(value["is"], drawn[value["name"]], scope)
            reply[path] = carried
        for check in self.session["checks"]:
            ours, theirs = check["of"]
            reply[theirs["path"]] = scope.value(ours)
        reply[self.session["until"]["path"]] = (now() + DAY).isoformat()
        return drawn, reply

    def business(self, call, scope, facts):
        name = call["name"]
        if name == self.session["bank_signs_in_by"]:
            drawn, reply = self.sign_in()
            self.given = self.given | {"session": drawn}
            return "0000", reply | {"body.pdate": now().date().isoformat()}
        if name == self.session["bank_signs_off_by"] or name in [beat["call"] for beat in self.link["beats"]]:
            return "0000", {}
        with self.grid.lock:
            return getattr(self.grid, name)(scope.fields | scope.lists, facts)

    def answer(self, octets):
        given, facts = self.given, {"answer_serial": self.grid.answer_serial()}
        try:
            call, scope = self.interface.recognised(self.link["name"], octets, given)
            facts |= scope.exchange
            code, reply = self.business(call, scope, facts)
        except messages.Strange:
            return None
        except Refused as refused:
            code, reply = refused.args[0], {}
        except (ValueError, KeyError) as wrong:
            call, scope = getattr(wrong, "call", None), getattr(wrong, "scope", None)
            if call is None or scope is None:
                return None
            code, reply = "9001" if isinstance(wrong, messages.BadSeal) else "9002", {}
            facts |= scope.exchange
        return self.interface.write(f"{call['name']}.reply", reply, given, facts, scope.fields, code)


def flat(tree, path=""):
    """Values of a sample by path; rows of lists by such."""
    for name, value in tree.items():
        inner = f"{path}.{name}" if path else name
        if isinstance(value, dict):
            yield from flat(value, inner)
        elif isinstance(value, list):
            yield inner, [dict(flat(row, inner)) for row in value]
        else:
            yield inner, value


def samples_hold(interface, link):
    """Every sample of the line is read to its values and written to its octets; gives how many there are."""
    count, on_line = 0, {call["name"] for call in interface.document["calls"] if call["link"] in link}
    for sample in interface.document["samples"]:
        name = sample["message"]
        if name.split(".")[0] not in on_line:
            continue
        given = {kind: dict(values) for kind, values in sample["given"].items()}
        for kind in ("key", "session"):
            given[kind] = {inner: bytes.fromhex(value) for inner, value in given.get(kind, {}).items()}
        octets = bytes.fromhex(sample["parts"]["content"])
        scope = interface.read(name, octets, given, checked=False)
        shown, due = scope.fields | scope.lists, dict(flat(sample["fields"]))
        # Where the document shows figures of a number as a text, they are the same number.
        same = {path: value for path, value in shown.items() if str(value) != str(due.get(path)) and not isinstance(value, (list, bool))}
        if set(shown) != set(due) or any(value is not None for value in same.values()):
            raise SystemExit(f"{name}: read {same}, due {due}")
        code = next((value for path, value in shown.items() if path.endswith(".ret")), None)
        if interface.write(name, shown, given, scope.exchange, shown, code, checked=False) != octets:
            raise SystemExit(f"{name}: not written to the same octets")
        count += 1
    return count


def main(document, party):
    document = json.load(open(document, encoding="utf-8"))
    party = json.load(open(party, encoding="utf-8"))
    given = {"setting": party["settings"], "key": {name: bytes.fromhex(key["hex"]) for name, key in party["keys"].items()}}
    here = Party(document, given)
    lines = {link["name"] for link in document["links"] if link["kind"] == "tcp"}
    print(f"{samples_hold(here.interface, lines)} samples read and written", flush=True)

    class Line(socketserver.StreamRequestHandler):
        def handle(self):
            frame = here.link["frame"]
            try:
                while (octets := messages.unframed(frame, lambda count: self.rfile.read(count) or None)) is not None:
                    answer = here.answer(octets)
                    if answer is None:
                        return
                    self.wfile.write(messages.framed(frame, answer))
            except (ValueError, ConnectionError):
                return

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

    with Server(("127.0.0.1", 0), Line) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        print(f"listening on 127.0.0.1:{server.server_address[1]}", flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main(*sys.argv[1:])
