// Other people's collectors as independent witnesses of what the encoders write: nfcapd with nfdump, and goflow2.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "codecs/encoder.h"
#include "exporter/generator/flow_generator.h"
#include "flow/names.h"
#include "tests/support/json.h"
#include "tests/support/process.h"

namespace weir::test {
namespace {

constexpr std::uint64_t kNow = 1'700'000'000'123'456'789;
constexpr std::size_t kFlows = 1000;

// "source destination protocol port port bytes packets first-ms last-ms"
using Lines = std::multiset<std::string>;

class UdpPort {
 public:
  UdpPort() : fd_(::socket(AF_INET, SOCK_DGRAM, 0)) {
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    // A port that nobody has now; whoever listens takes it in a moment.
    const int probe = ::socket(AF_INET, SOCK_DGRAM, 0);
    EXPECT_EQ(::bind(probe, reinterpret_cast<const sockaddr*>(&address_), sizeof address_), 0);
    socklen_t length = sizeof address_;
    ::getsockname(probe, reinterpret_cast<sockaddr*>(&address_), &length);
    ::close(probe);
  }
  ~UdpPort() { ::close(fd_); }
  unsigned number() const { return ntohs(address_.sin_port); }
  void send(Bytes message) const {
    ASSERT_EQ(
        ::sendto(fd_, message.data(), message.size(), 0, reinterpret_cast<const sockaddr*>(&address_), sizeof address_),
        static_cast<ssize_t>(message.size()));
  }
  // Bytes that wait in the listener's socket; nothing while there is none.
  std::optional<unsigned long> waiting() const {
    std::optional<unsigned long> found;
    for (const char* path : {"/proc/net/udp", "/proc/net/udp6"}) {
      std::ifstream table(path);
      for (std::string line; std::getline(table, line);) {
        unsigned port = 0;
        unsigned long receiving = 0;
        if (std::sscanf(line.c_str(), " %*u: %*x:%x %*x:%*x %*x %*x:%lx", &port, &receiving) == 2 && port == number())
          found = found.value_or(0) + receiving;
      }
    }
    return found;
  }

 private:
  int fd_;
  sockaddr_in address_{};
};

std::string line(const Flow& f) {
  const auto text = [](const AddressBytes& bytes, Family family) { return IpAddress{bytes, family}.to_string(); };
  const bool ports = f.proto == kProtoTcp || f.proto == kProtoUdp;
  return text(f.src_addr, f.src_addr_family) + ' ' + text(f.dst_addr, f.dst_addr_family) + ' ' +
         std::to_string(f.proto) + ' ' + (ports ? std::to_string(f.src_port) + ' ' + std::to_string(f.dst_port) : "-") +
         ' ' + std::to_string(f.bytes) + ' ' + std::to_string(f.packets) + ' ' +
         std::to_string(f.time_flow_start_ns / kNsPerMs) + ' ' + std::to_string(f.time_flow_end_ns / kNsPerMs);
}

class Witness : public testing::TestWithParam<ExportProtocol> {
 protected:
  void SetUp() override {
    ::setenv("TZ", "UTC", 1);
    ::tzset();
  }

  // Flows as an exporter has them: every third one a biflow with an id, a name for its interface, a TTL and a VLAN.
  void make_flows() {
    const bool v5 = GetParam() == ExportProtocol::kNetflowV5;
    FlowGenerator generator({.seed = 11, .ipv6_share = v5 ? 0 : 0.3});
    BatchWriter out(BatchPool::create(), [this](BatchRef batch) { batches_.push_back(std::move(batch)); });
    Origin origin{};
    origin.protocol = FlowProtocol::kWeir;
    out.set_origin(origin);
    for (std::size_t i = 0; i < kFlows; ++i) {
      const Flow made = generator.next(kNow);
      Flow* flow = out.add(64);
      const std::uint32_t at = flow->origin;
      *flow = made;
      flow->origin = at;
      expected_.insert(line(*flow));
      if (i % 3 == 0) add_reverse(out, *flow, i);
    }
    out.flush();
  }

  void add_reverse(BatchWriter& out, Flow& flow, std::size_t i) {
    const Slice name = out.store(as_bytes("eth" + std::to_string(flow.in_if)));
    FlowCold& cold = out.cold();
    flow.in_if_name = name;
    cold.flow_id = i;
    cold.reverse_packets = 3 + i;
    cold.reverse_bytes = 300 + i;
    cold.reverse_time_flow_start_ns = flow.time_flow_start_ns + 1'000'000;
    cold.reverse_time_flow_end_ns = flow.time_flow_end_ns + 2'000'000;
    flow.ip_ttl = 63;
    flow.vlan_id = 12;
    for (const FieldId id :
         {FieldId::in_if_name, FieldId::flow_id, FieldId::reverse_packets, FieldId::reverse_bytes,
          FieldId::reverse_time_flow_start_ns, FieldId::reverse_time_flow_end_ns, FieldId::ip_ttl, FieldId::vlan_id}) {
      flow.mark(id);
    }
    Flow back = flow;
    std::swap(back.src_addr, back.dst_addr);
    std::swap(back.src_port, back.dst_port);
    back.packets = cold.reverse_packets;
    back.bytes = cold.reverse_bytes;
    back.time_flow_start_ns = cold.reverse_time_flow_start_ns;
    back.time_flow_end_ns = cold.reverse_time_flow_end_ns;
    expected_.insert(line(back));
  }

