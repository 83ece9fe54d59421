#!/usr/bin/env bash
# Live capture over a veth pair in network namespaces (root, iproute2, tcpreplay): weir export, and softflowd where it is
# on the PATH, on the same packets sent at a rate, or as fast as tcpreplay goes. CPU-seconds, and what was dropped.
#
#   bench/export_live.sh BUILD_DIR [PACKETS [PPS]]     1,000,000 packets as fast as possible
set -euo pipefail
build=$1 packets=${2:-1000000} pps=${3:-0}
dir=$(mktemp -d /var/tmp/weir-bench.XXXXXX)
a=weir-bench-a-$$ b=weir-bench-b-$$
trap 'kill $(jobs -p) 2>/dev/null || true; wait; ip netns del $a; ip netns del $b; rm -rf "$dir"' EXIT
ip netns add $a
ip netns add $b
ip -n $a link add left type veth peer name right netns $b
ip -n $a link set left up
ip -n $b link set right up
ip -n $b link set lo up
"$build/make_packets" "$dir/packets.pcap" "$packets" 20000 10
ticks=$(getconf CLK_TCK)
cpu_seconds() { awk -v t="$ticks" '{print ($14 + $15) / t}' "/proc/$1/stat"; }
replay() {
  local rate=--topspeed
  [ "$pps" = 0 ] || rate="--pps=$pps"
  ip netns exec $a tcpreplay -q -K "$rate" -i left "$dir/packets.pcap" 2>&1 | grep -E 'Rated|Successful' | tr '\n' ' '
  echo
}

ip netns exec $b "$build/weir" export -i right --run-dir "$dir" --to udp://127.0.0.1:9 --protocol 9 2>"$dir/log" &
pid=$!
until grep -q 'writing flows to' "$dir/log"; do sleep 0.05; done
replay
sleep 2
cpu=$(cpu_seconds $pid)
"$build/weir" status exporter --run-dir "$dir" --json >"$dir/status"
python3 - "$dir/status" "$cpu" "$packets" <<'PY'
import json, sys
s = json.load(open(sys.argv[1])); cpu = float(sys.argv[2]); sent = int(sys.argv[3])
p = s["interfaces"][0]["packets"]; m = s["metering"]["packets"]
print(f"weir       {cpu:6.2f} CPU-s {m['out'] / max(cpu, 1e-9):12.0f} packets/CPU-s, of {sent} sent {m['out']} metered, "
      f"{sum(p['dropped'].values())} dropped by the ring; imbalances {s['imbalances']}")
PY
kill $pid
wait $pid || true
command -v softflowd >/dev/null || { echo "softflowd is not on the PATH: nothing to compare with"; exit; }

ip netns exec $b softflowd -d -i right -n 127.0.0.1:9 -v 9 -m 1000000 -p "$dir/pid" -c "$dir/ctl" >"$dir/sf.log" 2>&1 &
sleep 1
pid=$(pgrep -n softflowd)
replay
sleep 2
cpu=$(cpu_seconds "$pid")
softflowctl -c "$dir/ctl" statistics >"$dir/sf" 2>&1 || true
processed=$(sed -n 's/.*Packets processed: \([0-9]*\).*/\1/p' "$dir/sf" | head -1)
awk -v c="$cpu" -v n="${processed:-0}" -v s="$packets" \
  'BEGIN {printf "softflowd  %6.2f CPU-s %12.0f packets/CPU-s, of %d sent %d processed\n", c, n / (c > 0 ? c : 1), s, n}'
grep -iE 'drop' "$dir/sf" | head -3 || true
