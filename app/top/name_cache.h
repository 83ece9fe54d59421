// Names of addresses by reverse DNS, looked up in the background.
//
// Thread rules: one thread asks; a thread of its own looks names up. It may outlive the object, since a resolver cannot
// be interrupted.
#pragma once

#include <memory>
#include <optional>
#include <string>

namespace weir {

class NameCache {
 public:
  NameCache();
  ~NameCache();

  // The address's name, if it is known by now. One that is not is looked up, of the last few hundred at most.
  std::optional<std::string> name(const std::string& address);
  // Nothing is being looked up any more.
  bool idle() const;

 private:
  struct Work;
  std::shared_ptr<Work> work_;
};

}  // namespace weir
