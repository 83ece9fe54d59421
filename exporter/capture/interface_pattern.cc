#include "exporter/capture/interface_pattern.h"

// As in the query's interface filter: the two share the library's code in one program.
#define _GLIBCXX_REGEX_STATE_LIMIT 1000

// GCC 12 with sanitizers takes the inside of std::regex for uninitialised.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

#include <algorithm>
#include <regex>
#include <utility>

namespace weir {

struct InterfacePattern::Impl {
  struct Set {
    std::vector<std::string> names;
    std::vector<std::regex> expressions;

    bool contains(const std::string& name) const {
      return std::ranges::find(names, name) != names.end() ||
             std::ranges::any_of(expressions, [&](const std::regex& e) { return std::regex_search(name, e); });
    }

    Result<void> add(const std::string& item) {
      if (item.empty()) return fail("an interface name is empty");
      if (item.front() != '/') {
        if (std::ranges::find(names, item) == names.end()) names.push_back(item);
        return {};
      }
      if (item.size() < 3 || item.back() != '/')
        return fail("the interface pattern " + item + " does not end in /, as /^eth/ does");
      try {
        expressions.emplace_back(item.substr(1, item.size() - 2));
      } catch (const std::regex_error& e) {
        return fail("the interface pattern " + item + " is no regular expression: " + e.what());
      }
      return {};
    }
  };

  Set wanted, left_out;
  bool any = false;
};

InterfacePattern::InterfacePattern(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
InterfacePattern::InterfacePattern(InterfacePattern&&) noexcept = default;
InterfacePattern& InterfacePattern::operator=(InterfacePattern&&) noexcept = default;
InterfacePattern::~InterfacePattern() = default;

Result<InterfacePattern> InterfacePattern::parse(const std::vector<std::string>& items) {
  if (items.empty()) return fail("no interface is named");
  auto impl = std::make_unique<Impl>();
  for (const std::string& item : items) {
    if (item == "any") {
      impl->any = true;
      continue;
    }
    const bool is_exclusion = item.starts_with('!');
    const auto added = is_exclusion ? impl->left_out.add(item.substr(1)) : impl->wanted.add(item);
    if (!added) return std::unexpected(added.error());
  }
  if (impl->wanted.names.empty() && impl->wanted.expressions.empty()) impl->any = true;
  std::erase_if(impl->wanted.names, [&](const std::string& name) { return impl->left_out.contains(name); });
  return InterfacePattern(std::move(impl));
}

bool InterfacePattern::matches(const std::string& name) const {
  return (impl_->any || impl_->wanted.contains(name)) && !impl_->left_out.contains(name);
}

const std::vector<std::string>& InterfacePattern::names() const { return impl_->wanted.names; }

bool InterfacePattern::is_open() const { return impl_->any || !impl_->wanted.expressions.empty(); }

}  // namespace weir
