#include "tests/app/doctor/rig.h"

namespace weir::test {
namespace {

BoundSocket socket_at(const std::string& address, std::uint16_t port, int pid, const std::string& program) {
  return {false, IpAddress::parse(address).value(), port, 1, 1000, pid, program};
}

Facts with_port(const std::string& url, std::vector<BoundSocket> sockets) {
  Facts facts;
  facts.intent.listen = {url};
  facts.ports = PortFacts{std::move(sockets), 1024, false};
  return facts;
}

TEST(DoctorPort, FreeOrHeldByAnother) {
  EXPECT_THAT(finding(check_port, with_port("udp://[::]:2055", {})), Says(kOk, "UDP port 2055 is free"));
  const auto held = finding(check_port, with_port("udp://[::]:2055", {socket_at("0.0.0.0", 2055, 77, "nfcapd")}));
  EXPECT_THAT(held, Says(kProblem, "held by nfcapd (process 77)"));
  EXPECT_THAT(held, Says(kProblem, "kill 77"));
  EXPECT_THAT(held, Says(kProblem, "--listen 'udp://[::]:PORT'"));
  EXPECT_THAT(finding(check_port, with_port("udp://[::]:2055", {socket_at("0.0.0.0", 2056, 77, "nfcapd")})),
              Says(kOk, "free"));
}

TEST(DoctorPort, OnlyOverlappingAddressesAndTheSameProtocolCount) {
  EXPECT_THAT(finding(check_port, with_port("udp://10.0.0.1:2055", {socket_at("10.0.0.2", 2055, 77, "x")})),
              Says(kOk, "free"));
  EXPECT_THAT(finding(check_port, with_port("udp://10.0.0.1:2055", {socket_at("10.0.0.1", 2055, 77, "x")})),
              Says(kProblem, "held"));
  EXPECT_THAT(finding(check_port, with_port("udp://10.0.0.1:2055", {socket_at("::", 2055, 77, "x")})),
              Says(kProblem, "held"));
  EXPECT_THAT(finding(check_port, with_port("tcp://10.0.0.1:2055", {socket_at("10.0.0.1", 2055, 77, "x")})),
              Says(kOk, "TCP port 2055 is free"));
}

TEST(DoctorPort, HolderThatMayNotBeSeenOrIsWeir) {
  EXPECT_THAT(finding(check_port, with_port("udp://[::]:2055", {socket_at("::", 2055, 0, "")})),
              Says(kProblem, "a process of user id 1000"));
  EXPECT_THAT(finding(check_port, with_port("udp://[::]:2055", {socket_at("::", 2055, 5, "weir")})),
              Says(kProblem, "--run-dir"));
}

TEST(DoctorPort, PerhapsOfACollectorThatMayNotBeAsked) {
  Facts facts = with_port("udp://[::]:2055", {socket_at("::", 2055, 0, "")});
  facts.hidden = true;
  EXPECT_THAT(finding(check_port, facts), Says(kNote, "as root"));
  facts.ports->sockets[0] = socket_at("::", 2055, 7, "nfcapd");
  EXPECT_THAT(finding(check_port, facts), Says(kProblem, "nfcapd"));
}

TEST(DoctorPort, RunningCollectorsOwnAndShared) {
  Facts facts = with_port("udp://[::]:2055", {socket_at("::", 2055, 5, "weir"), socket_at("::", 2055, 5, "weir")});
  facts.collector = json(R"({"sockets":[{"local":"[::]:2055"}]})");
  EXPECT_THAT(finding(check_port, facts), Says(kOk, "the running collector's"));
  facts.ports->sockets.push_back(socket_at("127.0.0.1", 2055, 6, "other"));
  EXPECT_THAT(finding(check_port, facts), Says(kProblem, "other (process 6), weir (process 5)"));
}

TEST(DoctorPort, LowPortNeedsARight) {
  Facts facts = with_port("udp://[::]:514", {});
  EXPECT_THAT(finding(check_port, facts), Says(kProblem, "cap_net_bind_service"));
  facts.ports->first_unprivileged = 500;
  EXPECT_THAT(finding(check_port, facts), Says(kOk, "free"));
  facts.ports->first_unprivileged = 1024;
  facts.ports->may_bind_all = true;
  EXPECT_THAT(finding(check_port, facts), Says(kOk, "free"));
}

TEST(DoctorPort, NotWantedNotSeenNotUnderstood) {
  Facts facts = with_port("udp://[::]:2055", {});
  facts.intent.listen.clear();
  EXPECT_THAT(finding(check_port, facts), Says(kSkipped, "--listen"));
  facts.ports = fail("no /proc");
  EXPECT_THAT(finding(check_port, facts), Says(kSkipped, "no /proc"));
  EXPECT_THAT(finding(check_port, with_port("udp://[::]:99999", {})), Says(kProblem, "99999"));
}

TEST(DoctorHttpPort, HeldByAnotherStopsACollectorFromStarting) {
  BoundSocket web = socket_at("0.0.0.0", 8080, 9, "nginx");
  web.tcp = true;
  Facts facts = with_port("udp://[::]:2055", {web});
  facts.intent.http = "127.0.0.1:8080";
  EXPECT_THAT(finding(check_http_port, facts), Says(kWarning, "nginx (process 9)"));
  facts.intent.http = "127.0.0.1:8081";
  EXPECT_THAT(finding(check_http_port, facts), Says(kOk, "free"));
  facts.intent.http = "off";
  EXPECT_THAT(finding(check_http_port, facts), Says(kSkipped, "no HTTP"));
}

TEST(DoctorFirewall, DropsByDefaultWithoutARuleForThePort) {
  const auto rules = [](const std::string& text, const std::string& url = "udp://[::]:2055") {
    Facts facts;
    facts.intent.listen = {url};
    facts.firewall = text;
    return finding(check_firewall, facts);
  };
  const std::string drop = "table inet filter {\n chain input {\n type filter hook input priority 0; policy drop;\n";
  EXPECT_THAT(rules(""), Says(kOk, "no rule"));
  EXPECT_THAT(rules("chain input { type filter hook input priority 0; policy accept; }"), Says(kOk, "no rule"));
  EXPECT_THAT(rules(drop + " tcp dport 22 accept }}"),
              Says(kWarning, "nft add rule inet filter input udp dport 2055 accept"));
  EXPECT_THAT(rules(drop + " udp dport 2055 accept }}"), Says(kOk, "has a rule"));
  EXPECT_THAT(rules(drop + "}}", "udp://127.0.0.1:2055"), Says(kOk, "has a rule")) << "nobody else sends there";
  EXPECT_THAT(rules(drop + " udp dport 12055 accept }}"), Says(kWarning, "none names UDP port 2055"));
  const std::string accept = "chain input {\n type filter hook input priority 0; policy accept;\n";
  EXPECT_THAT(rules(accept + " ct state invalid drop\n}"), Says(kOk, "no rule"));
  EXPECT_THAT(rules(accept + " tcp dport 22 accept\n reject with icmpx type admin-prohibited\n}"),
              Says(kWarning, "2055"));
  EXPECT_THAT(rules("-P INPUT DROP\n"), Says(kWarning, "iptables -I INPUT -p udp --dport 2055 -j ACCEPT"));
  EXPECT_THAT(rules("-P INPUT DROP\n", "tcp://[::]:4739"), Says(kWarning, "-p tcp --dport 4739"));
  EXPECT_THAT(rules("-P INPUT ACCEPT\n"), Says(kOk, "no rule"));
  EXPECT_THAT(finding(check_firewall, Facts{}), Says(kSkipped, "not to be seen"));
}

}  // namespace
}  // namespace weir::test
