#!/usr/bin/env bash
# UDP to the store over loopback: flows per CPU-second of weir collect, its background threads included, and of nfcapd
# with LZ4 where it is on the PATH, in one run, and what both have on disk at the end.
#
#   bench/collect_store.sh BUILD_DIR [FLOWS [RATE]]     5,000,000 flows at 250,000 a second
#
# The sender is make_store --live: the flows of bench/dataset.h, dated now. Its CPU time is not counted.
set -euo pipefail
build=$1 flows=${2:-5000000} rate=${3:-250000}
weir=$build/weir make_store=$build/make_store
dir=$(mktemp -d /var/tmp/weir-bench.XXXXXX)
trap 'kill $(jobs -p) 2>/dev/null || true; wait; rm -rf "$dir"' EXIT
ticks=$(getconf CLK_TCK)

cpu_seconds() { awk -v t="$ticks" '{print ($14 + $15) / t}' "/proc/$1/stat"; }
wait_idle() {  # until PID uses no CPU time worth speaking of: what lags behind is done
  local before=-1 now
  now=$(cpu_seconds "$1")
  while awk -v a="$before" -v b="$now" 'BEGIN {exit b - a < 0.03}'; do
    sleep 2
    before=$now
    now=$(cpu_seconds "$1")
  done
}
table() {  # NAME CPU FLOWS BYTES
  awk -v n="$1" -v c="$2" -v f="$3" -v b="$4" \
    'BEGIN {printf "%-12s %10d flows %8.2f CPU-s %10.0f flows/CPU-s %6.3f us/flow %12d bytes %7.2f a flow\n", n, f, c, f / c, c / f * 1e6, b, b / f}'
}

"$weir" collect ${COLLECT_OPTIONS:-} --listen udp://127.0.0.1:0 --http off --state-dir none --run-dir "$dir" --to "store:$dir/store" 2>"$dir/log" &
pid=$!
until grep -q 'udp://127.0.0.1:' "$dir/log"; do sleep 0.05; done
port=$(sed -n 's/.*udp:\/\/127.0.0.1:\([0-9]*\).*/\1/p' "$dir/log" | head -1)
"$make_store" --flows "$flows" --udp "127.0.0.1:$port" --rate "$rate" --live 2>/dev/null
sleep 2
weir_received=$(cpu_seconds $pid)
wait_idle $pid
weir_cpu=$(cpu_seconds $pid)
"$weir" status --run-dir "$dir" | sed -n 1,25p
kill $pid
wait $pid || true
TIMEFORMAT='  compaction at the end, told apart: %U user and %S system CPU-s'
time "$weir" db compact -d "$dir/store"
weir_flows=$("$weir" db stats -d "$dir/store" --format json | grep -o '"rows":[0-9]*' | head -1 | cut -d: -f2)
weir_bytes=$(du -sb "$dir/store" | cut -f1)
table "weir" "$weir_cpu" "$weir_flows" "$weir_bytes"
echo "  of which $weir_received CPU-s when the last flow had come"

if ! command -v nfcapd >/dev/null; then
  echo "nfcapd is not on the PATH: nothing to compare with"
  exit
fi
mkdir "$dir/nf"
lz4=-y
nfcapd -h 2>&1 | grep -q -- '-z=' && lz4=-z=lz4
nfcapd "$lz4" -w "$dir/nf" -b 127.0.0.1 -p 29995 -t 86400 -B 16777216 >"$dir/nfcapd.log" 2>&1 &
pid=$!
sleep 0.5
"$make_store" --flows "$flows" --udp 127.0.0.1:29995 --rate "$rate" --live 2>/dev/null
sleep 2
wait_idle $pid
nf_cpu=$(cpu_seconds $pid)
kill $pid
wait $pid || true
nf_flows=$(grep -o 'Flows: [0-9]*' "$dir/nfcapd.log" | tail -1 | cut -d' ' -f2)
nf_bytes=$(du -sb "$dir/nf" | cut -f1)
table "nfcapd lz4" "$nf_cpu" "$nf_flows" "$nf_bytes"
awk -v wc="$weir_cpu" -v wf="$weir_flows" -v wb="$weir_bytes" -v nc="$nf_cpu" -v nf="$nf_flows" -v nb="$nf_bytes" \
  'BEGIN {printf "weir: %.2f times the flows per CPU-second, on %.0f %% of the disk\n", (wf / wc) / (nf / nc), 100 * (wb / wf) / (nb / nf)}'
