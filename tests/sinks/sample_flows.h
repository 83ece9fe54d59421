// Batches made by hand, for the tests of what is written from them.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "flow/batch.h"

namespace weir::sample {

struct ExtraValue {
  std::uint32_t enterprise;
  std::uint16_t element;
  std::string bytes;
  std::uint16_t flags = 0;
};

// Collects flows into batches.
class Batches {
 public:
  Batches();

  BatchWriter& writer() { return writer_; }
  // A flow with arena for lists, texts and extras.
  Flow& add(std::size_t arena = 4096);
  void set_address(FieldId id, std::string_view text);
  void set_extras(const std::vector<ExtraValue>& extras);
  Slice text(std::string_view value) { return writer_.store(as_bytes(value)); }
  Slice list(const std::vector<std::uint32_t>& values);
  Slice list(const std::vector<IpAddress>& values);

  // All batches so far.
  std::vector<BatchRef> take();
  // REQUIRES that all flows fitted into one batch.
  BatchRef take_one();

 private:
  Flow* last_ = nullptr;
  std::vector<BatchRef> published_;
  BatchWriter writer_;
};

// Fixed examples, one flow each, as in docs/json.md.
Origin netflow_v9_origin();
BatchRef ipv4();
BatchRef ipv6();
BatchRef icmp();
BatchRef mpls();
BatchRef biflow();
BatchRef extras();

// `flows` flows with ascending src_port and packets from `first`, in as many batches as given.
std::vector<BatchRef> numbered(std::size_t batches, std::size_t flows_each, std::uint64_t first = 0);

}  // namespace weir::sample
