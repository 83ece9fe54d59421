// A MaxMind DB file (City, Country, ASN, ISP, Anonymous-IP, Enterprise, or the flat ones of others), read by
// libmaxminddb.
//
// The file is copied into memory of our own: a database is often overwritten in place, and reading a mapped file that
// was cut short kills the process. A copy also outlives its file's name.
//
// Thread rules: immutable; find() and add_to() from any thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "base/error.h"
#include "enrich/place_draft.h"
#include "flow/address.h"

namespace weir {

class GeoDatabase {
 public:
  // Reads and checks all of it: every node of its search tree and every record. Errors name the file and say what is
  // wrong: unreadable, no such database, damaged, or nothing in it that flows have a field for.
  static Result<std::shared_ptr<const GeoDatabase>> open(const std::filesystem::path& path);
  ~GeoDatabase();

  const std::string& type() const { return type_; }         // as it says itself: "GeoLite2-City"
  std::uint64_t build_time() const { return build_time_; }  // Unix time in seconds
  std::uint64_t bytes() const;
  // All that some record of it tells.
  PlaceDraft::Fields fields() const { return fields_; }

  // A number for the record of an address, the same for all addresses that share it; 0 when there is none.
  std::uint32_t find(const AddressBytes& address, Family family) const;
  // REQUIRES record != 0, from find().
  void add_to(PlaceDraft& place, std::uint32_t record) const;

 private:
  struct Impl;
  explicit GeoDatabase(std::unique_ptr<Impl> impl);
  Result<void> check();

  std::unique_ptr<Impl> impl_;
  std::string type_;
  std::uint64_t build_time_ = 0;
  PlaceDraft::Fields fields_ = 0;
};

}  // namespace weir
