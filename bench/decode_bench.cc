// Decoding to batches: flows per second and core. Messages are of the size that exporters send (about 1,400 bytes), and
// the batches go straight back to their pool.
#include <benchmark/benchmark.h>

#include <vector>

#include "codecs/decoder.h"

namespace weir {
namespace {

class MessageBuilder {
 public:
  void u16(std::uint16_t v) { put(v, 2); }
  void u32(std::uint32_t v) { put(v, 4); }
  void put(std::uint64_t v, unsigned width) {
    for (unsigned i = width; i-- > 0;) bytes_.push_back(static_cast<std::uint8_t>(v >> (8 * i)));
  }
  void set_u16(std::size_t at, std::size_t v) {
    bytes_[at] = static_cast<std::uint8_t>(v >> 8);
    bytes_[at + 1] = static_cast<std::uint8_t>(v);
  }
  std::size_t size() const { return bytes_.size(); }
  std::vector<std::uint8_t> take() { return std::move(bytes_); }

 private:
  std::vector<std::uint8_t> bytes_;
};

struct Element {
  std::uint16_t id;
  std::uint16_t width;
};

// The twenty fields that routers commonly send.
constexpr Element kTwentyV9[] = {{8, 4},  {12, 4}, {15, 4}, {10, 4}, {14, 4}, {2, 4}, {1, 4},
                                 {22, 4}, {21, 4}, {7, 2},  {11, 2}, {4, 1},  {6, 1}, {5, 1},
                                 {61, 1}, {9, 1},  {13, 1}, {16, 4}, {17, 4}, {89, 1}};
constexpr Element kTwentyIpfix[] = {{8, 4},   {12, 4},  {15, 4}, {10, 4}, {14, 4}, {2, 8},  {1, 8},
                                    {152, 8}, {153, 8}, {7, 2},  {11, 2}, {4, 1},  {6, 2},  {5, 1},
                                    {61, 1},  {9, 1},   {13, 1}, {16, 4}, {17, 4}, {136, 1}};
constexpr Element kTwentyIpv6[] = {{27, 16}, {28, 16}, {62, 16}, {10, 4}, {14, 4}, {2, 8},  {1, 8},
                                   {152, 8}, {153, 8}, {7, 2},   {11, 2}, {4, 1},  {6, 2},  {5, 1},
                                   {61, 1},  {29, 1},  {30, 1},  {16, 4}, {17, 4}, {136, 1}};

void add_template(MessageBuilder& out, std::uint16_t set_id, std::span<const Element> elements) {
  out.u16(set_id);
  out.u16(static_cast<std::uint16_t>(8 + 4 * elements.size()));
  out.u16(256);
  out.u16(static_cast<std::uint16_t>(elements.size()));
  for (const Element& e : elements) {
    out.u16(e.id);
    out.u16(e.width);
  }
}

void add_data(MessageBuilder& out, std::span<const Element> elements, unsigned records) {
  const std::size_t start = out.size();
  out.u16(256);
  out.u16(0);
  for (unsigned r = 0; r < records; ++r) {
    for (const Element& e : elements) {
      const std::uint64_t value = e.id == 152 || e.id == 153 ? 1'700'000'000'000 + r : 1 + r;
      for (unsigned pad = e.width; pad > 8; --pad) out.put(0x20, 1);
      out.put(value, std::min<unsigned>(e.width, 8));
    }
  }
  out.set_u16(start + 2, out.size() - start);
}

std::vector<std::uint8_t> v5_message(unsigned records) {
  MessageBuilder out;
  out.u16(5);
  out.u16(static_cast<std::uint16_t>(records));
  out.u32(1'000'000);
  out.u32(1'700'000'000);
  out.u32(0);
  out.u32(0);
  out.u32(0);
  for (unsigned r = 0; r < records; ++r) {
    for (unsigned i = 0; i < 12; ++i) out.u32(0x0a000001 + r);
  }
  return out.take();
}

std::vector<std::uint8_t> v9_message(std::span<const Element> elements, unsigned records) {
  MessageBuilder out;
  out.u16(9);
  out.u16(static_cast<std::uint16_t>(records));
  out.u32(1'000'000);
  out.u32(1'700'000'000);
  out.u32(0);
  out.u32(0);
  records == 0 ? add_template(out, 0, elements) : add_data(out, elements, records);
  return out.take();
}

std::vector<std::uint8_t> ipfix_message(std::span<const Element> elements, unsigned records) {
  MessageBuilder out;
  out.u16(10);
  out.u16(0);
  out.u32(1'700'000'000);
  out.u32(0);
  out.u32(0);
  records == 0 ? add_template(out, 2, elements) : add_data(out, elements, records);
  out.set_u16(2, out.size());
  return out.take();
}

void run(benchmark::State& state, std::span<const std::vector<std::uint8_t>> first,
         const std::vector<std::uint8_t>& message) {
  Decoder decoder;
  std::uint64_t flows = 0;
  BatchWriter writer(BatchPool::create(4), [&](const BatchRef& batch) { flows += batch->flows().size(); });
  Session session;
  session.remote = IpAddress::v4(0x0a000001);
  for (const auto& bytes : first) decoder.decode(session, bytes, 1, writer);
  for (auto _ : state) decoder.decode(session, message, 1, writer);
  writer.flush();
  state.SetItemsProcessed(static_cast<std::int64_t>(flows));
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * message.size()));
}

void BM_DecodeV5(benchmark::State& state) { run(state, {}, v5_message(30)); }
BENCHMARK(BM_DecodeV5);

void BM_DecodeV9(benchmark::State& state) {
  const std::vector<std::uint8_t> first[] = {v9_message(kTwentyV9, 0)};
  run(state, first, v9_message(kTwentyV9, 26));
}
BENCHMARK(BM_DecodeV9);

void BM_DecodeIpfix(benchmark::State& state) {
  const std::vector<std::uint8_t> first[] = {ipfix_message(kTwentyIpfix, 0)};
  run(state, first, ipfix_message(kTwentyIpfix, 19));
}
BENCHMARK(BM_DecodeIpfix);

void BM_DecodeIpfixIpv6(benchmark::State& state) {
  const std::vector<std::uint8_t> first[] = {ipfix_message(kTwentyIpv6, 0)};
  run(state, first, ipfix_message(kTwentyIpv6, 12));
}
BENCHMARK(BM_DecodeIpfixIpv6);

}  // namespace
}  // namespace weir
