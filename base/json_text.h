// JSON for people's tools (status, statistics), written piece by piece: RapidJSON's Writer behind a light header.
//
// Thread rules: one thread. The caller keeps begin and end in pairs.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/ledger.h"

namespace weir {

class JsonText {
 public:
  JsonText();
  ~JsonText();

  void begin_object();
  void begin_object(std::string_view key);
  void end_object();

  // Any bytes may come, from the network too: what is no UTF-8 is replaced.
  void text(std::string_view key, std::string_view value);
  void number(std::string_view key, std::uint64_t value);
  void flag(std::string_view key, bool value);
  // An array of texts.
  void items(std::string_view key, std::span<const std::string> texts);
  // An array of numbers.
  void numbers(std::string_view key, std::span<const std::uint64_t> numbers);

  // {"in":…,"out":…,"held":…,"dropped":{"reason":…}}, zero reasons included.
  void account(std::string_view key, const AccountView& account);
  template <typename Reason>
  void account(std::string_view key, const Account<Reason>& numbers) {
    account(key, view({}, {}, numbers));
  }

  // One object for each item, whose members write(item) writes.
  template <typename Items, typename Write>
  void objects(std::string_view key, const Items& items, Write write) {
    begin_array(key);
    for (const auto& one : items) {
      begin_object();
      write(one);
      end_object();
    }
    end_array();
  }

  // What was written, and a line feed.
  std::string take();

 private:
  void begin_array(std::string_view key);
  void end_array();

  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir
