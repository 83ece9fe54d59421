// Metrics on their way to Prometheus' text: its client library behind a light header.
//
// Thread rules: one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/ledger.h"

namespace weir {

enum class MetricType : std::uint8_t { kCounter, kGauge };

struct Label {
  std::string name;
  std::string value;
};
using Labels = std::vector<Label>;

class MetricFamily;

class Families {
 public:
  Families();
  ~Families();

  // A new family. The reference is good as long as the Families.
  MetricFamily& add(MetricType type, const std::string& name, const std::string& help);
  MetricFamily& counter(const std::string& name, const std::string& help) {
    return add(MetricType::kCounter, name, help);
  }
  MetricFamily& gauge(const std::string& name, const std::string& help) { return add(MetricType::kGauge, name, help); }

  std::string text() const;

 private:
  std::vector<std::unique_ptr<MetricFamily>> families_;
};

void set(MetricFamily& family, std::uint64_t value, const Labels& labels = {});

// A series for each reason that the account drops for, the reason as a further label.
void set_reasons(MetricFamily& family, const AccountView& account, const Labels& labels);
template <typename Reason>
void set_reasons(MetricFamily& family, const Account<Reason>& account, const Labels& labels) {
  set_reasons(family, view({}, {}, account), labels);
}

}  // namespace weir
