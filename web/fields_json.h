// /api/v1/fields: the words of the query language.
#pragma once

#include <string>

namespace weir {

std::string fields_json();

}  // namespace weir
