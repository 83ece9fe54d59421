#!/usr/bin/env bash
# Resident memory of the collector at full speed with 1,000 exporters of 20 templates each.
#
#   bench/memory.sh BUILD_DIR [FLOWS]       needs python3
set -euo pipefail
weir=$1/weir flows=${2:-5000000}
dir=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$dir"' EXIT

"$weir" collect --listen udp://127.0.0.1:0 --http off --state-dir "$dir/state" --run-dir "$dir" \
  --to "file:$dir/flows.json?rotate-size=200MB&keep=2" 2>"$dir/log" &
pid=$!
until grep -q 'udp://127.0.0.1:' "$dir/log"; do sleep 0.05; done
port=$(sed -n 's/.*udp:\/\/127.0.0.1:\([0-9]*\).*/\1/p' "$dir/log" | head -1)

# 20 templates of 20 fields from each of the addresses that the generator's exporters have.
python3 - "$port" <<'PY'
import socket, struct, sys, time
fields = [(8, 4), (12, 4), (15, 4), (10, 4), (14, 4), (2, 8), (1, 8), (152, 8), (153, 8), (7, 2), (11, 2), (4, 1), (5, 1),
          (6, 1), (16, 4), (17, 4), (9, 1), (13, 1), (61, 1), (136, 1)]
body = b''.join(struct.pack('!HH', *f) for f in fields)
sets = b''.join(struct.pack('!HH', 300 + t, len(fields)) + body for t in range(20))
for n in range(1000):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((socket.inet_ntoa(struct.pack('!I', 0x7f000101 + n)), 0))
    message = struct.pack('!HHIIIHH', 10, 20 + len(sets), int(time.time()), 0, n, 2, 4 + len(sets)) + sets
    s.sendto(message, ('127.0.0.1', int(sys.argv[1])))
    s.close()
    if n % 50 == 0: time.sleep(0.01)
PY
ulimit -n 4096
"$weir" generate --to "udp://127.0.0.1:$port" --protocol ipfix --flows "$flows" --rate 0 --exporters 1000
sleep 1
"$weir" status --run-dir "$dir" | sed -n 1,8p
awk '/VmHWM/ {printf "peak resident memory %.0f MB\n", $2 / 1024}' "/proc/$pid/status"
