#!/usr/bin/env bash
# The yardstick: the workloads of W1 to W3 with the hand-written floor and what peers can be had, in one run, as ratios.
#   conformance/bench/run.sh                 everything, some twenty minutes; installs peers from Debian where it may
#   conformance/bench/run.sh --quick         W2, and W1 and W3 against the floor, within a minute once it is built
#   conformance/bench/run.sh --only w1,w1p   some of w1 w2 w3 rsa w1p idle scale open fair batch
#   conformance/bench/run.sh --json          the ratios for machines, on standard output
#   BENCH_PROFILE=release …                  the build that the tests use, for work on the gateway; the figures that count are of `dist`
# Exit code 0 if every reply was right, whatever the ratios are.
set -euo pipefail
cd "$(dirname "$0")/../.."
export CARGO_TERM_COLOR=never
profile=${BENCH_PROFILE:-dist}

peers() {
  local wanted=()
  [ -x /usr/sbin/nginx ] && [ -f /usr/lib/nginx/modules/ngx_stream_module.so ] || wanted+=(nginx-light libnginx-mod-stream)
  command -v node >/dev/null || wanted+=(nodejs)
  command -v strace >/dev/null || wanted+=(strace)
  [ ${#wanted[@]} -gt 0 ] || return 0
  echo "installing ${wanted[*]}" >&2
  local apt=(apt-get)
  [ "$(id -u)" = 0 ] || apt=(sudo -n apt-get)
  # The package starts a server of its own where it can; nothing here listens at its port.
  { "${apt[@]}" update -q && "${apt[@]}" install -y -q --no-install-recommends "${wanted[@]}"; } >&2 ||
    echo "not installed: ${wanted[*]}; their rows are left out" >&2
}

case " $* " in *" --quick "*) ;; *) peers ;; esac
# Both at once: built apart, the libraries below them would be built twice.
cargo build --profile "$profile" --quiet -p gateway -p bench >&2
# 10,000 silent connections on each side.
ulimit -n "$(ulimit -Hn)" 2>/dev/null || true
run=("target/$profile/bench" run --tongshi "target/$profile/tongshi" --sources conformance/bench --folder target/bench "$@")
# Load and backend have the last core, systems under load the first.
if command -v taskset >/dev/null && [ "$(nproc)" -gt 1 ]; then run=(taskset -c 1 "${run[@]}"); fi
exec "${run[@]}"
