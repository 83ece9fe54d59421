#!/usr/bin/env bash
# UDP to JSON to HTTP over loopback: flows per CPU-second of the collector, by spool mode and compression.
#
#   bench/collect_http.sh BUILD_DIR [PROTOCOL [FLOWS [RATE]]]     protocol 5, 9 or ipfix; rate in flows/s, 0 for full speed
#
# The sender is `weir generate`, the server `http_drain`; the CPU time of neither is counted. BUILD_DIR needs WEIR_BENCH=ON.
# goflow2, where it is on the PATH, has no HTTP transport: it writes JSON to a file, which costs it less. It gets a
# twentieth of the flows and a rate that it can follow.
set -euo pipefail
build=$1 protocol=${2:-5} flows=${3:-2000000} rate=${4:-200000}
weir=$build/weir
dir=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$dir"' EXIT
ticks=$(getconf CLK_TCK)

cpu_seconds() { awk -v t="$ticks" '{print ($14 + $15) / t}' "/proc/$1/stat"; }
print_row() {  # NAME FLOWS SENT CPU RESIDENT_KB
  awk -v n="$1" -v l="$2" -v s="$3" -v c="$4" -v m="$5" 'BEGIN {printf \
    "%-26s %9d of %9d flows delivered, %6.2f CPU-s, %8.0f flows per CPU-second, %4.0f MB resident\n", n, l, s, c, l / c, m / 1024}'
}

"$build/http_drain" >"$dir/drain" &
until [ -s "$dir/drain" ]; do sleep 0.05; done
server=$(head -1 "$dir/drain")

measure() {  # NAME OPTIONS
  local pid port cpu out last=-1
  "$weir" collect ${COLLECT_OPTIONS:-} --listen udp://127.0.0.1:0 --http off --state-dir none --run-dir "$dir" \
    --to "http://127.0.0.1:$server/api/default/netflow1/_json?$2" 2>"$dir/log" &
  pid=$!
  until grep -q 'udp://127.0.0.1:' "$dir/log"; do sleep 0.05; done
  port=$(sed -n 's/.*udp:\/\/127.0.0.1:\([0-9]*\).*/\1/p' "$dir/log" | head -1)
  "$weir" generate --to "udp://127.0.0.1:$port" --protocol "$protocol" --flows "$flows" --rate "$rate" --exporters 16 \
    --ipv6-share 0 2>/dev/null
  sleep 2
  cpu=$(cpu_seconds $pid)
  out=$("$weir" status --run-dir "$dir" --json | grep -o '"sinks":\[.*' | grep -o '"out":[0-9]*' | head -1 | cut -d: -f2)
  print_row "$1" "$out" "$flows" "$cpu" "$(awk '/VmHWM/ {print $2}' "/proc/$pid/status")"
  kill $pid
  wait $pid || true
}

measure "weir, spool off" "spool=off"
measure "weir, spool=on-failure" "spool-dir=$dir/spool-a"
measure "weir, spool=always" "spool=always&spool-dir=$dir/spool-b"
measure "weir, spool off, zstd" "spool=off&compress=zstd"
measure "weir, spool off, gzip" "spool=off&compress=gzip"

if command -v goflow2 >/dev/null; then
  : >"$dir/goflow2.json"
  goflow2 -listen netflow://127.0.0.1:29055 -transport file -transport.file "$dir/goflow2.json" -format json \
    -addr 127.0.0.1:29056 >/dev/null 2>&1 &
  pid=$!
  sleep 1
  "$weir" generate --to udp://127.0.0.1:29055 --protocol "$protocol" --flows $((flows / 20)) --rate 10000 --exporters 16 \
    --ipv6-share 0 2>/dev/null
  sleep 2
  print_row "goflow2, to a file" "$(wc -l <"$dir/goflow2.json")" $((flows / 20)) "$(cpu_seconds $pid)" \
    "$(awk '/VmHWM/ {print $2}' "/proc/$pid/status")"
  kill $pid
else
  echo "goflow2 is not on the PATH: nothing to compare with"
fi
