#!/usr/bin/env bash
# Questions to a store of the data set (bench/dataset.h), beside nfdump, DuckDB and goquery over the same flows.
#
#   bench/query.sh BUILD_DIR [FLOWS [DIR]]     10,000,000 flows; DIR may hold what bench/store.sh left there
#
# Every command runs six times; the first, which warms the caches, does not count: wall is the median of the others, CPU
# and peak memory are that run's. Peers are compared where they are on the PATH: nfdump; python3 with the duckdb module,
# over a native table of all fields, addresses as text (its type for them is an extension); goquery, over the database in $GOPROBE_DB.
set -euo pipefail
build=$1 flows=${2:-10000000}
dir=${3:-}
[ -n "$dir" ] || { dir=$(mktemp -d /var/tmp/weir-bench.XXXXXX); trap 'rm -rf "$dir"' EXIT; }
mkdir -p "$dir"
make_store=$build/make_store weir=$build/weir

[ -d "$dir/store" ] || "$make_store" --flows "$flows" --store "$dir/store" 2>/dev/null

# WALL_SECONDS CPU_SECONDS PEAK_MB of a command, median of five by wall time.
measure() {
  python3 - "$@" <<'PY'
import os, subprocess, sys, time
runs = []
for i in range(6):
    start = time.monotonic()
    pid = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ,
                          file_actions=[(os.POSIX_SPAWN_OPEN, 1, "/dev/null", os.O_WRONLY, 0),
                                        (os.POSIX_SPAWN_OPEN, 2, "/dev/null", os.O_WRONLY, 0)])
    _, status, usage = os.wait4(pid, 0)
    wall = time.monotonic() - start
    if status != 0:
        print("failed - -")
        sys.exit()
    if i > 0 or wall > 60:
        runs.append((wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024))
    if wall > 60:
        break
print("%.3f %.2f %.0f" % sorted(runs)[len(runs) // 2])
PY
}

base=
report() {  # NAME COMMAND...   The first of a question is what the others are compared with.
  local name=$1 wall cpu peak ratio=
  shift
  read -r wall cpu peak < <(measure "$@")
  [ -n "$base" ] || base=$wall
  ratio=$(awk -v a="$wall" -v b="$base" 'BEGIN {if (b > 0) printf "%.1f", a / b}')
  printf '  %-44s %9s s %8s CPU-s %7s MB %8s\n' "$name" "$wall" "$cpu" "$peak" "$ratio"
}
question() { base=; echo "$*"; }

# Times of the data set, which begins on 2026-01-05.
first=1767571200
hour=$((first + 3 * 86400 + 14 * 3600))

nf=$dir/nfcapd.lz4
command -v nfdump >/dev/null && [ -f "$nf" ] || nf=
if python3 -c 'import duckdb' 2>/dev/null; then
  duck=$dir/flows.duckdb
  if [ ! -f "$duck" ]; then
    rm -f "$dir/flows.csv"
    mkfifo "$dir/flows.csv"
    "$make_store" --flows "$flows" --csv >"$dir/flows.csv" 2>/dev/null &
    python3 - "$duck" "$dir/flows.csv" <<'PY'
import duckdb, sys
c = duckdb.connect(sys.argv[1])
c.execute("""create table flows as select time_received_ns::UBIGINT time_received_ns,
  time_flow_start_ns::UBIGINT time_flow_start_ns, time_flow_end_ns::UBIGINT time_flow_end_ns,
  sequence_num::UINTEGER sequence_num, sampler_address, bytes::UBIGINT bytes, packets::UBIGINT packets, src_addr, dst_addr,
  proto, src_port::USMALLINT src_port, dst_port::USMALLINT dst_port, in_if_name, out_if_name,
  tcp_flags::UTINYINT tcp_flags, ip_tos::UTINYINT ip_tos, src_as::UINTEGER src_as, dst_as::UINTEGER dst_as, next_hop,
  src_net, dst_net, flow_end_reason::UTINYINT reason from read_csv(?, header=true, all_varchar=true)""", [sys.argv[2]])
PY
    rm "$dir/flows.csv"
  fi
  du -sb "$duck" | awk -v f="$flows" '{printf "DuckDB: %d bytes, %.2f a flow\n", $1, $1 / f}'
else
  duck=
  echo "python3 has no duckdb: not compared"
fi
duckdb() { report "duckdb" python3 -c "import duckdb, sys; print(duckdb.connect('$duck', read_only=True).sql('''$1''').fetchall())"; }
[ -n "$nf" ] || echo "nfdump or its file (bench/store.sh $build $flows $dir) is not there: not compared"
command -v goquery >/dev/null && [ -n "${GOPROBE_DB:-}" ] || echo "goquery or its database is not there: not compared"

ask() { report "weir ${*: -1} ${*:1:$#-1}" "$weir" query -d "$dir/store" -f "$first" -n 10 "$@"; }

question "top 10 of source and destination"
ask sip,dip
[ -z "$nf" ] || report "nfdump -A" nfdump -q -r "$nf" -A srcip,dstip -O bytes -n 10
[ -z "$duck" ] || duckdb "select src_addr, dst_addr, sum(bytes) b, sum(packets) from flows group by 1, 2 order by b desc limit 10"
[ -z "${GOPROBE_DB:-}" ] || report goquery goquery -d "$GOPROBE_DB" -i any -f "$first" -n 10 sip,dip

question "top 10 of sources, one port (a twentieth of the flows)"
ask -c 'dport = 53' sip
[ -z "$nf" ] || report "nfdump -s" nfdump -q -r "$nf" -s srcip/bytes -n 10 'dst port 53'
[ -z "$duck" ] || duckdb "select src_addr, sum(bytes) b, sum(packets) from flows where dst_port = 53 group by 1 order by b desc limit 10"

question "top 10 of sources"
ask sip
[ -z "$nf" ] || report "nfdump -s" nfdump -q -r "$nf" -s srcip/bytes -n 10
[ -z "$duck" ] || duckdb "select src_addr, sum(bytes) b, sum(packets) from flows group by 1 order by b desc limit 10"

question "top 10 of the five-tuple"
ask sip,dip,sport,dport,proto
[ -z "$nf" ] || report "nfdump -a" nfdump -q -r "$nf" -a -O bytes -n 10
[ -z "$duck" ] || duckdb "select src_addr, dst_addr, src_port, dst_port, proto, sum(bytes) b, sum(packets) from flows group by 1, 2, 3, 4, 5 order by b desc limit 10"

question "an hour of one interface"
report "weir -i ge-0/0/3, an hour" "$weir" query -d "$dir/store" -i ge-0/0/3 -f "$hour" -l $((hour + 3600)) -n 10 sip,dip
[ -z "$nf" ] || report "nfdump -t" nfdump -q -r "$nf" -t 2026/01/08.14:00:00-2026/01/08.15:00:00 -A srcip,dstip -O bytes -n 10 'in if 4'
[ -z "$duck" ] || duckdb "select src_addr, dst_addr, sum(bytes) b, sum(packets) from flows where time_flow_end_ns between ${hour}000000000 and $((hour + 3600))000000000 and (in_if_name = \$\$ge-0/0/3\$\$ or out_if_name = \$\$ge-0/0/3\$\$) group by 1, 2 order by b desc limit 10"

question "what there is"
report "weir list" "$weir" list -d "$dir/store"
[ -z "$nf" ] || report "nfdump -I" nfdump -r "$nf" -I
