"""The platform's bill of a month (zhima-credit, section 6): a CSV by transaction_id and biz_no, under a line of names, above its count and sum."""

import re

from tables import line, lines, row

NAMES = "transaction_id,biz_no,product_code,gmt_bill,amount"
ROW = "transaction_id:X64 biz_no:X64 product_code:X32 gmt_bill:S amount:Y14"
TAIL = "count:I8 amount:Y16"


def read(specimen):
    texts = lines(bytes.fromhex(specimen["parts"]["content"]), "utf-8", "\n")
    if texts[0] != f"\ufeff{NAMES}":
        raise ValueError(f"the first line is {texts[0]!r}")
    # A name that speaks of what stands nowhere in the file is not made up.
    name = rf"ZM_{specimen['given']['setting']['bank_mark']}_\d{{8}}_BILL\d{{1,2}}\.csv"
    if specimen["file"] is not None and not re.fullmatch(name, specimen["file"]):
        raise ValueError(f"the name is {specimen['file']}")
    found = {"head": {f"c{at + 1}": text for at, text in enumerate(texts[0].split(","))}}
    found |= {"detail": [row(text, ROW, ",") for text in texts[1:-1]], "tail": row(texts[-1], TAIL, ",")}
    if found["tail"] != {"count": len(found["detail"]), "amount": sum(one["amount"] for one in found["detail"])}:
        raise ValueError("the last line does not agree with the others")
    return found


def write(found):
    texts = [f"\ufeff{NAMES}", *(line(one, ROW, ",") for one in found["detail"]), line(found["tail"], TAIL, ",")]
    return "".join(f"{text}\n" for text in texts).encode("utf-8")
