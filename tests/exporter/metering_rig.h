// A Meter with what it needs, and the records that it makes.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "exporter/metering/meter.h"
#include "flow/batch.h"
#include "tests/support/packets.h"

namespace weir::test {

inline constexpr std::uint64_t kSecond = 1'000'000'000;
inline constexpr std::uint64_t kStart = 1'700'000'000 * kSecond;

struct Record {
  Flow flow;
  FlowCold cold;
  Origin origin;
  std::string host, in_if_name, out_if_name;
  std::map<std::pair<std::uint32_t, unsigned>, std::uint64_t> extras;  // by enterprise and element

  std::string src() const { return IpAddress{flow.src_addr, flow.src_addr_family}.to_string(); }
  std::string dst() const { return IpAddress{flow.dst_addr, flow.dst_addr_family}.to_string(); }
  bool has(FieldId id) const { return flow.has(id); }
  bool has_reverse() const { return has(FieldId::reverse_packets); }
  std::uint64_t all_packets() const { return flow.packets + cold.reverse_packets; }
  std::uint64_t all_bytes() const { return flow.bytes + cold.reverse_bytes; }
};

class MeterRig {
 public:
  explicit MeterRig(const MeterOptions& options = {})
      : out_(BatchPool::create(), [this](BatchRef batch) { take(*batch); }), meter(options, out_) {}

  // A frame of `packet`, `at` nanoseconds after kStart; `change(frame)` may set the rest.
  template <typename Change>
  void send(const Packet& packet, std::uint64_t at, Change change) {
    const Buffer bytes = packet.frame();
    send_bytes(bytes, at, change);
  }
  void send(const Packet& packet, std::uint64_t at) {
    send(packet, at, [](Frame&) {});
  }
  template <typename Change>
  void send_bytes(const Buffer& bytes, std::uint64_t at, Change change) {
    Frame frame;
    frame.time_ns = kStart + at;
    frame.data = bytes.data();
    frame.captured = frame.wire_length = static_cast<std::uint32_t>(bytes.size());
    frame.interface = 3;
    change(frame);
    meter.add({&frame, 1}, wall_ns);
  }
  // Writes what is due `at` nanoseconds after kStart, and a tick later.
  void expire(std::uint64_t at) {
    meter.expire(kStart + at);
    out_.flush();
  }
  // Ends everything; all records so far.
  const std::vector<Record>& finish() {
    meter.finish();
    out_.flush();
    return records;
  }
  const std::vector<Record>& so_far() {
    out_.flush();
    return records;
  }

  std::vector<Record> records;
  std::uint64_t wall_ns = kStart;

 private:
  void take(const FlowBatch& batch) {
    for (const Flow& flow : batch.flows()) {
      const Origin& origin = batch.origin(flow);
      const FlowCold cold = flow.cold != 0 ? batch.cold(flow) : FlowCold{};
      records.push_back({flow,
                         cold,
                         origin,
                         std::string(batch.text(origin.host)),
                         std::string(batch.text(flow.in_if_name)),
                         std::string(batch.text(flow.out_if_name)),
                         {}});
      batch.for_each_extra(flow, [this](const Extra& extra, Bytes value) {
        records.back().extras[{extra.enterprise, extra.element}] = load_be(value.data(), value.size());
      });
    }
  }

  BatchWriter out_;

 public:
  Meter meter;
};

}  // namespace weir::test
