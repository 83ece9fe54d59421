#include "web/metric_families.h"

#include <prometheus/text_serializer.h>

#include <sstream>
#include <utility>

namespace weir {

class MetricFamily {
 public:
  prometheus::MetricFamily family;
};

Families::Families() = default;
Families::~Families() = default;

MetricFamily& Families::add(MetricType type, const std::string& name, const std::string& help) {
  prometheus::MetricFamily& family = families_.emplace_back(std::make_unique<MetricFamily>())->family;
  family.name = name;
  family.help = help;
  family.type = type == MetricType::kCounter ? prometheus::MetricType::Counter : prometheus::MetricType::Gauge;
  return *families_.back();
}

std::string Families::text() const {
  std::vector<prometheus::MetricFamily> all;
  for (const auto& one : families_) all.push_back(one->family);
  std::ostringstream out;
  prometheus::TextSerializer().Serialize(out, all);
  return std::move(out).str();
}

void set(MetricFamily& family, std::uint64_t value, const Labels& labels) {
  prometheus::ClientMetric metric;
  for (const Label& label : labels) metric.label.push_back({label.name, label.value});
  if (family.family.type == prometheus::MetricType::Counter) {
    metric.counter.value = static_cast<double>(value);
  } else {
    metric.gauge.value = static_cast<double>(value);
  }
  family.family.metric.push_back(std::move(metric));
}

void set_reasons(MetricFamily& family, const AccountView& account, const Labels& labels) {
  for (std::size_t i = 0; i < account.reasons; ++i) {
    Labels with_reason = labels;
    with_reason.push_back({"reason", std::string(account.dropped[i].first)});
    set(family, account.dropped[i].second, with_reason);
  }
}

}  // namespace weir
