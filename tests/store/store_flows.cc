#include "tests/store/store_flows.h"

#include <gtest/gtest.h>

#include <cstring>

#include "base/clock.h"
#include "flow/field_table.h"
#include "store/flow_reader.h"

namespace weir::store_test {
namespace {

std::string hex(Bytes bytes) {
  std::string out;
  for (const std::uint8_t b : bytes) {
    constexpr char kDigits[] = "0123456789abcdef";
    out += kDigits[b >> 4];
    out += kDigits[b & 15];
  }
  return out;
}

const std::uint8_t* home_of(const FlowBatch& batch, const Flow& flow, FieldHome home) {
  switch (home) {
    case FieldHome::kOrigin: return reinterpret_cast<const std::uint8_t*>(&batch.origin(flow));
    case FieldHome::kFlow: return reinterpret_cast<const std::uint8_t*>(&flow);
    case FieldHome::kSrcPlace:
    case FieldHome::kDstPlace: {
      const std::uint16_t place = home == FieldHome::kSrcPlace ? flow.src_place : flow.dst_place;
      return place == 0 ? nullptr : reinterpret_cast<const std::uint8_t*>(&batch.place(place));
    }
    case FieldHome::kFlowCold: break;
  }
  return flow.cold == 0 ? nullptr : reinterpret_cast<const std::uint8_t*>(&batch.cold(flow));
}

class Maker {
 public:
  Maker(Mix mix, std::uint32_t seed)
      : mix_(mix), random_(seed), writer_(BatchPool::create(), [this](BatchRef b) { made.push_back(std::move(b)); }) {}

  void make(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      if (i % 30 == 0) next_origin(i);
      mix_ == Mix::kRouter ? router_flow() : any_flow();
    }
    writer_.flush();
  }

  std::vector<BatchRef> made;

 private:
  std::uint64_t below(std::uint64_t n) { return random_() % n; }
  bool chance(unsigned percent) { return below(100) < percent; }
  std::uint64_t any_number(unsigned width) {
    const std::uint64_t all = width == 8 ? UINT64_MAX : (std::uint64_t{1} << 8 * width) - 1;
    switch (below(6)) {
      case 0: return 0;
      case 1: return all;
      case 2: return random_() & all;
      default: return below(7) & all;
    }
  }
  IpAddress any_address() {
    AddressBytes bytes{};
    for (auto& b : bytes) b = static_cast<std::uint8_t>(chance(30) ? random_() : 0x20);
    switch (below(5)) {
      case 0: return {};
      case 1: return IpAddress::v6(bytes.data());
      default: return IpAddress::v4(static_cast<std::uint32_t>(0x0a000000 + below(300)));
    }
  }

  void next_origin(std::size_t i) {
    Origin origin{};
    const bool wild = mix_ == Mix::kAnything && chance(20);
    now_ = kStart + i * kNsPerMs;
    origin.time_received_ns = wild ? 0 : now_ + below(1000);
    const IpAddress sampler = wild ? any_address() : IpAddress::v4(static_cast<std::uint32_t>(0xc0000201 + below(3)));
    origin.sampler_address = sampler.bytes;
    origin.sampler_address_family = sampler.family;
    origin.sequence_num = static_cast<std::uint32_t>(i);
    origin.observation_domain_id = static_cast<std::uint32_t>(wild ? random_() : 256);
    origin.protocol = wild ? FlowProtocol::kIpfix : FlowProtocol::kNetflowV9;
    writer_.set_origin(origin, chance(50) ? "edge" + std::to_string(below(3)) : "");
  }

  template <typename T>
  void set(Flow& flow, FieldId id, T& member, std::uint64_t value) {
    member = static_cast<T>(value);
    flow.mark(id);
  }
  void set(Flow& flow, FieldId id, AddressBytes& bytes, Family& family, const IpAddress& address) {
    bytes = address.bytes;
    family = address.family;
    flow.mark(id);
  }

