// Standard output as a sink's output.
#pragma once

#include <memory>
#include <string>

#include "sinks/text_output.h"

namespace weir {

// `header` (may be empty) goes before the first record.
std::unique_ptr<TextOutput> open_stdout(std::string header);

}  // namespace weir
