// Room on disk, and a quick look at stores.
#include <string>

#include "app/doctor/checks.h"
#include "app/doctor/wording.h"

namespace weir {
namespace {

constexpr std::uint64_t kLittle = 256 << 20;
constexpr std::uint64_t kPlenty = 10ULL << 30;
constexpr std::uint64_t kWeek = 7;

void check_one_disk(const DiskFacts& disk, Diagnoses& findings) {
  const std::string where = "the " + disk.purpose + " " + disk.path.string();
  if (!disk.trouble.empty()) {
    return findings.warning(where + ": " + disk.trouble, {"see its rights: namei -l " + disk.path.string()});
  }
  const std::string room = size_text(disk.free_bytes) + " of " + size_text(disk.size_bytes) + " free for " + where;
  const std::string bound = disk.purpose == "store" ? "bound it: --to 'store:DIR?raw-retain=30d&max-size=200GB'"
                                                    : "make room, or name another directory";
  if (disk.free_bytes < kLittle) return findings.problem("only " + room, {bound, "see what fills it: du -xsh DIR/*"});
  if (disk.files != 0 && disk.free_files < disk.files / 100) {
    return findings.problem("hardly any inodes left for " + where, {"see: df -i " + disk.path.string()});
  }
  const std::uint64_t days = disk.bytes_per_day == 0 ? UINT64_MAX : disk.free_bytes / disk.bytes_per_day;
  const std::string rate = "; at " + size_text(disk.bytes_per_day) + " a day it is full in " + counted(days, "day");
  if (days < 1) return findings.problem("only " + room + ", which lasts for less than a day", {bound});
  if (days < kWeek) return findings.warning(room + rate, {bound});
  if (disk.free_bytes < kPlenty && disk.free_bytes < disk.size_bytes / 20)
    return findings.warning("only " + room, {bound});
  findings.ok(room);
}

void check_one_store(const StoreFacts& store, Diagnoses& findings) {
  const std::string dir = store.dir.string(), look = "weir db check -d " + dir;
  if (!store.permitted) return findings.skipped("the store " + dir + " is not this user's to read");
  if (!store.error.empty()) return findings.problem(store.error, {"look at it: " + look});
  if (!store.missing.empty()) {
    return findings.problem(
        "files of the store " + dir + " are missing or not of their size: " + name_some(store.missing),
        {"see what is damaged: " + look});
  }
  findings.ok("the store " + dir + " has all of its " + counted(store.segments, "segment") + " (" + look +
              " reads them)");
}

}  // namespace

void check_disk(const Facts& facts, Diagnoses& findings) {
  if (facts.disks.empty()) return findings.skipped("nothing here writes to a disk; name a store with -d DIR");
  for (const DiskFacts& disk : facts.disks) check_one_disk(disk, findings);
}

void check_store(const Facts& facts, Diagnoses& findings) {
  if (facts.stores.empty()) return findings.skipped("no store is known; name one with -d DIR");
  for (const StoreFacts& store : facts.stores) check_one_store(store, findings);
}

}  // namespace weir
