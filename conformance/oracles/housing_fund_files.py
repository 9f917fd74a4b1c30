"""Files inside the housing fund's messages (housing-fund), from section 6 of its page: GBK text, a zlib stream, hexadecimal.

What the page names in Chinese has here the gateway's short names, in the order of the page.
"""

import zlib

from fixed import day, time

# Batch files: fields each ended by `@|$`, records by CRLF.
SAME = {
    "BDC203": "seq:I amount:A account name memo detail serial1 serial2 capital:A rate:A",
    "BDC204": "seq:I amount:A account name memo detail serial1",
    "BDC205": "seq:I amount:A account name whole memo",
}
CROSS = {
    "BDC203": "seq:I amount:A account name bank branch address memo detail serial1 serial2 capital:A rate:A",
    "BDC204": "seq:I amount:A account name bank branch address agreement memo detail serial1",
    "BDC205": "seq:I amount:A account name bank branch address agreement whole memo",
}
SPLIT = (
    "seq:I detail serial idno contract name amount:A capital:A interest:A penalty:A fine:A other:A ocapital:A ointerest:A "
    "ofine:A openalty:A memo remark"
)
# Result file: `|`, LF, a first line that begins with `$`, a last line `#END`.
HEAD = "date unit batch class kind currency cash count:I amount:A good:I gamount:A bad:I bamount:A memo"
RESULT = (
    "seq:I currency cash amount:A payer pname pleft payee rname rleft code text_ date:D serial receipt extra"
)
MOVEMENT = (
    "seq:I account serial tran other oname amount:A date:D time:T available:A branch remark currency cash balance:A overdraft:A "
    "vkind vno obank memo reversed book volume"
)


def columns(text):
    return [tuple((part + ":X").split(":")[:2]) for part in text.split()]


def fen(text):
    sign, digits = (-1, text[1:]) if text.startswith("-") else (1, text)
    yuan, _, cents = digits.partition(".")
    if not (yuan.isdigit() and len(cents) == 2 and cents.isdigit()):
        raise ValueError(f"{text!r} is no amount of two places")
    return sign * (int(yuan) * 100 + int(cents))


def yuan(amount):
    return f"{'-' if amount < 0 else ''}{abs(amount) // 100}.{abs(amount) % 100:02}"


def value(text, kind):
    if kind == "X":
        return text
    if text == "":
        return None
    if kind == "A":
        return fen(text)
    if kind == "D":
        return day(text)
    if kind == "T":
        return time(text)
    if kind == "I":
        if not text.isdigit():
            raise ValueError(f"{text!r} is no number")
        return int(text)
    if kind == "R":
        if len(text.partition(".")[2]) != 6:
            raise ValueError(f"{text!r} has no six places")
        return text
    raise ValueError(f"no kind {kind}")


def written(found, kind):
    if found is None:
        return ""
    if kind == "A":
        return yuan(found)
    return found.replace("-", "").replace(":", "") if kind in "DT" else str(found)


def line(text, names, separator):
    *parts, last = text.split(separator)
    if last != "":
        raise ValueError(f"the last field of {text!r} has no end")
    return {name: value(part, kind) for part, (name, kind) in zip(parts, columns(names), strict=True)}


def back(row, names, separator):
    return "".join(written(row.get(name), kind) + separator for name, kind in columns(names))


def records(text, end):
    if text and not text.endswith(end):
        raise ValueError("the last record has no end")
    return text.split(end)[:-1]


def layout(code, kind):
    """Names of a file's rows, separator and end of a record. FileType 1 is the same bank, 2 another, 3 mixed."""
    if code in SAME:
        return (SAME if kind == "1" else CROSS)[code], "@|$", "\r\n"
    if code == "BDC206":
        return SPLIT, "@|$", "\r\n"
    # The page has two separators of this file, from two sources: the centre's answer comes with one, our notice with the other.
    return (MOVEMENT, "@|$", "\r\n") if code == "BDC302" else (MOVEMENT, "|", "\n")


def opened(code, kind, data):
    """What a DATA field says. `hex` keeps how it was compressed, since two compressors may give two streams."""
    text = zlib.decompress(bytes.fromhex("".join(data.split()))).decode("gbk")
    if code == "BDC208":
        first, *rows, last = records(text, "\n")
        if not first.startswith("$") or last != "#END":
            raise ValueError(f"the first line is {first!r}, the last {last!r}")
        found = {"head": line(first, HEAD, "|"), "rows": [line(row, RESULT, "|") for row in rows]}
        # The gateway has a list, and a count, of its own for each wish: the successful, the failed, all.
        head, rows = found["head"], found["rows"]
        head.update({"good_": head["good"], "bad_": head["bad"], "all_": head["count"]})
        found.update({"good_rows": rows, "bad_rows": rows, "all_rows": rows, "tail": {"end_": last}})
    else:
        names, separator, end = layout(code, kind)
        found = {"rows": [line(row, names, separator) for row in records(text, end)]}
    return {**found, "hex": data}


def text_of(code, kind, found):
    if code == "BDC208":
        rows = "".join(back(row, RESULT, "|") + "\n" for row in found["rows"])
        return back(found["head"], HEAD, "|") + "\n" + rows + "#END\n"
    names, separator, end = layout(code, kind)
    return "".join(back(row, names, separator) + end for row in found["rows"])


def closed(code, kind, found):
    """The DATA field: the stream that was read where it holds the same text, else one of our own."""
    text = text_of(code, kind, found).encode("gbk")
    if zlib.decompress(bytes.fromhex(found["hex"])) == text and found["hex"] == found["hex"].upper():
        return found["hex"]
    return zlib.compress(text).hex().upper()
