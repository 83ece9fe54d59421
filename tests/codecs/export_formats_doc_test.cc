// docs/export-formats.md lists every element that the encoders write.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

#include "codecs/encode_groups.h"

namespace weir {
namespace {

std::string page() {
  std::ifstream file(WEIR_SOURCE_DIR "/docs/export-formats.md");
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(ExportFormatsDoc, ListsEveryElementWithItsName) {
  const std::string text = page();
  for (const ExportProtocol protocol : {ExportProtocol::kNetflowV9, ExportProtocol::kIpfix}) {
    for (const GroupLayout& group : group_layouts(protocol)) {
      std::string row;
      for (const FieldSpec& spec : group.specs) {
        const ElementInfo* const element = find_element(0, spec.id);
        ASSERT_NE(element, nullptr) << spec.id;
        if (!row.empty()) row += ", ";
        row += std::to_string(spec.id) + ' ' + std::string(element->name);
      }
      EXPECT_NE(text.find(row), std::string::npos) << row;
    }
  }
}

}  // namespace
}  // namespace weir
