#!/usr/bin/env bash
# UDP to a JSON file over loopback: flows per CPU-second of weir and, where it is on the PATH, of goflow2, in one run.
#
#   bench/collect.sh BUILD_DIR [PROTOCOL [FLOWS [RATE]]]     protocol 5, 9 or ipfix; rate in flows/s, 0 for full speed
#
# The sender is `weir generate`; its CPU time is not counted. A peer gets a tenth of the flows and a rate it can follow.
set -euo pipefail
build=$1 protocol=${2:-5} flows=${3:-5000000} rate=${4:-0}
weir=$build/weir
dir=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$dir"' EXIT
ticks=$(getconf CLK_TCK)

cpu_seconds() { awk -v t="$ticks" '{print ($14 + $15) / t}' "/proc/$1/stat"; }
wait_settled() {  # until FILE has stopped growing
  local size=-1
  while [ "$(stat -c %s "$1")" != "$size" ]; do size=$(stat -c %s "$1"); sleep 0.5; done
}
report() {  # NAME PID FILE SENT
  local cpu lines
  wait_settled "$3"
  cpu=$(cpu_seconds "$2")
  lines=$(wc -l <"$3")
  awk -v n="$1" -v l="$lines" -v s="$4" -v c="$cpu" -v m="$(awk '/VmHWM/ {print $2 / 1024}' "/proc/$2/status")" \
    'BEGIN {printf "%-8s %10d of %10d flows written, %7.2f CPU-s, %9.0f flows per CPU-second, %5.0f MB resident\n", n, l, s, c, l / c, m}'
}

"$weir" collect --listen udp://127.0.0.1:0 --http off --state-dir none --run-dir "$dir" --to "file:$dir/weir.json" 2>"$dir/log" &
pid=$!
until grep -q 'udp://127.0.0.1:' "$dir/log"; do sleep 0.05; done
port=$(sed -n 's/.*udp:\/\/127.0.0.1:\([0-9]*\).*/\1/p' "$dir/log" | head -1)
"$weir" generate --to "udp://127.0.0.1:$port" --protocol "$protocol" --flows "$flows" --rate "$rate" --exporters 16 --ipv6-share 0
sleep 1
report weir $pid "$dir/weir.json" "$flows"
"$weir" status --run-dir "$dir" | sed -n 1,20p
kill $pid; wait $pid || true
rm -f "$dir/weir.json"

if command -v goflow2 >/dev/null; then
  : >"$dir/goflow2.json"
  goflow2 -listen netflow://127.0.0.1:29055 -transport file -transport.file "$dir/goflow2.json" -format json \
    -addr 127.0.0.1:29056 >/dev/null 2>&1 &
  pid=$!
  sleep 1
  "$weir" generate --to udp://127.0.0.1:29055 --protocol "$protocol" --flows $((flows / 50)) --rate 10000 --exporters 16 --ipv6-share 0
  sleep 1
  report goflow2 $pid "$dir/goflow2.json" $((flows / 50))
  kill $pid
else
  echo "goflow2 is not on the PATH: nothing to compare with"
fi
