#include "tests/codecs/decoder_fixture.h"

namespace weir::test {
namespace {

Octets field_list(const Fields& fields, bool ipfix) {
  Octets out;
  for (const F& f : fields) {
    const bool enterprise = ipfix && f.enterprise != 0;
    out.u16(enterprise ? f.id | 0x8000U : f.id).u16(f.length);
    if (enterprise) out.u32(f.enterprise);
  }
  return out;
}

}  // namespace

void Octets::resize(std::size_t n) { bytes_.resize(n); }

Octets set(std::uint16_t id, const Octets& content) { return Octets().u16(id).u16(content.size() + 4) + content; }

Octets ipfix(std::uint32_t domain, std::uint32_t sequence, const Octets& sets) {
  return Octets().u16(10).u16(16 + sets.size()).u32(kExportTime).u32(sequence).u32(domain) + sets;
}

Octets ipfix_template(std::uint16_t id, const Fields& fields) {
  return set(2, Octets().u16(id).u16(fields.size()) + field_list(fields, true));
}

Octets ipfix_options(std::uint16_t id, const Fields& scope, const Fields& fields) {
  return set(3, Octets().u16(id).u16(scope.size() + fields.size()).u16(scope.size()) + field_list(scope, true) +
                    field_list(fields, true));
}

Octets v9(std::uint32_t source, std::uint32_t sequence, const Octets& sets, std::uint32_t uptime_ms,
          std::uint16_t count) {
  return Octets().u16(9).u16(count).u32(uptime_ms).u32(kExportTime).u32(sequence).u32(source) + sets;
}

Octets v9_template(std::uint16_t id, const Fields& fields) {
  return set(0, Octets().u16(id).u16(fields.size()) + field_list(fields, false));
}

Octets v9_options(std::uint16_t id, const Fields& scope, const Fields& fields) {
  return set(1, Octets().u16(id).u16(4 * scope.size()).u16(4 * fields.size()) + field_list(scope, false) +
                    field_list(fields, false));
}

Octets v5(std::uint32_t sequence, std::uint16_t count, const Octets& records, std::uint16_t sampling) {
  return Octets()
             .u16(5)
             .u16(count)
             .u32(1'000'000)
             .u32(kExportTime)
             .u32(250'000'000)
             .u32(sequence)
             .u16(0x0102)
             .u16(sampling) +
         records;
}

Octets v5_record(std::string_view src, std::string_view dst, std::uint8_t proto, std::uint16_t dst_port) {
  return Octets()
      .ip(src)
      .ip(dst)
      .ip("10.0.0.254")
      .u16(3)
      .u16(4)
      .u32(10)
      .u32(1000)
      .u32(990'000)
      .u32(999'500)
      .u16(1111)
      .u16(dst_port)
      .u8(0)
      .u8(0x12)
      .u8(proto)
      .u8(0x20)
      .u16(64500)
      .u16(64501)
      .u8(24)
      .u8(16)
      .u16(0);
}

const Fields kBase = {{8, 4}, {12, 4}, {7, 2}, {11, 2}, {4, 1}, {2, 8}, {1, 8}, {152, 8}, {153, 8}};

Octets base_record(std::string_view src, std::string_view dst, std::uint16_t src_port, std::uint64_t packets,
                   std::uint64_t octets) {
  return Octets()
      .ip(src)
      .ip(dst)
      .u16(src_port)
      .u16(80)
      .u8(6)
      .u64(packets)
      .u64(octets)
      .u64(kExportTime * 1000ULL - 5000)
      .u64(kExportTime * 1000ULL - 1000);
}

Session session(std::uint16_t port, std::string_view address, Transport transport) {
  Session s;
  s.remote = IpAddress::parse(address).value();
  s.local = IpAddress::parse("192.0.2.254").value();
  s.remote_port = port;
  s.local_port = 2055;
  s.transport = transport;
  return s;
}

std::vector<std::string> DecoderTest::Seen::extras(std::uint32_t enterprise, std::uint16_t element) const {
  std::vector<std::string> values;
  batch->for_each_extra(*flow, [&](const Extra& extra, Bytes value) {
    if (extra.enterprise == enterprise && extra.element == element) values.emplace_back(as_text(value));
  });
  return values;
}

std::string DecoderTest::Seen::address(const AddressBytes& bytes, Family family) {
  return IpAddress{bytes, family}.to_string();
}

std::vector<DecoderTest::Seen> DecoderTest::flows() {
  writer_.flush();
  std::vector<Seen> seen;
  for (const BatchRef& batch : batches_) {
    for (const Flow& flow : batch->flows()) seen.push_back({batch.get(), &flow});
  }
  return seen;
}

std::vector<std::string> DecoderTest::pairs() {
  std::vector<std::string> all;
  for (const Seen& flow : flows()) all.push_back(flow.src() + ">" + flow.dst());
  return all;
}

void DecoderTest::TearDown() {
  EXPECT_TRUE(decoder_.messages().balanced());
  EXPECT_TRUE(stats().sets.balanced());
  for (const ExporterStats& exporter : decoder_.exporters()) EXPECT_TRUE(exporter.sets.balanced());
}

}  // namespace weir::test
