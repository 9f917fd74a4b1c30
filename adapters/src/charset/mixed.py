#!/usr/bin/env python3
"""Writes mixed.txt, the codes of cp935 and cp1388.

Its source are two tables of the ICU project's data (https://github.com/unicode-org/icu-data, charset/data/ucm):
ibm-935_P110-1999.ucm and ibm-1388_P103-2001.ucm. Only what goes both ways is taken (the lines that end in |0).

    python3 mixed.py FOLDER_OF_THE_UCM_FILES > mixed.txt
"""

import re
import sys

SETS = {"cp935": "ibm-935_P110-1999.ucm", "cp1388": "ibm-1388_P103-2001.ucm"}
LINE = re.compile(r"<U([0-9A-F]{4,6})> +((?:\\x[0-9A-F]{2}){1,2}) +\|0")
HEAD = """\
# The codes of cp935 and cp1388, written by mixed.py from ICU's ibm-935_P110-1999 and ibm-1388_P103-2001: what goes both ways.
# A line: the sets that have them, the first code, the characters of the codes that follow one by one. +N: N more, each
# the next one of Unicode. All in hex but N. Codes of one byte are written with two figures.
"""


def codes(path):
    found = {}
    with open(path, encoding="ascii") as lines:
        for line in lines:
            match = LINE.match(line)
            if match:
                code = bytes.fromhex(match[2].replace("\\x", ""))
                assert found.setdefault(code, int(match[1], 16)) == int(match[1], 16)
    assert len(set(found.values())) == len(found), "each character has one code"
    return found


def characters(values):
    """Runs of characters that follow each other are one word."""
    words = []
    for value in values:
        if words and words[-1][0] + words[-1][1] + 1 == value:
            words[-1][1] += 1
        else:
            words.append([value, 0])
    return " ".join(f"{first:04X}" + (f"+{more}" if more else "") for first, more in words)


def main(folder):
    sets = {name: codes(f"{folder}/{file}") for name, file in SETS.items()}
    one, other = sets["cp935"], sets["cp1388"]
    kinds = {
        "both": {code: value for code, value in one.items() if other.get(code) == value},
        "cp935": {code: value for code, value in one.items() if other.get(code) != value},
        "cp1388": {code: value for code, value in other.items() if one.get(code) != value},
    }
    sys.stdout.write(HEAD)
    for kind, known in kinds.items():
        line = []
        for code in sorted(known, key=lambda code: (len(code), code)):
            # A row ends with its lead byte, so that a line stays short.
            if line and (len(code) != len(line[-1]) or code[:-1] != line[-1][:-1] or code[-1] != line[-1][-1] + 1):
                print(kind, line[0].hex().upper(), characters(known[code] for code in line))
                line = []
            line.append(code)
        if line:
            print(kind, line[0].hex().upper(), characters(known[code] for code in line))


main(sys.argv[1])
