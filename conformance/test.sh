#!/usr/bin/env bash
# Everything: format, lints, tests, adapters, conformance, oracles, a short demonstration with faults.
# Installs what is missing (Debian packages, by apt-get when it may). Prints the seconds of each stage; ends with the test
# runner's own closing lines. Exit code 0 only if all is well.
set -euo pipefail
cd "$(dirname "$0")/.."
export CARGO_TERM_COLOR=never

stage() {
  local name=$1 began
  shift
  began=$(date +%s)
  printf '\n== %s\n' "$name"
  "$@"
  printf -- '-- %s: %s s\n' "$name" "$(($(date +%s) - began))"
}

missing_packages() {
  local wanted=()
  command -v openssl >/dev/null || wanted+=(openssl)
  python3 -c 'import venv, ensurepip' 2>/dev/null || wanted+=(python3 python3-venv)
  [ -x /usr/lib/openssh/sftp-server ] || wanted+=(openssh-sftp-server)
  [ -x /usr/sbin/sshd ] || wanted+=(openssh-server)
  command -v pdftotext >/dev/null || wanted+=(poppler-utils)
  [ -d /usr/share/poppler/cMap ] || wanted+=(poppler-data)
  command -v sftp >/dev/null || wanted+=(openssh-client)
  [ -n "$(ls /usr/lib/postgresql/*/bin/initdb 2>/dev/null)" ] || wanted+=(postgresql)
  if [ ${#wanted[@]} -gt 0 ]; then
    echo "installing ${wanted[*]}"
    if [ "$(id -u)" = 0 ]; then apt-get install -y -q "${wanted[@]}"; else sudo -n apt-get install -y -q "${wanted[@]}"; fi
  fi
}

# The gateway itself, in the build that the tests use too.
tongshi() { target/release/tongshi "$@"; }

licences() {
  if cargo deny --version >/dev/null 2>&1; then
    cargo deny --offline check licenses bans sources
  else
    echo "cargo-deny is not on this machine: licences and sources were not checked"
  fi
}

# Three parties at once: a suite waits more than it works.
suites() {
  local said=target/conform/said good=0
  rm -rf "$said"
  mkdir -p "$said"
  printf '%s\n' conformance/suites/*/ | xargs -n 1 basename |
    xargs -P 3 -I PARTY sh -c "target/release/tongshi conform PARTY >$said/PARTY.txt 2>&1" || good=1
  cat "$said"/*.txt
  return "$good"
}

tests() {
  if cargo nextest --version >/dev/null 2>&1; then
    cargo nextest run --release --workspace --no-fail-fast
  else
    cargo test --release --workspace --no-fail-fast
  fi
}

stage "packages" missing_packages
stage "second implementations" conformance/oracles/prepare.sh
stage "format" cargo fmt --all --check
stage "lints" cargo clippy --workspace --all-targets --quiet -- -D warnings
stage "licences" licences
# One build for everything that follows: the tests need nothing built again with other features.
stage "build" cargo build --release --quiet --workspace --bins --tests
stage "adapters" tongshi check configs --quiet
stage "yardstick's adapters" tongshi check conformance/bench/configs --quiet
stage "yardstick's codecs" tongshi check conformance/bench/codecs --quiet
stage "parties' adapters" tongshi check conformance/parties/configs --quiet
stage "canonical form" tongshi fmt --check conformance/parties/configs configs conformance/bench/configs conformance/bench/codecs
stage "deployment" tongshi run configs/gateway.yaml --check
stage "suites" suites
# A short campaign of faults: parties lose, garble and spoil replies on purpose; the three books must agree at the end.
stage "faults" tongshi demo --folder target/test-demo
# Network, disk, clock and process go wrong by 2,000 seeds; the parties' ledgers must agree with what clients were told.
stage "simulated faults" tongshi torture --seeds 2000 --folder target/test-torture --json
# The binary itself, killed and stopped under load on real sockets, its disk full now and then.
stage "kills" tongshi torture --kill 20 --folder target/test-kill --json
stage "kills over PostgreSQL" tongshi torture --kill 20 --store postgres --folder target/test-kill-postgres --json
# Every party in one gateway; while one stalls, one floods and one answers garbage the others must not notice.
stage "all together" tongshi demo --all --folder target/test-demo
stage "tests" tests
