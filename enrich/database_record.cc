#include "enrich/database_record.h"

#include <bit>
#include <charconv>
#include <cstring>
#include <optional>
#include <string_view>

#include "flow/degrees.h"

namespace weir {
namespace {

// A record of the largest known databases has some 150 values, seven levels deep.
constexpr unsigned kMostValues = 4096;

enum class Type : std::uint8_t {
  kPointer = 1,
  kText = 2,
  kDouble = 3,
  kBytes = 4,
  kUint16 = 5,
  kUint32 = 6,
  kMap = 7,
  kInt32 = 8,
  kUint64 = 9,
  kUint128 = 10,
  kArray = 11,
  kBoolean = 14,
  kFloat = 15,
};

// The most bytes that a value of a type has; 0 where there is no such bound.
constexpr std::uint32_t most_bytes(Type type) {
  switch (type) {
    case Type::kUint16: return 2;
    case Type::kUint32:
    case Type::kInt32:
    case Type::kFloat: return 4;
    case Type::kUint64:
    case Type::kDouble: return 8;
    case Type::kUint128: return 16;
    default: return 0;
  }
}

struct Value {
  Type type;
  std::uint32_t size;   // of maps and arrays the entries, of booleans the value
  std::uint64_t begin;  // of the content; where a pointer points to
  std::uint64_t end;    // where the next value begins; of maps and arrays their first entry
};

// Where in a record a key stands.
enum class Level : std::uint8_t {
  kTop,
  kCountry,
  kCountryNames,
  kRegions,
  kRegion,
  kRegionNames,
  kCity,
  kCityNames,
  kLocation,
  kTraits,
};

enum class Take : std::uint8_t { kEnter, kText, kTextOrEnter, kCountry, kAsNumber, kDegrees, kFlag };

struct Rule {
  Level level;
  std::string_view key;
  Take take;
  FieldId field = FieldId::kCount;
  Level into = Level::kTop;
};

using enum FieldId;

constexpr Rule kRules[] = {
    // MaxMind, DB-IP
    {Level::kTop, "country", Take::kCountry, kCount, Level::kCountry},
    {Level::kCountry, "iso_code", Take::kText, src_geo_country_code},
    {Level::kCountry, "names", Take::kEnter, kCount, Level::kCountryNames},
    {Level::kCountryNames, "en", Take::kText, src_geo_country_name},
    {Level::kTop, "subdivisions", Take::kEnter, kCount, Level::kRegions},
    {Level::kRegion, "names", Take::kEnter, kCount, Level::kRegionNames},
    {Level::kRegionNames, "en", Take::kText, src_geo_region_name},
    {Level::kTop, "city", Take::kTextOrEnter, src_geo_city_name, Level::kCity},
    {Level::kCity, "names", Take::kEnter, kCount, Level::kCityNames},
    {Level::kCityNames, "en", Take::kText, src_geo_city_name},
    {Level::kTop, "location", Take::kEnter, kCount, Level::kLocation},
    {Level::kLocation, "latitude", Take::kDegrees, src_geo_latitude},
    {Level::kLocation, "longitude", Take::kDegrees, src_geo_longitude},
    {Level::kTop, "traits", Take::kEnter, kCount, Level::kTraits},
    // at the top in ASN, ISP and Anonymous-IP databases, among the traits in Enterprise ones
    {Level::kTop, "autonomous_system_number", Take::kAsNumber, src_asn_autonomous_system_number},
    {Level::kTop, "autonomous_system_organization", Take::kText, src_asn_autonomous_system_organization},
    {Level::kTop, "isp", Take::kText, src_isp},
    {Level::kTop, "organization", Take::kText, src_organization},
    {Level::kTop, "is_anonymous", Take::kFlag, src_is_anonymous},
    {Level::kTop, "is_anonymous_vpn", Take::kFlag, src_is_anonymous_vpn},
    {Level::kTop, "is_hosting_provider", Take::kFlag, src_is_hosting_provider},
    {Level::kTop, "is_public_proxy", Take::kFlag, src_is_public_proxy},
    {Level::kTop, "is_residential_proxy", Take::kFlag, src_is_residential_proxy},
    {Level::kTop, "is_tor_exit_node", Take::kFlag, src_is_tor_exit_node},
    {Level::kTraits, "autonomous_system_number", Take::kAsNumber, src_asn_autonomous_system_number},
    {Level::kTraits, "autonomous_system_organization", Take::kText, src_asn_autonomous_system_organization},
    {Level::kTraits, "isp", Take::kText, src_isp},
    {Level::kTraits, "organization", Take::kText, src_organization},
    {Level::kTraits, "is_anonymous", Take::kFlag, src_is_anonymous},
    {Level::kTraits, "is_anonymous_vpn", Take::kFlag, src_is_anonymous_vpn},
    {Level::kTraits, "is_hosting_provider", Take::kFlag, src_is_hosting_provider},
    {Level::kTraits, "is_public_proxy", Take::kFlag, src_is_public_proxy},
    {Level::kTraits, "is_residential_proxy", Take::kFlag, src_is_residential_proxy},
    {Level::kTraits, "is_tor_exit_node", Take::kFlag, src_is_tor_exit_node},
    // flat ones
    {Level::kTop, "country_code", Take::kText, src_geo_country_code},
    {Level::kTop, "country_name", Take::kText, src_geo_country_name},
    {Level::kTop, "state1", Take::kText, src_geo_region_name},
    {Level::kTop, "region", Take::kText, src_geo_region_name},
    {Level::kTop, "latitude", Take::kDegrees, src_geo_latitude},
    {Level::kTop, "longitude", Take::kDegrees, src_geo_longitude},
    {Level::kTop, "asn", Take::kAsNumber, src_asn_autonomous_system_number},
    {Level::kTop, "as_name", Take::kText, src_asn_autonomous_system_organization},
};

const Rule* find_rule(Level level, std::string_view key) {
  for (const Rule& rule : kRules) {
    if (rule.level == level && rule.key == key) return &rule;
  }
  return nullptr;
}

class Reader {
 public:
  Reader(Bytes data, PlaceDraft& place) : data_(data), place_(place) {}

