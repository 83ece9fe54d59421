#include "tests/query/query_flows.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "flow/field_table.h"

namespace weir::test {
namespace {

IpAddress address(std::string_view text) { return IpAddress::parse(text).value(); }

const std::vector<std::string>& known_texts(FieldId field) {
  static const std::vector<std::string> hosts = {"r1", "r2", "192.0.2.1", ""};
  static const std::vector<std::string> interfaces = {"eth0", "eth1", "eth2", "ppp0", "if3", ""};
  return field == FieldId::host ? hosts : interfaces;
}

const std::vector<IpAddress>& known_exporters() {
  static const std::vector<IpAddress> exporters = {address("192.0.2.1"), address("192.0.2.2"),
                                                   address("2001:db8:ffff::1"), IpAddress{}};
  return exporters;
}

template <typename T>
Slice store_list(BatchWriter& writer, Random& random, const std::vector<T>& pool) {
  std::vector<T> list(1 + below(random, 4));
  for (T& item : list) item = pool[below(random, pool.size())];
  return writer.store({reinterpret_cast<const std::uint8_t*>(list.data()), list.size() * sizeof(T)});
}

void put_number(std::uint8_t* at, std::size_t width, std::uint64_t n) { std::memcpy(at, &n, width); }

class Maker {
 public:
  Maker(Random& random, const FlowMix& mix) : random_(random), mix_(mix), now_(mix.begin) {}

  std::vector<BatchRef> make(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      now_ += below(random_, 2 * mix_.step);
      if (i % 5 == 0 || below(random_, 4) == 0) set_origin();
      add();
    }
    writer_.flush();
    return std::move(batches_);
  }

 private:
  bool chance(unsigned percent) { return below(random_, 100) < percent; }

  void set_origin() {
    Origin origin{};
    origin.time_received_ns = now_;
    const IpAddress& sampler = any_of(random_, known_exporters());
    origin.sampler_address = sampler.bytes;
    origin.sampler_address_family = sampler.family;
    origin.sequence_num = static_cast<std::uint32_t>(below(random_, 5));
    origin.observation_domain_id = static_cast<std::uint32_t>(below(random_, 3));
    origin.protocol = static_cast<FlowProtocol>(below(random_, 6));
    writer_.set_origin(origin, any_of(random_, known_texts(FieldId::host)));
  }

  unsigned likely(const FieldInfo& info) {
    switch (info.id) {
      case FieldId::bytes:
      case FieldId::packets:
      case FieldId::src_addr:
      case FieldId::dst_addr:
      case FieldId::proto: return 95;
      case FieldId::src_port:
      case FieldId::dst_port:
      case FieldId::in_if:
      case FieldId::out_if:
      case FieldId::time_flow_start_ns:
      case FieldId::time_flow_end_ns: return 85;
      case FieldId::in_if_name:
      case FieldId::out_if_name:
      case FieldId::flow_direction: return 50;
      default: return info.home == FieldHome::kFlow ? 40 : mix_.rare;
    }
  }

  void add() {
    Flow* flow = writer_.add(1024, 2 * FlowBatch::place_need(1024));
    for (const FieldInfo& info : kFields) {
      if (info.home == FieldHome::kOrigin || in_place(info.home) || !chance(likely(info))) continue;
      auto* home = info.home == FieldHome::kFlow ? reinterpret_cast<std::uint8_t*>(flow)
                                                 : reinterpret_cast<std::uint8_t*>(&writer_.cold());
      put(info, home);
      flow->mark(info.id);
    }
    flow->src_place = add_place(FieldHome::kSrcPlace, *flow);
    flow->dst_place = add_place(FieldHome::kDstPlace, *flow);
  }

  std::uint16_t add_place(FieldHome home, Flow& flow) {
    Place place{};
    std::string texts;
    bool any = false;
    for (const FieldInfo& info : kFields) {
      if (info.home != home || !chance(mix_.rare)) continue;
      any = true;
      flow.mark(info.id);
      auto* const members = reinterpret_cast<std::uint8_t*>(&place);
      if (info.type != FieldType::kText) {
        put(info, members);
        continue;
      }
      const std::string text = any_of(random_, known_texts(info.id));
      const Slice slice{static_cast<std::uint32_t>(texts.size()), static_cast<std::uint32_t>(text.size())};
      put_slice(members + info.offset, slice);
      texts += text;
    }
    return any ? writer_.add_place(place, texts) : std::uint16_t{0};
  }

  void put(const FieldInfo& info, std::uint8_t* home) {
    std::uint8_t* at = home + info.offset;
    switch (info.type) {
      case FieldType::kAddress: {
        const IpAddress& a = any_of(random_, known_addresses());
        std::memcpy(at, a.bytes.data(), 16);
        home[info.family_offset] = static_cast<std::uint8_t>(a.family);
        return;
      }
      case FieldType::kText: return put_slice(at, writer_.store(as_bytes(any_of(random_, known_texts(info.id)))));
      case FieldType::kUnsignedList:
        return put_slice(at, store_list<std::uint32_t>(writer_, random_, {1, 2, 10, 64500, UINT32_MAX}));
      case FieldType::kAddressList: return put_slice(at, store_list(writer_, random_, known_addresses()));
      case FieldType::kMac:
        for (std::size_t i = 0; i < 6; ++i) at[i] = static_cast<std::uint8_t>(below(random_, 6) == 0 ? i : 0);
        return;
      case FieldType::kTimeNs: return put_number(at, 8, time(info.id));
      default: return put_number(at, info.width, any_of(random_, known_numbers(info.id)));
    }
  }

