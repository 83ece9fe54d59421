#!/usr/bin/env bash
# What the store takes to be filled, and on disk, beside nfdump's files of the same flows (bench/dataset.h).
#
#   bench/store.sh BUILD_DIR [FLOWS [DIR]]     10,000,000 flows; files stay in DIR where one is given
#
# nfcapd, where it is on the PATH, gets the flows as IPFIX at a rate that it follows. Where it cannot write zstd itself,
# its file is compressed whole by zstd, which is a little smaller than what it would write block by block.
set -euo pipefail
build=$1 flows=${2:-10000000}
dir=${3:-}
[ -n "$dir" ] || { dir=$(mktemp -d /var/tmp/weir-bench.XXXXXX); trap 'rm -rf "$dir"' EXIT; }
mkdir -p "$dir"
make_store=$build/make_store weir=$build/weir

size() { du -sb "$1" | cut -f1; }
per_flow() { awk -v b="$1" -v f="$flows" 'BEGIN {printf "%.2f", b / f}'; }

echo "== $flows flows into a store"
"$make_store" --flows "$flows" --nothing 2>&1 | sed -n 's/.* CPU-s$/making the flows alone: &/p; s/^[0-9]* flows in/making alone: &/p' | head -1
rm -rf "$dir/quick" "$dir/store"
"$make_store" --flows "$flows" --no-compact --store "$dir/quick" 2>&1 | sed 's/^/segments of the journal: /'
quick=$(size "$dir/quick")
rm -rf "$dir/quick"
"$make_store" --flows "$flows" --store "$dir/store" 2>&1 | sed 's/^/compacted: /'
store=$(size "$dir/store")
"$weir" db check -d "$dir/store"
"$weir" db stats -d "$dir/store"

echo
echo "== bytes a flow"
printf '%-28s %16s %8s %8s\n' "" bytes "a flow" "ratio"
row() { printf '%-28s %16d %8s %8s\n' "$1" "$2" "$(per_flow "$2")" "$(awk -v a="$store" -v b="$2" 'BEGIN {printf "%.2f", a / b}')"; }
row "weir, segments of the journal" "$quick"
row "weir, compacted" "$store"

if ! command -v nfcapd >/dev/null; then
  echo "nfcapd is not on the PATH: nothing to compare with"
  exit
fi
if [ ! -f "$dir/nfcapd.raw" ]; then
  mkdir -p "$dir/nf"
  nfcapd -w "$dir/nf" -b 127.0.0.1 -p 29995 -t 86400 -B 200000000 >"$dir/nfcapd.log" 2>&1 &
  pid=$!
  sleep 0.5
  "$make_store" --flows "$flows" --udp 127.0.0.1:29995 --rate 200000 2>/dev/null
  sleep 2
  kill $pid
  wait $pid || true
  got=$(grep -o 'Flows: [0-9]*' "$dir/nfcapd.log" | tail -1 | cut -d' ' -f2)
  [ "$got" = "$flows" ] || echo "nfcapd dropped flows: it has $got"
  mv "$dir"/nf/nfcapd.2* "$dir/nfcapd.raw"
fi
row "nfdump, uncompressed" "$(size "$dir/nfcapd.raw")"
nfdump -r "$dir/nfcapd.raw" -y -w "$dir/nfcapd.lz4" >/dev/null
row "nfdump, lz4" "$(size "$dir/nfcapd.lz4")"
if nfdump -h 2>&1 | grep -qi zstd; then
  nfdump -r "$dir/nfcapd.raw" -z=zstd -w "$dir/nfcapd.zstd" >/dev/null
  row "nfdump, zstd" "$(size "$dir/nfcapd.zstd")"
elif command -v zstd >/dev/null; then
  row "nfdump, zstd of the file" "$(zstd -q -3 -c "$dir/nfcapd.raw" | wc -c)"
fi