  bool read(std::uint64_t offset) {
    const auto value = target(offset);
    if (!value) return false;
    if (value->type == Type::kMap) return read_map(*value, Level::kTop);
    return true;  // a database of something else
  }

 private:
  std::optional<Value> value_at(std::uint64_t at);
  std::optional<Value> target(std::uint64_t at);
  std::optional<Value> target_of(const Value& value);
  std::optional<std::uint64_t> after(const Value& value);
  bool read_map(const Value& map, Level level);
  bool read_array(const Value& array);
  bool enter(const Value& value, Level level);
  bool take(const Rule& rule, const Value& value);
  std::uint64_t number(std::uint64_t at, std::uint32_t size) const {
    std::uint64_t n = 0;
    for (std::uint32_t i = 0; i < size; ++i) n = n << 8 | data_[at + i];
    return n;
  }
  std::string_view text(const Value& value) const { return as_text(data_.subspan(value.begin, value.size)); }
  std::optional<double> as_double(const Value& value) const;
  std::uint32_t as_number(const Value& value) const;

  Bytes data_;
  PlaceDraft& place_;
  unsigned values_ = 0;
};

std::optional<Value> Reader::value_at(std::uint64_t at) {
  if (++values_ > kMostValues || at >= data_.size()) return std::nullopt;
  const auto has = [&](std::uint64_t n) { return n <= data_.size() - at; };
  const std::uint8_t control = data_[at++];
  auto type = static_cast<Type>(control >> 5);
  std::uint32_t size = control & 31U;
  if (type == Type::kPointer) {
    const std::uint32_t bytes = (size >> 3) + 1;
    if (!has(bytes)) return std::nullopt;
    constexpr std::uint32_t kBase[] = {0, 2048, 526336, 0};
    const std::uint64_t high = bytes == 4 ? 0 : std::uint64_t{size & 7U} << (8 * bytes);
    return Value{type, 0, high + number(at, bytes) + kBase[bytes - 1], at + bytes};
  }
  if (control >> 5 == 0) {
    if (!has(1)) return std::nullopt;
    type = static_cast<Type>(data_[at++] + 7);
  }
  if (size >= 29) {
    const std::uint32_t bytes = size - 28;
    constexpr std::uint32_t kBase[] = {29, 285, 65821};
    if (!has(bytes)) return std::nullopt;
    size = static_cast<std::uint32_t>(number(at, bytes)) + kBase[bytes - 1];
    at += bytes;
  }
  switch (type) {
    case Type::kMap:
    case Type::kArray: return Value{type, size, at, at};
    case Type::kBoolean: return size > 1 ? std::nullopt : std::optional(Value{type, size, at, at});
    case Type::kDouble:
    case Type::kFloat:
      if (size != most_bytes(type)) return std::nullopt;
      break;
    case Type::kText:
    case Type::kBytes: break;
    case Type::kUint16:
    case Type::kUint32:
    case Type::kInt32:
    case Type::kUint64:
    case Type::kUint128:
      if (size > most_bytes(type)) return std::nullopt;
      break;
    default: return std::nullopt;
  }
  if (!has(size)) return std::nullopt;
  return Value{type, size, at, at + size};
}

// What a value is, or points to: a pointer never points to another.
std::optional<Value> Reader::target_of(const Value& value) {
  if (value.type != Type::kPointer) return value;
  const auto there = value_at(value.begin);
  return there && there->type != Type::kPointer ? there : std::nullopt;
}

std::optional<Value> Reader::target(std::uint64_t at) {
  const auto value = value_at(at);
  return value ? target_of(*value) : std::nullopt;
}

// Where the value behind `value` begins: whatever is inside it is stepped over.
std::optional<std::uint64_t> Reader::after(const Value& value) {
  std::uint64_t at = value.end;
  const auto inside = [](const Value& v) -> std::uint64_t {
    return v.type == Type::kMap ? 2ULL * v.size : v.type == Type::kArray ? v.size : 0;
  };
  for (std::uint64_t left = inside(value); left > 0; --left) {
    const auto next = value_at(at);
    if (!next) return std::nullopt;
    at = next->end;
    left += inside(*next);
  }
  return at;
}

// Levels only lead downwards, so that the depth is bounded by their number.
bool Reader::read_map(const Value& map, Level level) {
  std::uint64_t at = map.end;
  for (std::uint32_t i = 0; i < map.size; ++i) {
    const auto stored_key = value_at(at);
    const auto key = stored_key ? target_of(*stored_key) : std::nullopt;
    if (!key || key->type != Type::kText) return false;
    const auto stored = value_at(stored_key->end);
    if (!stored) return false;
    if (const Rule* rule = find_rule(level, text(*key))) {
      const auto value = target_of(*stored);
      if (!value || !take(*rule, *value)) return false;
    }
    const auto next = after(*stored);
    if (!next) return false;
    at = *next;
  }
  return true;
}

// Of regions one inside the other, the largest comes first.
bool Reader::read_array(const Value& array) {
  if (array.size == 0) return true;
  const auto first = target(array.end);
  return first && enter(*first, Level::kRegion);
}

bool Reader::enter(const Value& value, Level level) {
  if (value.type == Type::kMap && level != Level::kRegions) return read_map(value, level);
  if (value.type == Type::kArray && level == Level::kRegions) return read_array(value);
  return true;
}

bool Reader::take(const Rule& rule, const Value& value) {
  switch (rule.take) {
    case Take::kEnter: return enter(value, rule.into);
    case Take::kTextOrEnter:
      if (value.type != Type::kText) return enter(value, rule.into);
      [[fallthrough]];
    case Take::kText:
      if (value.type == Type::kText) place_.set_text(rule.field, text(value));
      return true;
    case Take::kCountry:
      if (value.type != Type::kText) return enter(value, rule.into);
      place_.set_text(value.size == 2 ? src_geo_country_code : src_geo_country_name, text(value));
      return true;
    case Take::kAsNumber: place_.set_number(rule.field, as_number(value)); return true;
    case Take::kDegrees:
      if (const auto number = as_double(value)) {
        if (const auto degrees = degrees_from(*number)) place_.set_number(rule.field, *degrees);
      }
      return true;
    case Take::kFlag:
      if (value.type == Type::kBoolean) place_.set_number(rule.field, value.size);
      return true;
  }
  return true;
}

std::optional<double> Reader::as_double(const Value& value) const {
  switch (value.type) {
    case Type::kDouble: return std::bit_cast<double>(number(value.begin, 8));
    case Type::kFloat: {
      // The decimal number that was meant, not its nearest float: 52.52, not 52.5200004.
      const auto single = std::bit_cast<float>(static_cast<std::uint32_t>(number(value.begin, 4)));
      char digits[64];
      const auto end = std::to_chars(digits, digits + sizeof digits, single);
      double exact = 0;
      std::from_chars(digits, end.ptr, exact);
      return exact;
    }
    case Type::kText: {
      double parsed = 0;
      const std::string_view digits = text(value);
      const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), parsed);
      if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
      return parsed;
    }
    default: return std::nullopt;
  }
}

// 15169, "15169", "AS15169"; 0 where it is no number of an AS.
std::uint32_t Reader::as_number(const Value& value) const {
  switch (value.type) {
    case Type::kUint16:
    case Type::kUint32: return static_cast<std::uint32_t>(number(value.begin, value.size));
    case Type::kUint64: {
      const std::uint64_t wide = number(value.begin, value.size);
      return wide > UINT32_MAX ? 0 : static_cast<std::uint32_t>(wide);
    }
    case Type::kText: {
      std::string_view digits = text(value);
      if (digits.starts_with("AS")) digits.remove_prefix(2);
      std::uint32_t parsed = 0;
      const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), parsed);
      return error == std::errc{} && end == digits.data() + digits.size() ? parsed : 0;
    }
    default: return 0;
  }
}

}  // namespace

bool read_database_record(Bytes data, std::uint32_t offset, PlaceDraft& place) {
  return Reader(data, place).read(offset);
}

}  // namespace weir