  std::uint64_t time(FieldId) {
    switch (below(random_, 20)) {
      case 0: return 0;
      case 1: return now_ - 90 * kMinute;  // so far off that the store goes by the time of receipt
      case 2: return now_ + 90 * kMinute;
      default: return now_ - below(random_, 100) * 700 * kMs;
    }
  }

  static void put_slice(std::uint8_t* at, Slice slice) { std::memcpy(at, &slice, sizeof slice); }

  Random& random_;
  const FlowMix& mix_;
  std::uint64_t now_;
  std::vector<BatchRef> batches_;
  BatchWriter writer_{BatchPool::create(), [this](BatchRef b) { batches_.push_back(std::move(b)); }};
};

}  // namespace

const std::vector<IpAddress>& known_addresses() {
  static const std::vector<IpAddress> addresses = {
      address("10.0.0.1"),
      address("10.0.0.2"),
      address("10.0.1.1"),
      address("10.17.3.4"),
      address("192.168.1.34"),
      address("172.16.5.5"),
      address("224.0.0.5"),
      address("255.255.255.255"),
      address("239.255.255.1"),
      address("240.0.0.1"),
      address("241.1.2.3"),
      address("0.0.0.0"),
      address("2001:db8::1"),
      address("2001:db8::2"),
      address("2a04:4e42:0::7"),
      address("fe80::1"),
      address("ff02::1"),
      address("::ffff:10.0.0.1"),
      IpAddress{},
  };
  return addresses;
}

const std::vector<std::string>& known_interfaces() {
  static const std::vector<std::string> interfaces = {"eth0", "eth1", "eth2",    "ppp0", "if1",
                                                      "if2",  "if3",  "if70000", "",     "nosuch"};
  return interfaces;
}

std::vector<std::uint64_t> known_numbers(FieldId field) {
  switch (field) {
    case FieldId::bytes:
    case FieldId::reverse_bytes: return {0, 40, 40, 1500, 64000, 5'000'000'000, UINT64_MAX / 2};
    case FieldId::packets:
    case FieldId::reverse_packets: return {0, 1, 1, 2, 10, 100'000};
    case FieldId::proto: return {1, 6, 6, 6, 17, 17, 58, 132, 0};
    case FieldId::src_port:
    case FieldId::dst_port: return {0, 53, 443, 443, 2048, 769, 1024, 8080, 32767, 32768, 40000, 40001, 65535};
    case FieldId::in_if:
    case FieldId::out_if: return {0, 1, 2, 3, 70000};
    case FieldId::sampling_rate: return {0, 1, 100, 1000};
    case FieldId::flow_direction: return {0, 0, 1, 255};
    case FieldId::icmp_type: return {0, 3, 8, 11, 128, 129, 200};
    case FieldId::src_net:
    case FieldId::dst_net: return {0, 8, 12, 24, 32, 64, 128, 200};
    case FieldId::tcp_flags:
    case FieldId::reverse_tcp_flags: return {0, 2, 16, 18, 27, 0x1ff, 0xffff};
    case FieldId::time_flow_start_ns:
    case FieldId::time_flow_end_ns:
    case FieldId::time_received_ns:
    case FieldId::reverse_time_flow_start_ns:
    case FieldId::reverse_time_flow_end_ns:
      return {0, kFlowsBegin, kFlowsBegin + 10 * kMinute, kFlowsBegin + 31 * kMinute, UINT64_MAX};
    default: break;
  }
  const std::size_t width = field_info(field).width;
  const std::uint64_t largest = width >= 8 ? UINT64_MAX : (std::uint64_t{1} << 8 * width) - 1;
  return {0, 1, 2, 3, 5, largest - 1, largest};
}

std::vector<BatchRef> random_flows(Random& random, std::size_t count, const FlowMix& mix) {
  return Maker(random, mix).make(count);
}

void TestStore::add(const std::vector<BatchRef>& batches, Effort effort, Tier tier) {
  RowBuffer buffer;
  for (const BatchRef& batch : batches) {
    buffer.append(*batch);
    for (const Flow& flow : batch->flows()) rows.push_back(naive_row(*batch, flow, tier));
  }
  SegmentOptions options;
  options.id = snapshot.segments.size() + 1;
  options.tier = tier;
  options.effort = effort;
  auto segment =
      Segment::from_image(encode_segment(buffer, 0, buffer.rows(), options), "segment " + std::to_string(options.id));
  if (!segment) throw std::logic_error(segment.error().message);
  data.add((*segment)->summary().times);
  snapshot.segments.push_back(std::move(*segment));
}

}  // namespace weir::test
