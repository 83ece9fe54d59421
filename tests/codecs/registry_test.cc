#include "codecs/registry.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace weir {
namespace {

const std::filesystem::path kShared = WEIR_SOURCE_DIR "/../shared/registry";

// The data lines of a CSV without quoted fields.
std::vector<std::vector<std::string>> read_csv(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::vector<std::vector<std::string>> rows;
  std::string line;
  std::getline(file, line);
  while (std::getline(file, line)) {
    std::vector<std::string>& row = rows.emplace_back(1);
    for (const char c : line) {
      if (c == ',') {
        row.emplace_back();
      } else {
        row.back() += c;
      }
    }
  }
  return rows;
}

std::uint32_t number(const std::string& text) { return static_cast<std::uint32_t>(std::stoul(text)); }

std::string_view type_name(ElementType type) {
  static constexpr std::string_view kNames[] = {"octetArray",
                                                "unsigned8",
                                                "unsigned16",
                                                "unsigned32",
                                                "unsigned64",
                                                "unsigned256",
                                                "signed8",
                                                "signed16",
                                                "signed32",
                                                "signed64",
                                                "float32",
                                                "float64",
                                                "boolean",
                                                "macAddress",
                                                "string",
                                                "dateTimeSeconds",
                                                "dateTimeMilliseconds",
                                                "dateTimeMicroseconds",
                                                "dateTimeNanoseconds",
                                                "ipv4Address",
                                                "ipv6Address",
                                                "basicList",
                                                "subTemplateList",
                                                "subTemplateMultiList"};
  return kNames[static_cast<std::size_t>(type)];
}

void expect_element(std::uint32_t enterprise, std::uint16_t id, std::string_view name, ElementType type) {
  const ElementInfo* element = find_element(enterprise, id);
  ASSERT_NE(element, nullptr) << enterprise << ':' << id;
  EXPECT_EQ(element->name, name);
  EXPECT_EQ(element->type, type) << name;
}

TEST(Registry, KnowsIanasElements) {
  expect_element(0, 1, "octetDeltaCount", ElementType::kUnsigned64);
  expect_element(0, 8, "sourceIPv4Address", ElementType::kIpv4Address);
  expect_element(0, 27, "sourceIPv6Address", ElementType::kIpv6Address);
  expect_element(0, 56, "sourceMacAddress", ElementType::kMacAddress);
  expect_element(0, 82, "interfaceName", ElementType::kString);
  expect_element(0, 150, "flowStartSeconds", ElementType::kDateTimeSeconds);
  expect_element(0, 152, "flowStartMilliseconds", ElementType::kDateTimeMilliseconds);
  expect_element(0, 154, "flowStartMicroseconds", ElementType::kDateTimeMicroseconds);
  expect_element(0, 156, "flowStartNanoseconds", ElementType::kDateTimeNanoseconds);
  expect_element(0, 276, "dataRecordsReliability", ElementType::kBoolean);
  expect_element(0, 291, "basicList", ElementType::kBasicList);
  expect_element(0, 293, "subTemplateMultiList", ElementType::kSubTemplateMultiList);
  expect_element(0, 311, "samplingProbability", ElementType::kFloat64);
}

TEST(Registry, HasNothingWhereNothingIsAssigned) {
  static constexpr std::uint16_t kUnassigned[] = {0, 97, 105, 416, 419, 5000, 32767, 32768, 50000, 57471, 65535};
  for (const std::uint16_t id : kUnassigned) {
    EXPECT_EQ(find_element(0, id), nullptr) << id;
  }
  EXPECT_EQ(find_element(kReverseEnterprise, 0), nullptr);
  EXPECT_EQ(find_element(kReverseEnterprise, 40000), nullptr);
  EXPECT_EQ(find_element(9, 1), nullptr);
  EXPECT_EQ(find_element(1, 1), nullptr);
  EXPECT_EQ(find_element(kNetflow9Enterprise, 1), nullptr);
  EXPECT_EQ(find_element(kNetflow9Enterprise - 1, 7232), nullptr);
}

TEST(Registry, NamesReverseElementsAsRfc5103Does) {
  expect_element(kReverseEnterprise, 1, "reverseOctetDeltaCount", ElementType::kUnsigned64);
  expect_element(kReverseEnterprise, 6, "reverseTcpControlBits", ElementType::kUnsigned16);
  EXPECT_EQ(find_element(kReverseEnterprise, 1)->enterprise, kReverseEnterprise);
}

TEST(Registry, KnowsEnterprises) {
  expect_element(9, 4251, "transportPacketsLostCounter", ElementType::kUnsigned32);
  expect_element(kNtopEnterprise, 118, "L7_PROTO", ElementType::kUnsigned64);
}

TEST(Registry, KnowsVendorsFieldTypesOfNetflow9) {
  expect_element(0, 33002, "fw_ext_event", ElementType::kUnsigned16);
  expect_element(0, 40000, "username", ElementType::kString);
  expect_element(0, 40001, "xlate_src_addr_ipv4", ElementType::kIpv4Address);
  expect_element(0, 56701, "app_id", ElementType::kString);
  expect_element(0, 56702, "user_id", ElementType::kString);
  expect_element(kNetflow9Enterprise, 40000 - 32768, "username", ElementType::kString);
  expect_element(0, 57590, "L7_PROTO", ElementType::kUnsigned64);
  EXPECT_EQ(find_element(0, 57590), find_element(kNtopEnterprise, 118));
  EXPECT_EQ(find_element(kNetflow9Enterprise, 57590 - 32768), find_element(kNtopEnterprise, 118));
}

TEST(Registry, HasEveryElementOfIanasRegistry) {
  const auto path = kShared / "ipfix-information-elements.csv";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is absent";
  std::size_t checked = 0;
  for (const auto& row : read_csv(path)) {
    const ElementInfo* element = find_element(0, static_cast<std::uint16_t>(number(row[0])));
    if (row[2].empty()) {
      EXPECT_EQ(element, nullptr) << row[0] << " is reserved";
      continue;
    }
    ASSERT_NE(element, nullptr) << row[0];
    EXPECT_EQ(element->name, row[1]);
    EXPECT_EQ(type_name(element->type), row[2]) << row[1];
    ++checked;
  }
  EXPECT_EQ(checked, 502U);
}

TEST(Registry, HasEveryKnownEnterpriseElement) {
  const auto path = kShared / "enterprise-elements.csv";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is absent";
  std::size_t checked = 0;
  for (const auto& row : read_csv(path)) {
    const ElementInfo* element = find_element(number(row[0]), static_cast<std::uint16_t>(number(row[1])));
    ASSERT_NE(element, nullptr) << row[0] << ':' << row[1];
    EXPECT_EQ(element->enterprise, number(row[0]));
    EXPECT_EQ(element->id, number(row[1]));
    EXPECT_EQ(element->name, row[2]);
    EXPECT_EQ(type_name(element->type), row[3].empty() ? "octetArray" : row[3]) << row[2];
    ++checked;
  }
  EXPECT_EQ(checked, 1860U);
}

TEST(Registry, KnowsEveryNetflow9FieldType) {
  const auto path = kShared / "netflow9-field-types.csv";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is absent";
  const auto rows = read_csv(path);
  EXPECT_EQ(rows.size(), 759U);
  for (const auto& row : rows) {
    EXPECT_NE(find_element(0, static_cast<std::uint16_t>(number(row[1]))), nullptr) << row[1] << ' ' << row[2];
  }
}

}  // namespace
}  // namespace weir
