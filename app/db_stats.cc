// weir db stats: what a store holds, and what each column takes.
#include <fmt/format.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>
#include <string>
#include <vector>

#include "app/checks.h"
#include "app/cli.h"
#include "app/db_command.h"
#include "base/clock.h"
#include "store/snapshot.h"

namespace weir {
namespace {

struct DbStatsOptions {
  std::string store;
  std::string format = "txt";
};

struct TierStats {
  std::string_view name;
  std::uint64_t segments = 0;
  std::uint64_t rows = 0;
  std::uint64_t flows = 0;
  std::uint64_t bytes = 0;
  TimeRange times = TimeRange::none();

  double per_row() const { return rows == 0 ? 0 : static_cast<double>(bytes) / static_cast<double>(rows); }
};

struct ColumnStats {
  std::string_view name;
  std::uint64_t bytes = 0;
  std::uint64_t entries = 0;  // of its dictionaries
};

struct StoreStats {
  std::array<TierStats, 2> tiers{TierStats{"raw"}, TierStats{"roll-up"}};
  std::vector<ColumnStats> columns;  // largest first
  std::uint64_t other_bytes = 0;     // what belongs to no single column: addresses, summaries
  std::uint64_t address_entries = 0;
  std::vector<std::string> damage;
};

Result<void> add_segment(const Segment& segment, std::vector<ColumnStats>& columns, StoreStats& stats) {
  const SegmentSummary& summary = segment.summary();
  TierStats& tier = stats.tiers[summary.tier == Tier::kRaw ? 0 : 1];
  ++tier.segments;
  tier.rows += summary.rows;
  tier.flows += summary.flows;
  tier.bytes += segment.size_on_disk();
  tier.times.add(summary.times);
  std::uint64_t of_columns = 0;
  for (const ColumnInfo& info : kColumns) {
    if (!segment.has(info.id)) continue;
    ColumnStats& column = columns[static_cast<std::size_t>(info.id)];
    column.bytes += segment.column_size(info.id);
    of_columns += segment.column_size(info.id);
    if (info.kind != ColumnKind::kBytes) continue;
    const auto dictionary = segment.dictionary(info.id);
    if (!dictionary) return std::unexpected(dictionary.error());
    column.entries += (*dictionary)->size();
  }
  stats.other_bytes += segment.size_on_disk() - std::min(of_columns, segment.size_on_disk());
  const auto addresses = segment.addresses();
  if (!addresses) return std::unexpected(addresses.error());
  stats.address_entries += (*addresses)->size();
  return {};
}

StoreStats collect(const Snapshot& snapshot) {
  StoreStats stats;
  stats.damage = snapshot.damage;
  std::vector<ColumnStats> columns;
  for (const ColumnInfo& info : kColumns) columns.push_back({info.name});
  for (const auto& segment : snapshot.segments) {
    if (auto added = add_segment(*segment, columns, stats); !added) stats.damage.push_back(added.error().message);
  }
  std::erase_if(columns, [](const ColumnStats& column) { return column.bytes == 0; });
  std::ranges::stable_sort(columns, std::ranges::greater(), &ColumnStats::bytes);
  stats.columns = std::move(columns);
  return stats;
}

std::string local_time(std::uint64_t ns) {
  const auto seconds = static_cast<std::time_t>(ns / kNsPerSecond);
  std::tm local{};
  ::localtime_r(&seconds, &local);
  std::array<char, 32> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S", &local)};
}

void print_tier(const TierStats& tier) {
  if (tier.segments == 0) return;
  fmt::print("{:<10}{} segments, {} rows, {} flows, {} bytes, {:.2f} a row\n", tier.name, tier.segments, tier.rows,
             tier.flows, tier.bytes, tier.per_row());
  if (!tier.times.empty())
    fmt::print("{:<10}{} to {}\n", "", local_time(tier.times.first), local_time(tier.times.last));
}

void print_text(const StoreStats& stats) {
  std::uint64_t rows = 0, bytes = 0;
  for (const TierStats& tier : stats.tiers) {
    print_tier(tier);
    rows += tier.rows;
    bytes += tier.bytes;
  }
  if (rows == 0) {
    fmt::print("the store holds no flows\n");
    return;
  }
  const auto line = [&](std::string_view name, std::uint64_t size, std::uint64_t entries) {
    fmt::print("{:<28}{:>16}{:>10.3f}{:>8.2f}", name, size, static_cast<double>(size) / static_cast<double>(rows),
               100.0 * static_cast<double>(size) / static_cast<double>(bytes));
    if (entries != 0) fmt::print("{:>16}", entries);
    fmt::print("\n");
  };
  fmt::print("\n{:<28}{:>16}{:>10}{:>8}{:>16}\n", "column", "bytes", "a row", "%", "distinct");
  for (const ColumnStats& column : stats.columns) line(column.name, column.bytes, column.entries);
  line("(addresses, summaries)", stats.other_bytes, stats.address_entries);
}

void print_json(const StoreStats& stats) {
  rapidjson::StringBuffer out;
  rapidjson::Writer json(out);
  const auto key = [&](std::string_view name) { json.Key(name.data(), static_cast<unsigned>(name.size())); };
  const auto number = [&](std::string_view name, std::uint64_t value) {
    key(name);
    json.Uint64(value);
  };
  const auto text = [&](std::string_view value) { json.String(value.data(), static_cast<unsigned>(value.size())); };
  json.StartObject();
  key("tiers");
  json.StartArray();
  for (const TierStats& tier : stats.tiers) {
    json.StartObject();
    key("name");
    text(tier.name);
    number("segments", tier.segments);
    number("rows", tier.rows);
    number("flows", tier.flows);
    number("bytes", tier.bytes);
    number("first_ns", tier.times.empty() ? 0 : tier.times.first);
    number("last_ns", tier.times.empty() ? 0 : tier.times.last);
    json.EndObject();
  }
  json.EndArray();
  key("columns");
  json.StartArray();
  for (const ColumnStats& column : stats.columns) {
    json.StartObject();
    key("name");
    text(column.name);
    number("bytes", column.bytes);
    number("distinct", column.entries);
    json.EndObject();
  }
  json.EndArray();
  number("other_bytes", stats.other_bytes);
  number("addresses", stats.address_entries);
  key("damage");
  json.StartArray();
  for (const std::string& damage : stats.damage) text(damage);
  json.EndArray();
  json.EndObject();
  fmt::print("{}\n", out.GetString());
}

int print_stats(const DbStatsOptions& options) {
  const auto snapshot = open_snapshot(options.store);
  if (!snapshot) return usage_error(snapshot.error());
  const StoreStats stats = collect(*snapshot);
  if (options.format == "json") {
    print_json(stats);
  } else {
    print_text(stats);
  }
  for (const std::string& damage : stats.damage) complain(damage);
  return stats.damage.empty() ? kExitDone : kExitTrouble;
}

}  // namespace

void add_db_stats(CLI::App& db, int& exit_code) {
  auto options = std::make_shared<DbStatsOptions>();
  CLI::App* command = db.add_subcommand("stats", "Show what a store holds and what each column takes");
  command->footer(
      "Numbers of distinct values are sums over the segments, each of which has dictionaries of its own.\n"
      "\n"
      "Examples:\n"
      "  weir db stats -d /srv/flows\n"
      "  weir db stats -d /srv/flows --format json | jq .columns");
  add_store_option(*command, options->store);
  command->add_option("--format", options->format, "txt or json")
      ->type_name("FORMAT")
      ->transform(one_of({"txt", "json"}))
      ->capture_default_str();
  command->callback([options, &exit_code] { exit_code = print_stats(*options); });
}

}  // namespace weir
