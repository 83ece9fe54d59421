// docs/configuration.md.
//
// Thread rules: a function without shared state.
#pragma once

#include <string>

#include "app/reference/command_text.h"

namespace weir {

// Every option of every command with its key, variable and default, as a Markdown page.
std::string configuration_page(const CommandText& root);

}  // namespace weir
