// Export datagrams of real devices, against counts and values of an independent decoder (../shared/README.md).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "codecs/decoder.h"
#include "codecs/element_map.h"
#include "codecs/structured_data.h"
#include "collector/file_source.h"
#include "flow/field_table.h"
#include "tests/codecs/json_value.h"

namespace weir::test {
namespace {

namespace fs = std::filesystem;

const fs::path kCorpus = fs::path(WEIR_SOURCE_DIR) / ".." / "shared" / "corpus";

bool is_netflow(const JsonValue& test_case) {
  const auto& versions = test_case["versions"].names;
  return std::any_of(versions.begin(), versions.end(), [](const std::string& version) { return version.size() <= 2; });
}

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

struct Decoded {
  std::vector<BatchRef> batches;
  std::vector<std::pair<const FlowBatch*, const Flow*>> flows;
  ExporterStats totals;
  Account<MessageDrop> messages;
};

Decoded decode_case(const JsonValue& test_case) {
  Decoded decoded;
  Decoder decoder;
  std::uint64_t last_ns = 0;
  {
    BatchWriter writer(BatchPool::create(), [&](BatchRef batch) { decoded.batches.push_back(std::move(batch)); });
    FileSource source({}, [&](const Session& session, Bytes message, std::uint64_t time_ns) {
      decoder.decode(session, message, time_ns, writer);
      last_ns = std::max(last_ns, time_ns);
    });
    for (const JsonValue& file : test_case["files"].items) {
      const auto read = source.read((kCorpus / file.text).string());
      if (!read) {  // some captures are cut, and say so
        EXPECT_THAT(read.error().message, testing::HasSubstr("the file ends inside a packet"));
      }
    }
    source.finish();
    decoder.finish(last_ns, writer);
  }
  for (const BatchRef& batch : decoded.batches) {
    for (const Flow& flow : batch->flows()) decoded.flows.emplace_back(batch.get(), &flow);
  }
  decoded.totals = decoder.totals();
  decoded.messages = decoder.messages();
  return decoded;
}

using Value = std::vector<std::uint8_t>;

Value from_hex(const std::string& hex) {
  Value value;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    value.push_back(static_cast<std::uint8_t>(std::stoul(hex.substr(i, 2), nullptr, 16)));
  return value;
}

struct Field {
  TemplateField element;
  Value value;
};
using RawRecord = std::vector<Field>;

bool is_zero(const Value& value) {
  return std::all_of(value.begin(), value.end(), [](std::uint8_t b) { return b == 0; });
}

// The records of a case in the order of the datagrams, each with its template's elements.
std::vector<RawRecord> expected_records(const JsonValue& raw) {
  std::vector<RawRecord> records;
  std::map<std::string, const JsonValue*> templates;
  for (const JsonValue& datagram : raw["datagrams"].items) {
    const std::string scope = datagram["src"].text + "/" + datagram["header"]["sourceId"].text +
                              datagram["header"]["observationDomainId"].text;
    for (const JsonValue& set : datagram["sets"].items) {
      if (set["fields"].kind != JsonValue::Kind::kNull) templates[scope + "/" + set["templateId"].text] = &set;
      if (set["kind"].text != "data") continue;
      const JsonValue* const known = templates[scope + "/" + set["setId"].text];
      if (known == nullptr) continue;
      for (const JsonValue& values : set["records"].items) {
        RawRecord& record = records.emplace_back();
        const auto& fields = (*known)["fields"].items;
        for (std::size_t i = 0; i < fields.size() && i < values.items.size(); ++i) {
          const auto part = [&](std::size_t n) { return fields[i].items[n].number(); };
          const bool plain = values.items[i].is_string();
          record.push_back({{static_cast<std::uint32_t>(part(0)), static_cast<std::uint16_t>(part(1)),
                             static_cast<std::uint16_t>(part(2))},
                            plain ? from_hex(values.items[i].text) : Value{}});
          if (!plain) record.back().element.length = 0;
        }
      }
    }
  }
  return records;
}

const void* member_of(const FlowBatch& batch, const Flow& flow, const FieldInfo& field) {
  const auto* home = field.home == FieldHome::kFlow ? reinterpret_cast<const std::uint8_t*>(&flow)
                     : flow.cold == 0               ? nullptr
                                                    : reinterpret_cast<const std::uint8_t*>(&batch.cold(flow));
  return home == nullptr ? nullptr : home + field.offset;
}

// The member's bytes in network order, as a record would carry them in full width.
Value member_value(const FlowBatch& batch, const Flow& flow, const FieldInfo& field) {
  const auto* p = static_cast<const std::uint8_t*>(member_of(batch, flow, field));
  if (p == nullptr) return {};
  Value value(p, p + field.width);
  if (field.type == FieldType::kAddress) {
    const auto* family = p - field.offset + field.family_offset;
    value.resize(*family == 4 ? 4 : 16);
  } else if (field.type != FieldType::kMac) {
    std::reverse(value.begin(), value.end());
  }
  return value;
}

bool same_number(Value a, Value b) {
  while (!a.empty() && a.front() == 0) a.erase(a.begin());
  while (!b.empty() && b.front() == 0) b.erase(b.begin());
  return a == b;
}

bool has_extra(const FlowBatch& batch, const Flow& flow, const Field& field) {
  bool found = false;
  batch.for_each_extra(flow, [&](const Extra& extra, Bytes value) {
    if (extra.enterprise == field.element.enterprise && extra.element == field.element.id &&
        ((extra.flags & kExtraRendered) != 0 ||
         std::equal(value.begin(), value.end(), field.value.begin(), field.value.end())))
      found = true;
  });
  return found;
}

bool is_elsewhere(const TemplateField& element) {
  // Padding; ICMP type and code in one; rates; lists; times (checked apart).
  const auto id = element.id;
  if (element.enterprise != 0 || element.length == 0) return element.length == 0;
  return id == 210 || id == 32 || id == 139 || id == 34 || id == 50 || id == 305 || (id >= 70 && id <= 79) ||
         id == 47 || id == 140 || id == 483;
}

std::string name_of(const TemplateField& element) {
  return std::to_string(element.enterprise) + ":" + std::to_string(element.id) + " (" + std::to_string(element.length) +
         ")";
}

// Every element of the record is either in the field that it fills, or an extra; where it is neither, another one that
// is better must have filled the field.
void compare(const RawRecord& record, const FlowBatch& batch, const Flow& flow) {
  std::map<FieldId, bool> filled;
  for (const Field& field : record) {
    if (is_elsewhere(field.element)) continue;
    const auto target = element_target(field.element.enterprise, field.element.id);
    if (!target) {
      EXPECT_TRUE(has_extra(batch, flow, field)) << name_of(field.element) << " is lost";
      continue;
    }
    const FieldInfo& info = field_info(target->field);
    if (info.type == FieldType::kTimeNs) {
      if (!flow.has(target->field)) {
        EXPECT_TRUE(is_zero(field.value) || has_extra(batch, flow, field)) << info.name << " without a time";
      }
      if (field.element.id == 152 || field.element.id == 153) {
        Value member = member_value(batch, flow, info);
        const std::uint64_t ms = load_be(field.value.data(), field.value.size());
        EXPECT_EQ(load_be(member.data(), 8), ms * 1'000'000) << info.name;
      }
      continue;
    }
    const Value member = member_value(batch, flow, info);
    const bool in_field = flow.has(target->field) &&
                          (info.type == FieldType::kAddress ? member == field.value : same_number(member, field.value));
    const bool gave_way = zero_is_absent(target->field) && is_zero(field.value);
    EXPECT_TRUE(in_field || gave_way || has_extra(batch, flow, field))
        << name_of(field.element) << " is not in " << info.name;
    if (in_field || !filled.contains(target->field)) filled[target->field] |= in_field;
  }
  for (const auto& [id, right] : filled) EXPECT_TRUE(right) << field_info(id).name << " has the value of no element";
}

void compare_v5(const JsonValue& raw, const Decoded& decoded) {
  std::size_t at = 0;
  for (const JsonValue& datagram : raw["datagrams"].items) {
    for (const JsonValue& record : datagram["records"].items) {
      ASSERT_LT(at, decoded.flows.size());
      const Flow& flow = *decoded.flows[at].second;
      const auto address = [](const AddressBytes& bytes) { return IpAddress::v4(bytes.data()).to_string(); };
      EXPECT_EQ(address(flow.src_addr), record["srcaddr"].text);
      EXPECT_EQ(address(flow.dst_addr), record["dstaddr"].text);
      EXPECT_EQ(address(flow.next_hop), record["nexthop"].text);
      const std::pair<const char*, std::uint64_t> numbers[] = {
          {"input", flow.in_if},       {"output", flow.out_if},    {"dPkts", flow.packets},
          {"dOctets", flow.bytes},     {"srcport", flow.src_port}, {"dstport", flow.dst_port},
          {"prot", flow.proto},        {"tos", flow.ip_tos},       {"tcp_flags", flow.tcp_flags},
          {"src_as", flow.src_as},     {"dst_as", flow.dst_as},    {"src_mask", flow.src_mask},
          {"dst_mask", flow.dst_mask}, {"srcport", flow.src_port}};
      for (const auto& [name, value] : numbers) EXPECT_EQ(value, record[name].number()) << name << " of record " << at;
      const std::uint64_t export_ns =
          datagram["header"]["unixSecs"].number() * 1'000'000'000 + datagram["header"]["unixNsecs"].number();
      const auto uptime = static_cast<std::uint32_t>(datagram["header"]["sysUptime"].number());
      const auto time = [&](const char* name) {
        const auto age = static_cast<std::int32_t>(uptime - static_cast<std::uint32_t>(record[name].number()));
        return export_ns - static_cast<std::uint64_t>(std::int64_t{age}) * 1'000'000;
      };
      EXPECT_EQ(flow.time_flow_start_ns, time("first"));
      EXPECT_EQ(flow.time_flow_end_ns, time("last"));
      ++at;
    }
  }
}

class Corpus : public testing::Test {
 protected:
  void SetUp() override {
    if (!fs::exists(kCorpus / "cases.json")) GTEST_SKIP() << kCorpus << " is not there";
    cases_ = read_json(kCorpus / "cases.json")["cases"].items;
    std::erase_if(cases_, [](const JsonValue& c) { return !is_netflow(c); });
    ASSERT_GT(cases_.size(), 200U);
  }
  std::vector<JsonValue> cases_;
};

TEST_F(Corpus, CountsOfEveryCase) {
  for (const JsonValue& test_case : cases_) {
    SCOPED_TRACE(test_case["id"].text);
    const Decoded decoded = decode_case(test_case);
    const std::uint64_t flows = test_case["flow_records"].number();
    EXPECT_EQ(decoded.totals.flows, decoded.flows.size());
    EXPECT_TRUE(decoded.messages.balanced());
    EXPECT_TRUE(decoded.totals.sets.balanced());
    // For malformed cases the expectations are no authority, and sets without a template may find one later.
    if (contains(test_case["klass"].text, "malformed") || contains(test_case["klass"].text, "fuzz")) continue;
    if (test_case["undecodable_sets"].number() > 0) {
      EXPECT_GE(decoded.flows.size(), flows);
    } else {
      EXPECT_EQ(decoded.flows.size(), flows);
      EXPECT_EQ(decoded.totals.options_records, test_case["options_records"].number());
    }
  }
}

TEST_F(Corpus, ValuesOfEveryElement) {
  std::size_t compared = 0;
  for (const JsonValue& test_case : cases_) {
    SCOPED_TRACE(test_case["id"].text);
    if (contains(test_case["klass"].text, "malformed") || test_case["undecodable_sets"].number() > 0) continue;
    for (const JsonValue& expectation : test_case["expectations"].items) {
      if (!expectation.text.starts_with("raw/")) continue;
      const JsonValue raw = read_json(kCorpus / "expect" / expectation.text);
      const Decoded decoded = decode_case(test_case);
      if (test_case["versions"].names == std::vector<std::string>{"5"}) {
        compare_v5(raw, decoded);
        continue;
      }
      if (test_case["versions"].names.size() != 1) continue;
      const auto records = expected_records(raw);
      ASSERT_LE(records.size(), decoded.flows.size());
      for (std::size_t i = 0; i < records.size(); ++i) {
        SCOPED_TRACE("record " + std::to_string(i));
        compare(records[i], *decoded.flows[i].first, *decoded.flows[i].second);
        ++compared;
        if (HasFailure()) break;
      }
    }
  }
  EXPECT_GT(compared, 4000U);
}

}  // namespace
}  // namespace weir::test
