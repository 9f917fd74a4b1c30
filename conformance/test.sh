#!/usr/bin/env bash
# Everything: format, lints, tests, adapters, conformance, oracles, a short demonstration with faults.
# Installs what is missing (Debian packages, by apt-get when it may). Prints the seconds of each stage; ends with the test
# runner's own closing lines. Exit code 0 only if all is well. What fails behind the build stops nothing: who reads this wants
# to hear of all that is wrong.
set -euo pipefail
cd "$(dirname "$0")/.."
export CARGO_TERM_COLOR=never

failed=()

stage() {
  local name=$1 began code=0
  shift
  began=$(date +%s)
  printf '\n== %s\n' "$name"
  "$@" || code=$?
  [ $code = 0 ] || printf -- '-- %s: FAILED (exit code %s)\n' "$name" "$code"
  printf -- '-- %s: %s s\n' "$name" "$(($(date +%s) - began))"
  return $code
}

# A stage on which no other stands. Where nobody looks on, what it says is kept: the end of what failed is told once more
# before the tests.
check() {
  local code=0
  if [ -t 1 ]; then
    stage "$@" || code=$?
  else
    mkdir -p target/stages
    stage "$@" 2>&1 | tee "target/stages/${1//[^a-z]/-}.txt" || code=$?
  fi
  [ $code = 0 ] || failed+=("$1")
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
  command -v patroni >/dev/null || wanted+=(patroni)
  command -v etcd >/dev/null || wanted+=(etcd-server)
  # By which Patroni reaches it.
  /usr/bin/python3 -c 'import etcd' 2>/dev/null || wanted+=(python3-etcd)
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

# Twelve parties at once: a suite waits far more than it works; those with most to do first, or all wait for them at the end.
# Whoever fails is run once more alone, where nothing else makes answers late, and is told of either way.
suites() {
  local said=target/conform/said good=0 party bad=()
  rm -rf "$said"
  mkdir -p "$said"
  du -bs conformance/suites/*/ | sort -rn | cut -f 2 | xargs -n 1 basename |
    xargs -P 12 -I PARTY sh -c "target/release/tongshi conform PARTY --reports $said >$said/PARTY.txt 2>&1 || touch $said/PARTY.failed" || good=1
  for party in conformance/suites/*/; do
    party=$(basename "$party")
    if [ -e "$said/$party.failed" ]; then
      cat "$said/$party.txt"
      if tongshi conform "$party" --reports "$said" >"$said/$party.txt" 2>&1; then
        printf 'FLAKY    %s failed beside others and passed alone\n' "$party"
      else
        bad+=("$said/$party.txt")
        good=1
      fi
    fi
    printf '%-24s %s\n' "$party" "$(tail -n 1 "$said/$party.txt")"
  done
  tongshi conform --matrix --reports "$said" || good=1
  # What failed comes last, where whoever reads a failed run looks first.
  [ ${#bad[@]} -eq 0 ] || cat "${bad[@]}"
  return "$good"
}

# Seeds work and the suites wait, and what is killed waits too, so that all of it runs behind them; `faults` tells what came of it.
campaign() {
  rm -rf target/campaign
  mkdir -p target/campaign
  behind seeds nice -n 19 target/release/tongshi torture --seeds 2000 --folder target/test-torture --json
  # Is anything found at all: bugs of which each kind of wrong comes, every one within a few seeds.
  behind planted nice -n 19 target/release/tongshi torture --planted='believed,undone,sent again,cannot be read,end is written,promises nothing,names today,first leg' --seeds 100 --folder target/test-planted
  behind kills-file target/release/tongshi torture --kill 20 --folder target/test-kill --json
  behind kills-postgres target/release/tongshi torture --kill 20 --store postgres --folder target/test-kill-postgres --json
  # Whoever interrupts this is not to leave it behind.
  trap 'for one in target/campaign/*.process; do [ -s "${one%.process}.code" ] || kill "$(cat "$one")" 2>/dev/null || true; done' EXIT
}

# Runs a command behind whatever follows; what it says and its exit code are kept by a name.
behind() {
  local kept=target/campaign/$1
  shift
  {
    local code=0
    "$@" >"$kept.txt" 2>&1 &
    echo $! >"$kept.process"
    wait $! || code=$?
    echo "$code" >"$kept.code"
  } &
}

faults() {
  local good=0 kept
  for kept in target/campaign/{seeds,planted,kills-file,kills-postgres}; do
    for _ in $(seq 1800); do [ -s "$kept.code" ] && break || sleep 1; done
    [ "$(cat "$kept.code" 2>/dev/null)" = 0 ] || good=1
    cat "$kept.txt"
  done
  return "$good"
}

# Real sockets and real time, on a machine that others may use too: what fails is run once more, and is told of either way.
demonstration() {
  tongshi demo "$@" --folder target/test-demo && return
  printf 'FLAKY    the demonstration failed: once more\n'
  tongshi demo "$@" --folder target/test-demo
}

tests() {
  # A test that passes is not worth a line when a stage before has failed: what failed stays in sight.
  local level=pass
  [ ${#failed[@]} -eq 0 ] || level=fail
  if cargo nextest --version >/dev/null 2>&1; then
    # A test that fails is run once more; the runner tells of it as flaky.
    cargo nextest run --release --workspace --no-fail-fast --retries 1 --status-level "$level"
  else
    cargo test --release --workspace --no-fail-fast
  fi
}

stage "packages" missing_packages
stage "second implementations" conformance/oracles/prepare.sh
stage "format" cargo fmt --all --check
# In the profile of the build, so that build scripts and what they compile from C are made once.
stage "lints" cargo clippy --release --workspace --all-targets --quiet -- -D warnings
stage "licences" licences
# One build for everything that follows: the tests need nothing built again with other features.
stage "build" cargo build --release --quiet --workspace --bins --tests
check "adapters" tongshi check configs --quiet --anew
check "yardstick's adapters" tongshi check conformance/bench/configs --quiet --anew
check "yardstick's codecs" tongshi check conformance/bench/codecs --quiet --anew
check "parties' adapters" tongshi check conformance/parties/configs --quiet --anew
check "canonical form" tongshi fmt --check conformance/parties/configs configs conformance/bench/configs conformance/bench/codecs
check "deployment" tongshi run configs/gateway.yaml --check
campaign
check "suites" suites
# A short campaign of faults: parties lose, garble and spoil replies on purpose; the three books must agree at the end.
check "faults" demonstration
# Network, disk, clock and process go wrong by 2,000 seeds; the parties' ledgers must agree with what clients were told. The
# binary itself, killed and stopped under load on real sockets over both stores, its disk full now and then. Bugs planted on purpose
# must be found.
check "simulated faults and kills" faults
# Every party in one gateway; while one stalls, one floods and one answers garbage the others must not notice.
check "all together" demonstration --all
for name in ${failed[@]+"${failed[@]}"}; do
  printf '\n== %s: FAILED\n' "$name"
  [ -t 1 ] || tail -n 40 "target/stages/${name//[^a-z]/-}.txt" | cut -c 1-400
done
check "tests" tests
[ ${#failed[@]} -eq 0 ]
