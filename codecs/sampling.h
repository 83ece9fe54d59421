// Sampling rates: how options data announce them (RFC 5477 and Cisco's samplers), and which one holds for a flow.
//
// Thread rules: owned by one decoder.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <utility>

#include "codecs/record.h"
#include "codecs/template_plan.h"

namespace weir {

// To what an announced rate applies.
enum class SamplingScope : std::uint8_t { kExporter, kSampler, kInterface, kTemplate };

// What the sampling elements of one record say.
struct SamplingValues {
  std::uint64_t interval = 0;            // IE 34, or 50 of a sampler
  std::uint64_t packet_interval = 0;     // 305
  std::uint64_t packet_space = 0;        // 306
  std::uint64_t time_interval = 0;       // 307
  std::uint64_t time_space = 0;          // 308
  std::uint64_t size = 0;                // 309
  std::uint64_t population = 0;          // 310
  double probability = 0;                // 311
  std::optional<std::uint64_t> sampler;  // 48, 302

  // Takes an element if it is one of these.
  void take(const TemplateField& element, Bytes value);
  // Packets on the wire for each one metered; 0 where nothing was said.
  std::uint32_t rate() const;
};

class SamplingTable {
 public:
  using Key = std::pair<SamplingScope, std::uint64_t>;
  static constexpr std::size_t kMaxEntries = 4096;

  // True when this changed the table. Beyond kMaxEntries new keys are ignored.
  bool set(SamplingScope scope, std::uint64_t id, std::uint32_t rate);
  // 0 where nothing is known.
  std::uint32_t find(SamplingScope scope, std::uint64_t id) const;
  // For flows that name no sampler: the exporter's rate, or that of its samplers where they agree.
  std::uint32_t common() const { return common_; }
  bool empty() const { return rates_.empty(); }
  const std::map<Key, std::uint32_t>& rates() const { return rates_; }

 private:
  std::map<Key, std::uint32_t> rates_;
  std::uint32_t common_ = 0;
};

}  // namespace weir
