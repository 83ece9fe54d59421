#include "base/error.h"

#include <system_error>

namespace weir {

std::unexpected<Error> fail_errno(std::string what, int error_number) {
  return fail(std::move(what) + ": " + std::generic_category().message(error_number));
}

}  // namespace weir
