#!/usr/bin/env bash
# A capture file to NetFlow v9 over loopback: packets per CPU-second of weir export, and of softflowd where it is on the
# PATH, in one run, and whether the number of records is the true one.
#
#   bench/export_file.sh BUILD_DIR [PACKETS [FLOWS]]     5,000,000 packets of 20,000 conversations
#
# softflowd runs with the table it has by default (8,192 flows), which splits flows, and with room for all. Each runs three
# times, by turns; the best of each counts. weir collect receives and counts the records.
set -euo pipefail
build=$1 packets=${2:-5000000} flows=${3:-20000}
dir=$(mktemp -d /var/tmp/weir-bench.XXXXXX)
trap 'kill $(jobs -p) 2>/dev/null || true; wait; rm -rf "$dir"' EXIT
"$build/make_packets" "$dir/packets.pcap" "$packets" "$flows"
cat "$dir/packets.pcap" >/dev/null

"$build/weir" collect --listen udp://127.0.0.1:0 --http off --state-dir none --run-dir "$dir" --to file:/dev/null 2>"$dir/log" &
until grep -q 'udp://127.0.0.1:' "$dir/log"; do sleep 0.05; done
port=$(sed -n 's/.*udp:\/\/127.0.0.1:\([0-9]*\).*/\1/p' "$dir/log" | head -1)
received() { "$build/weir" status --run-dir "$dir" --json | grep -o '"flows":[0-9]*' | head -1 | cut -d: -f2; }

run() {  # NAME COMMAND...: "CPU-seconds records" into $dir/NAME
  local name=$1 before
  shift
  before=$(received)
  TIMEFORMAT='%U %S'
  { time "$@" >"$dir/out" 2>"$dir/err"; } 2>"$dir/time"
  sleep 0.7
  echo "$(awk '{print $1 + $2}' "$dir/time") $(($(received) - before))" >>"$dir/$name"
}
for _ in 1 2 3; do
  run weir "$build/weir" export --pcap "$dir/packets.pcap" --to "udp://127.0.0.1:$port" --protocol 9 --active-timeout 10m
  if command -v softflowd >/dev/null; then
    run softflowd softflowd -d -r "$dir/packets.pcap" -n "127.0.0.1:$port" -v 9 -p "$dir/pid" -c none
    run softflowd-m softflowd -d -r "$dir/packets.pcap" -n "127.0.0.1:$port" -v 9 -m 1000000 -p "$dir/pid" -c none
  fi
done
for name in weir softflowd softflowd-m; do
  [ -f "$dir/$name" ] || { echo "$name is not on the PATH: nothing to compare with"; continue; }
  sort -n "$dir/$name" | head -1 | awk -v n="$name" -v p="$packets" -v f="$flows" \
    '{printf "%-10s %10d packets %7.2f CPU-s %12.0f packets/CPU-s %8d records, truly %d\n", n, p, $1, p / $1, $2, 2 * f}'
done
for name in softflowd softflowd-m; do
  [ -f "$dir/$name" ] || continue
  echo "$(sort -n "$dir/weir" | head -1) $(sort -n "$dir/$name" | head -1)" |
    awk -v n="$name" '{printf "weir: %.1f times the packets per CPU-second of %s\n", $3 / $1, n}'
done
