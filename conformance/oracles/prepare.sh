#!/usr/bin/env bash
# Gives the second implementations a Python of their own, under target/oracles, with the libraries that they need.
set -euo pipefail
cd "$(dirname "$0")/../.."
[ -x target/oracles/bin/python3 ] || python3 -m venv target/oracles
target/oracles/bin/python3 -m pip install --quiet --disable-pip-version-check -r conformance/oracles/requirements.txt