  void router_flow() {
    Flow& flow = *writer_.add(64);
    const bool tcp = chance(70);
    const std::uint64_t end = now_ / kNsPerMs * kNsPerMs - below(30'000) * kNsPerMs;
    set(flow, FieldId::time_flow_end_ns, flow.time_flow_end_ns, end);
    set(flow, FieldId::time_flow_start_ns, flow.time_flow_start_ns,
        end - below(60'000) * kNsPerMs * (chance(50) ? 1 : 0));
    const std::uint64_t packets = chance(5) ? below(1'000'000) + 1 : below(20) + 1;
    set(flow, FieldId::packets, flow.packets, packets);
    set(flow, FieldId::bytes, flow.bytes, packets * (40 + below(1400)));
    const bool v6 = chance(20);
    const auto host = [&](std::uint32_t net) {
      const auto n = static_cast<std::uint32_t>(below(below(5000) + 1));
      AddressBytes bytes{0x20, 0x01, 0x0d, 0xb8, static_cast<std::uint8_t>(net >> 24)};
      store_be32(bytes.data() + 12, n);
      return v6 ? IpAddress::v6(bytes.data()) : IpAddress::v4(net + n);
    };
    set(flow, FieldId::src_addr, flow.src_addr, flow.src_addr_family, host(0x0a000000));
    set(flow, FieldId::dst_addr, flow.dst_addr, flow.dst_addr_family, host(0xc6336400));
    set(flow, FieldId::next_hop, flow.next_hop, flow.next_hop_family,
        IpAddress::v4(0xc0000200 + flow.dst_addr[3] % 4U));
    set(flow, FieldId::etype, flow.etype, v6 ? 0x86dd : 0x0800);
    set(flow, FieldId::proto, flow.proto, tcp ? 6 : 17);
    set(flow, FieldId::src_port, flow.src_port, 32768 + below(28000));
    set(flow, FieldId::dst_port, flow.dst_port, chance(60) ? 443 : below(1024));
    set(flow, FieldId::in_if, flow.in_if, 1 + flow.src_addr[3] % 4U);
    set(flow, FieldId::out_if, flow.out_if, 100 + flow.dst_addr[3] % 4U);
    set(flow, FieldId::src_as, flow.src_as, 64500 + flow.src_addr[3] % 16U);
    set(flow, FieldId::dst_as, flow.dst_as, 64500 + flow.dst_addr[3] % 16U);
    set(flow, FieldId::src_net, flow.src_mask, 24);
    set(flow, FieldId::dst_net, flow.dst_mask, 16 + flow.dst_addr[3] % 8U);
    set(flow, FieldId::flow_direction, flow.flow_direction, below(2));
    if (tcp) set(flow, FieldId::tcp_flags, flow.tcp_flags, below(4) * 8 + 2);
    if (chance(2)) {
      flow.in_if_name = writer_.store(as_bytes("eth" + std::to_string(flow.in_if)));
      flow.mark(FieldId::in_if_name);
    }
  }

  // Either end's place with any of its fields; the texts are of the place itself.
  std::uint16_t any_place(FieldHome home, Flow& flow) {
    Place place{};
    std::string texts;
    bool any = false;
    for (const FieldInfo& field : kFields) {
      if (field.home != home || (mix_ == Mix::kAnything && !chance(20))) continue;
      any = true;
      flow.mark(field.id);
      auto* const member = reinterpret_cast<std::uint8_t*>(&place) + field.offset;
      if (field.type == FieldType::kText) {
        const std::string text(below(4) * 3, static_cast<char>('a' + below(3)));
        const Slice slice{static_cast<std::uint32_t>(texts.size()), static_cast<std::uint32_t>(text.size())};
        std::memcpy(member, &slice, sizeof slice);
        texts += text;
      } else {
        const std::uint64_t value = any_number(field.width);
        std::memcpy(member, &value, field.width);
      }
    }
    return any ? writer_.add_place(place, texts) : std::uint16_t{0};
  }

  Slice any_slice(FieldType type) {
    std::string content;
    const std::size_t count = below(4);
    if (type == FieldType::kText) {
      content = std::string(count * 3, static_cast<char>('a' + below(3)));
    } else if (type == FieldType::kUnsignedList) {
      for (std::size_t i = 0; i < count; ++i) {
        const auto v = static_cast<std::uint32_t>(any_number(4));
        content.append(reinterpret_cast<const char*>(&v), sizeof v);
      }
    } else {
      for (std::size_t i = 0; i < count; ++i) {
        const IpAddress a = any_address();
        content.append(reinterpret_cast<const char*>(&a), sizeof a);
      }
    }
    return writer_.store(as_bytes(content));
  }

  void any_flow() {
    Flow* flow = writer_.add(4096, 2 * FlowBatch::place_need(1024));
    for (const FieldInfo& field : kFields) {
      if (field.home == FieldHome::kOrigin || in_place(field.home)) continue;
      if (mix_ == Mix::kAnything && !chance(field.home == FieldHome::kFlow ? 60 : 10)) continue;
      std::uint8_t* home = field.home == FieldHome::kFlow ? reinterpret_cast<std::uint8_t*>(flow)
                                                          : reinterpret_cast<std::uint8_t*>(&writer_.cold());
      flow->mark(field.id);
      if (field.type == FieldType::kAddress) {
        const IpAddress address = any_address();
        std::memcpy(home + field.offset, &address.bytes, 16);
        home[field.family_offset] = static_cast<std::uint8_t>(address.family);
      } else if (field.type >= FieldType::kUnsignedList) {
        const Slice slice = any_slice(field.type);
        std::memcpy(home + field.offset, &slice, sizeof slice);
      } else if (field.type == FieldType::kTimeNs && chance(70)) {
        const std::uint64_t time = now_ - below(100) * kNsPerMs;
        std::memcpy(home + field.offset, &time, sizeof time);
      } else {
        const std::uint64_t value = any_number(std::min<unsigned>(field.width, 8));
        std::memcpy(home + field.offset, &value, field.width);
      }
    }
    if (mix_ == Mix::kEverything || chance(50)) flow->src_place = any_place(FieldHome::kSrcPlace, *flow);
    if (mix_ == Mix::kEverything || chance(50)) flow->dst_place = any_place(FieldHome::kDstPlace, *flow);
    if (mix_ == Mix::kEverything || chance(20)) any_extras(*flow);
  }

  void any_extras(Flow& flow) {
    const auto count = static_cast<std::uint32_t>(below(4));
    std::string entries, values;
    entries.append(reinterpret_cast<const char*>(&count), sizeof count);
    for (std::uint32_t i = 0; i < count; ++i) {
      const Extra extra{static_cast<std::uint32_t>(any_number(4)), static_cast<std::uint16_t>(any_number(2)),
                        static_cast<std::uint16_t>(below(2)), static_cast<std::uint32_t>(below(40))};
      entries.append(reinterpret_cast<const char*>(&extra), sizeof extra);
      values.append(extra.length, static_cast<char>(random_()));
    }
    flow.extras = writer_.store(as_bytes(entries + values)).offset;
  }

  Mix mix_;
  std::mt19937_64 random_;
  std::uint64_t now_ = kStart;
  BatchWriter writer_;
};

}  // namespace

std::string describe(const FlowBatch& batch, const Flow& flow) {
  std::string out;
  for (const FieldInfo& field : kFields) {
    if (field.home != FieldHome::kOrigin && !flow.has(field.id)) continue;
    const std::uint8_t* home = home_of(batch, flow, field.home);
    out += std::string(field.name) + "=";
    if (home == nullptr) {
      out += "?";
    } else if (field.type >= FieldType::kUnsignedList) {
      Slice slice;
      std::memcpy(&slice, home + field.offset, sizeof slice);
      out += hex(batch.bytes(slice));
    } else {
      out += hex({home + field.offset, field.width});
      if (field.type == FieldType::kAddress) out += "/" + std::to_string(home[field.family_offset]);
    }
    out += " ";
  }
  if (flow.extras != 0) out += "extras";
  batch.for_each_extra(flow, [&](const Extra& e, Bytes value) {
    out += " " + std::to_string(e.enterprise) + "," + std::to_string(e.element) + "," + std::to_string(e.flags) + ":" +
           hex(value);
  });
  return out;
}

std::vector<std::string> describe(const std::vector<BatchRef>& batches) {
  std::vector<std::string> all;
  for (const BatchRef& batch : batches) {
    for (const Flow& flow : batch->flows()) all.push_back(describe(*batch, flow));
  }
  return all;
}

std::vector<BatchRef> make_flows(std::size_t count, Mix mix, std::uint32_t seed) {
  Maker maker(mix, seed);
  maker.make(count);
  return std::move(maker.made);
}

RowBuffer buffer_of(const std::vector<BatchRef>& batches) {
  RowBuffer buffer;
  for (const BatchRef& batch : batches) buffer.append(*batch);
  return buffer;
}

std::shared_ptr<const Segment> open_image(std::string image) {
  auto segment = Segment::from_image(std::move(image), "image");
  EXPECT_TRUE(segment) << segment.error().message;
  return segment ? *segment : nullptr;
}

std::shared_ptr<const Segment> segment_of(const std::vector<BatchRef>& batches, Effort effort) {
  const RowBuffer buffer = buffer_of(batches);
  return open_image(encode_segment(buffer, 0, buffer.rows(), {.effort = effort, .times = {}}));
}

std::vector<BatchRef> read_back(const Segment& segment) {
  std::vector<BatchRef> batches;
  BatchWriter writer(BatchPool::create(), [&](BatchRef b) { batches.push_back(std::move(b)); });
  Scratch scratch;
  for (unsigned block = 0; block < segment.blocks(); ++block) {
    const auto done = read_flows(segment, block, scratch, {}, writer);
    EXPECT_TRUE(done) << done.error().message;
    if (!done) break;
  }
  writer.flush();
  return batches;
}

std::vector<std::uint64_t> read_all(const Segment& segment, ColumnId column) {
  std::vector<std::uint64_t> all;
  std::vector<std::uint64_t> values(kBlockRows);
  Scratch scratch;
  for (unsigned block = 0; block < segment.blocks(); ++block) {
    const auto done = segment.read(column, block, scratch, values.data());
    EXPECT_TRUE(done) << done.error().message;
    all.insert(all.end(), values.begin(), values.begin() + static_cast<std::ptrdiff_t>(segment.rows_in(block)));
  }
  return all;
}

}  // namespace weir::store_test
