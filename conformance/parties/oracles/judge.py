"""Judges messages of the parties beside this folder, as `conformance/oracles/judge.py` does those of the bank's own.

In and out: as there. The implementations are the modules beside this file.
"""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1] / "oracles"), str(HERE)]

import judge  # noqa: E402  (the one of the first of these folders)

if __name__ == "__main__":
    judge.main()
