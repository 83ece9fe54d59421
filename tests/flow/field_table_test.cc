#include "flow/field_table.h"

#include <gtest/gtest.h>

#include <set>
#include <sstream>
#include <string>

namespace weir {
namespace {

TEST(FieldTable, NamesAndAliasesAreUnique) {
  std::set<std::string> seen;
  for (const FieldInfo& field : kFields) {
    EXPECT_TRUE(seen.insert(std::string(field.name)).second) << field.name;
    std::istringstream aliases{std::string(field.aliases)};
    for (std::string alias; aliases >> alias;) EXPECT_TRUE(seen.insert(alias).second) << alias;
  }
}

TEST(FieldTable, IsInTheOrderOfItsIds) {
  for (std::size_t i = 0; i < kFieldCount; ++i) EXPECT_EQ(static_cast<std::size_t>(kFields[i].id), i);
}

TEST(FieldTable, FindsByNameAndAlias) {
  EXPECT_EQ(find_field("src_addr"), FieldId::src_addr);
  EXPECT_EQ(find_field("sip"), FieldId::src_addr);
  EXPECT_EQ(find_field("port"), FieldId::dst_port);
  EXPECT_FALSE(find_field("si"));
  EXPECT_FALSE(find_field(""));
}

TEST(FieldTable, WidthsFitTheirTypes) {
  for (const FieldInfo& field : kFields) {
    switch (field.type) {
      case FieldType::kTimeNs: EXPECT_EQ(field.width, 8) << field.name; break;
      case FieldType::kAddress: EXPECT_EQ(field.width, 16) << field.name; break;
      case FieldType::kMac: EXPECT_EQ(field.width, 6) << field.name; break;
      case FieldType::kEtype: EXPECT_EQ(field.width, 2) << field.name; break;
      case FieldType::kText:
      case FieldType::kUnsignedList:
      case FieldType::kAddressList: EXPECT_EQ(field.width, sizeof(Slice)) << field.name; break;
      default: EXPECT_LE(field.width, 8) << field.name;
    }
  }
}

}  // namespace
}  // namespace weir
