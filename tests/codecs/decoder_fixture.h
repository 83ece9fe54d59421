// Messages made by hand, and a decoder to feed them to.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "codecs/decoder.h"
#include "flow/field_table.h"

namespace weir::test {

inline constexpr std::uint64_t kSecond = 1'000'000'000;
inline constexpr std::uint32_t kExportTime = 1'700'000'000;          // of every message's header
inline constexpr std::uint64_t kReceived = 1'700'000'001 * kSecond;  // when the first one arrives

// Octets in network order, one after the other.
class Octets {
 public:
  Octets& u8(std::uint64_t v) { return uint(v, 1); }
  Octets& u16(std::uint64_t v) { return uint(v, 2); }
  Octets& u32(std::uint64_t v) { return uint(v, 4); }
  Octets& u64(std::uint64_t v) { return uint(v, 8); }
  Octets& uint(std::uint64_t v, unsigned width) {
    for (unsigned i = width; i-- > 0;) bytes_.push_back(static_cast<std::uint8_t>(i < 8 ? v >> (8 * i) : 0));
    return *this;
  }
  Octets& ip(std::string_view text) {
    const IpAddress a = IpAddress::parse(text).value();
    bytes_.insert(bytes_.end(), a.bytes.begin(), a.bytes.begin() + (a.family == Family::kV4 ? 4 : 16));
    return *this;
  }
  Octets& text(std::string_view v) {
    bytes_.insert(bytes_.end(), v.begin(), v.end());
    return *this;
  }
  Octets& zeros(std::size_t n) {
    resize(size() + n);
    return *this;
  }
  Octets& operator+=(const Octets& other) {
    bytes_.insert(bytes_.end(), other.bytes_.begin(), other.bytes_.end());
    return *this;
  }
  friend Octets operator+(Octets a, const Octets& b) { return a += b; }

  std::size_t size() const { return bytes_.size(); }
  const std::vector<std::uint8_t>& bytes() const { return bytes_; }
  void set(std::size_t at, std::uint8_t v) { bytes_[at] = v; }
  void resize(std::size_t n);

 private:
  std::vector<std::uint8_t> bytes_;
};

struct F {
  std::uint16_t id;
  std::uint16_t length;
  std::uint32_t enterprise = 0;
};
using Fields = std::vector<F>;

Octets set(std::uint16_t id, const Octets& content);
Octets ipfix(std::uint32_t domain, std::uint32_t sequence, const Octets& sets);
Octets ipfix_template(std::uint16_t id, const Fields& fields);
Octets ipfix_options(std::uint16_t id, const Fields& scope, const Fields& fields);
Octets v9(std::uint32_t source, std::uint32_t sequence, const Octets& sets, std::uint32_t uptime_ms = 1'000'000,
          std::uint16_t count = 1);
Octets v9_template(std::uint16_t id, const Fields& fields);
Octets v9_options(std::uint16_t id, const Fields& scope, const Fields& fields);
// `records` follow the header; `count` is what the header says.
Octets v5(std::uint32_t sequence, std::uint16_t count, const Octets& records, std::uint16_t sampling = 0);
Octets v5_record(std::string_view src = "10.0.0.1", std::string_view dst = "10.0.0.2", std::uint8_t proto = 6,
                 std::uint16_t dst_port = 80);

// The template and the record that most tests use.
extern const Fields kBase;
Octets base_record(std::string_view src, std::string_view dst, std::uint16_t src_port = 1111,
                   std::uint64_t packets = 10, std::uint64_t octets = 1000);

Session session(std::uint16_t port = 4000, std::string_view address = "192.0.2.1",
                Transport transport = Transport::kUdp);

class DecoderTest : public testing::Test {
 protected:
  explicit DecoderTest(Decoder::Limits limits = {}) : decoder_(limits) {}

  void feed(const Octets& message, const Session& from = session()) {
    decoder_.decode(from, message.bytes(), now_, writer_);
  }
  void pass(std::uint64_t seconds) {
    now_ += seconds * kSecond;
    decoder_.tick(now_, writer_);
  }

  struct Seen {
    const FlowBatch* batch;
    const Flow* flow;
    const Flow* operator->() const { return flow; }
    const FlowCold& cold() const { return batch->cold(*flow); }
    std::string src() const { return address(flow->src_addr, flow->src_addr_family); }
    std::string dst() const { return address(flow->dst_addr, flow->dst_addr_family); }
    bool has(FieldId id) const { return flow->has(id); }
    // The values of an element that is an extra, in record order, as raw bytes.
    std::vector<std::string> extras(std::uint32_t enterprise, std::uint16_t element) const;

   private:
    static std::string address(const AddressBytes& bytes, Family family);
  };
  // All flows so far.
  std::vector<Seen> flows();
  std::vector<std::string> pairs();  // "src>dst"

  ExporterStats stats() const { return decoder_.totals(); }
  std::uint64_t dropped(SetDrop reason) const { return stats().sets.dropped_for(reason); }

  // What must hold after every test.
  void TearDown() override;

  std::uint64_t now_ = kReceived;
  Decoder decoder_;

 private:
  std::vector<BatchRef> batches_;

 protected:
  BatchWriter writer_{BatchPool::create(), [this](BatchRef batch) { batches_.push_back(std::move(batch)); }};
};

}  // namespace weir::test