  void send(const UdpPort& port) {
    EncoderOptions options;
    options.protocol = GetParam();
    options.boot_time_ns = kNow - 3600 * kNsPerSecond;
    options.template_packets = 20;
    ExportEncoder encoder(options, [&](Bytes message, std::size_t) {
      ASSERT_TRUE(wait_until([&] { return port.waiting().value_or(0) < 50'000; }));
      port.send(message);
    });
    for (const BatchRef& batch : batches_) {
      for (const Flow& flow : batch->flows()) ASSERT_TRUE(encoder.add(*batch, flow, kNow));
    }
    encoder.flush(kNow);
  }

  void expect_all(const Lines& found) const {
    Lines missing, more;
    std::ranges::set_difference(expected_, found, std::inserter(missing, missing.end()));
    std::ranges::set_difference(found, expected_, std::inserter(more, more.end()));
    EXPECT_EQ(found.size(), expected_.size());
    EXPECT_TRUE(missing.empty()) << missing.size() << " missing, such as " << *missing.begin();
    EXPECT_TRUE(more.empty()) << more.size() << " not sent, such as " << *more.begin();
  }

  std::vector<BatchRef> batches_;
  Lines expected_;
};

std::string utc_ms(const std::string& text) {
  std::tm utc{};
  int ms = 0;
  std::sscanf(text.c_str(), "%d-%d-%dT%d:%d:%d.%d", &utc.tm_year, &utc.tm_mon, &utc.tm_mday, &utc.tm_hour, &utc.tm_min,
              &utc.tm_sec, &ms);
  utc.tm_year -= 1900;
  utc.tm_mon -= 1;
  return std::to_string(std::int64_t{::timegm(&utc)} * 1000 + ms);
}

std::string either(const Record& record, const std::string& a, const std::string& b) {
  return record.contains(a) ? record.at(a) : record.at(b);
}

// nfdump -o json prints an array of objects over many lines.
Lines nfdump_lines(const std::string& text) {
  Lines lines;
  for (std::size_t begin = text.find('{'); begin != std::string::npos; begin = text.find('{', begin)) {
    const std::size_t end = text.find('}', begin) + 1;
    const Record flow = parse_record(text.substr(begin, end - begin));
    begin = end;
    lines.insert(either(flow, "src4_addr", "src6_addr") + ' ' + either(flow, "dst4_addr", "dst6_addr") + ' ' +
                 flow.at("proto") + ' ' +
                 (flow.contains("src_port") ? flow.at("src_port") + ' ' + flow.at("dst_port") : "-") + ' ' +
                 flow.at("in_bytes") + ' ' + flow.at("in_packets") + ' ' + utc_ms(flow.at("first")) + ' ' +
                 utc_ms(flow.at("last")));
  }
  return lines;
}

TEST_P(Witness, NfdumpReadsEveryFlow) {
  if (!have_program("nfcapd") || !have_program("nfdump")) GTEST_SKIP() << "nfdump is not installed";
  make_flows();
  const TempDir dir;
  const UdpPort port;
  Process nfcapd(
      {"nfcapd", "-w", dir.path().string(), "-b", "127.0.0.1", "-p", std::to_string(port.number()), "-t", "86400"});
  ASSERT_TRUE(wait_until([&] { return port.waiting().has_value(); })) << nfcapd.err();
  send(port);
  ASSERT_TRUE(wait_until([&] { return port.waiting() == 0UL; }));
  nfcapd.signal(SIGTERM);
  nfcapd.wait();
  expect_all(nfdump_lines(run({"nfdump", "-R", dir.path().string(), "-o", "json"}).out));
}

// goflow2 names protocols and prints nanoseconds. One worker: several take datagrams out of order, templates too.
Lines goflow2_lines(const std::string& text) {
  static const std::map<std::string, std::string> kProtocols = {
      {"TCP", "6"}, {"UDP", "17"}, {"ICMP", "1"}, {"IPv6-ICMP", "58"}};
  Lines lines;
  for (const Record& flow : parse_records(text)) {
    const bool ports = flow.at("proto") == "TCP" || flow.at("proto") == "UDP";
    const auto ms = [&](const char* field) { return std::to_string(std::stoull(flow.at(field)) / kNsPerMs); };
    lines.insert(flow.at("src_addr") + ' ' + flow.at("dst_addr") + ' ' + kProtocols.at(flow.at("proto")) + ' ' +
                 (ports ? flow.at("src_port") + ' ' + flow.at("dst_port") : "-") + ' ' + flow.at("bytes") + ' ' +
                 flow.at("packets") + ' ' + ms("time_flow_start_ns") + ' ' + ms("time_flow_end_ns"));
  }
  return lines;
}

TEST_P(Witness, Goflow2ReadsEveryFlow) {
  if (!have_program("goflow2")) GTEST_SKIP() << "goflow2 is not installed";
  make_flows();
  const UdpPort port;
  Process goflow2({"goflow2", "-listen", "netflow://127.0.0.1:" + std::to_string(port.number()) + "?count=1&workers=1",
                   "-addr", "127.0.0.1:0"});
  ASSERT_TRUE(wait_until([&] { return port.waiting().has_value(); })) << goflow2.err();
  send(port);
  wait_until([&] { return lines_of(goflow2.out()).size() >= expected_.size(); }, std::chrono::seconds(10));
  goflow2.signal(SIGTERM);
  goflow2.wait();
  expect_all(goflow2_lines(goflow2.out()));
}

INSTANTIATE_TEST_SUITE_P(, Witness,
                         testing::Values(ExportProtocol::kNetflowV5, ExportProtocol::kNetflowV9,
                                         ExportProtocol::kIpfix),
                         [](const testing::TestParamInfo<ExportProtocol>& info) {
                           return std::string(info.param == ExportProtocol::kNetflowV5   ? "V5"
                                              : info.param == ExportProtocol::kNetflowV9 ? "V9"
                                                                                         : "Ipfix");
                         });

}  // namespace
}  // namespace weir::test
