// Manual pages in roff, for man(1), groff and mandoc.
//
// Thread rules: functions without shared state.
#pragma once

#include <string>

#include "app/reference/command_text.h"

namespace weir {

// What stands at the foot of each page.
struct PageOrigin {
  std::string date;     // 2026-01-02
  std::string version;  // "weir 0.1.0"
};

// "weir-db-check": the name of the command's page, in section 1.
std::string page_name(const CommandText& command);

// The page of one command; `root` knows the others.
std::string man_page(const CommandText& command, const CommandText& root, const PageOrigin& origin);

// weir.toml(5): every key of every section. `sample` is the configuration file as it is shipped.
std::string config_man_page(const CommandText& root, const std::string& sample, const PageOrigin& origin);

}  // namespace weir
