// The grammar of conditions: what each spelling means, and what is refused at which place.
#include "query/condition.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "tests/query/describe.h"
#include "tests/support/process.h"

namespace weir::test {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

std::string text_of(std::string_view condition) {
  const auto result = parse_condition(condition, resolve_known);
  return result ? result->text : "error: " + result.error().message;
}

DirectionFilter direction_of(std::string_view condition) {
  const auto result = parse_condition(condition, resolve_known);
  EXPECT_TRUE(result) << condition << ": " << result.error().message;
  return result ? result->direction : DirectionFilter::kNone;
}

// The character under the caret (with what follows), and the message.
struct Refusal {
  std::string message, at;
};

Refusal refusal(std::string_view condition) {
  const auto result = parse_condition(condition, resolve_known);
  if (result) return {"accepted as " + parsed(condition), ""};
  const auto lines = lines_of(result.error().message);
  if (lines.size() != 3 || lines[1] != condition) return {"not three lines: " + result.error().message, ""};
  const std::size_t caret = lines[2].find('^');
  return {lines[0], std::string(condition.substr(caret))};
}

TEST(Condition, NoneIsEveryFlow) {
  EXPECT_EQ(parsed(""), "every flow");
  EXPECT_EQ(parsed(" \t\n"), "every flow");
}

TEST(Condition, EveryOperatorInEverySpelling) {
  const std::vector<std::pair<std::string, std::vector<std::string>>> spellings = {
      {"=", {"=", "eq", "-eq", "equals", "==", "===", "EQ"}},
      {"!=", {"!=", "neq", "-neq", "ne", "-ne", "Ne"}},
      {"<=", {"<=", "le", "-le", "leq", "-leq"}},
      {">=", {">=", "ge", "-ge", "geq", "-geq"}},
      {"<", {"<", "less", "l", "-l", "lt", "-lt"}},
      {">", {">", "greater", "g", "-g", "gt", "-gt"}},
  };
  for (const auto& [meaning, all] : spellings) {
    for (const std::string& spelling : all) {
      const std::string expected = "dst_port " + meaning + " {443}";
      EXPECT_EQ(parsed("dport " + spelling + " 443"), expected);
      EXPECT_EQ(parsed("dport " + spelling + "443"), expected);
      EXPECT_EQ(parsed("dport" + spelling + " 443"), expected);
      EXPECT_EQ(parsed("dport" + spelling + "443"), expected);
      EXPECT_EQ(text_of("dport " + spelling + "\t443"), "dport " + meaning + " 443");
    }
  }
}

TEST(Condition, EveryJunctionInEverySpelling) {
  for (const char* spelling : {" & ", "&", " and ", " AND ", "&&", "*", " * ", "and "}) {
    EXPECT_EQ(parsed("dport=1" + std::string(spelling) + "proto=tcp"), "(dst_port = {1} & proto = {6})") << spelling;
  }
  for (const char* spelling : {" | ", "|", " or ", " Or ", "||", "+", " + ", "or "}) {
    EXPECT_EQ(parsed("dport=1" + std::string(spelling) + "proto=tcp"), "(dst_port = {1} | proto = {6})") << spelling;
  }
  for (const char* spelling : {"!", "! ", "not ", "NOT ", "not(", "!["}) {
    const std::string open = spelling;
    const std::string close = open.ends_with('(') ? ")" : open.ends_with('[') ? "]" : "";
    EXPECT_EQ(parsed(open + "dport=1" + close), "!(dst_port = {1})") << spelling;
  }
}

TEST(Condition, Precedence) {
  EXPECT_EQ(parsed("dport=1 | dport=2 & dport=3"), "(dst_port = {1} | (dst_port = {2} & dst_port = {3}))");
  EXPECT_EQ(parsed("! dport=1 & dport=2"), "(!(dst_port = {1}) & dst_port = {2})");
  EXPECT_EQ(parsed("(dport=1 | dport=2) & !{dport=3 & [dport=4]}"),
            "((dst_port = {1} | dst_port = {2}) & !((dst_port = {3} & dst_port = {4})))");
  EXPECT_EQ(parsed("!!dport=1"), "!(!(dst_port = {1}))");
}

// Every condition of goquery-examples.md.
TEST(Condition, Examples) {
  EXPECT_EQ(parsed("dport <= 1024"), "dst_port <= {1024}");
  EXPECT_EQ(parsed("! (( dport = 8080 | dport = 443 ) & proto = TCP )"),
            "!(((dst_port = {8080} | dst_port = {443}) & proto = {6}))");
  EXPECT_EQ(parsed("{sip = 10.0.0.1 or dip eq 10.0.0.1} and not [dport -gt 1023 + proto === icmp]"),
            "((src_addr = {10.0.0.1/32} | dst_addr = {10.0.0.1/32}) & !((dst_port > {1023} | proto = {1})))");
  EXPECT_EQ(parsed("host = 192.168.1.34 && net != 172.16.0.0/12"),
            "(ANY_ADDRESS = {192.168.1.34/32} & ANY_ADDRESS != {172.16.0.0/12})");
  EXPECT_EQ(parsed("snet != 10.0.0.0/12 & snet != 10.17.0.0/16"),
            "(src_addr != {10.0.0.0/12} & src_addr != {10.17.0.0/16})");
  EXPECT_EQ(parsed("snet = 2a04:4e42::/29 | dnet = fe80::/10"),
            "(src_addr = {2a04:4e40::/29} | dst_addr = {fe80::/10})");
  EXPECT_EQ(parsed("proto = 17 * dport neq 53"), "(proto = {17} & dst_port != {53})");
  EXPECT_EQ(parsed("(dport = 22 & sip = 192.168.1.34) & dir = out"),
            "(dst_port = {22} & src_addr = {192.168.1.34/32})");
  EXPECT_EQ(direction_of("(dport = 22 & sip = 192.168.1.34) & dir = out"), DirectionFilter::kOut);
  EXPECT_EQ(parsed("dir = uni"), "every flow");
  EXPECT_EQ(direction_of("dir = uni"), DirectionFilter::kUni);
  EXPECT_EQ(parsed("dip=10.236.2.18 and sip=211.154.236.12 and dport=22 and proto=tcp"),
            "(dst_addr = {10.236.2.18/32} & src_addr = {211.154.236.12/32} & dst_port = {22} & proto = {6})");
  EXPECT_EQ(parsed("sip = 198.51.100.7 & dip = 203.0.113.9"),
            "(src_addr = {198.51.100.7/32} & dst_addr = {203.0.113.9/32})");
}

TEST(Condition, ExamplesToBeRefused) {
  EXPECT_EQ(refusal("dport =").at, "");
  EXPECT_EQ(refusal("sip = 10.0.0").at, "10.0.0");
  EXPECT_EQ(refusal("snet = 10.0.0.0/33").at, "10.0.0.0/33");
  EXPECT_EQ(refusal("proto = tpc").at, "tpc");
  EXPECT_THAT(refusal("proto = tpc").message, HasSubstr("did you mean 'tcp'?"));
  EXPECT_EQ(refusal("dport = 70000").at, "70000");
  EXPECT_THAT(refusal("dport = 70000").message, HasSubstr("from 0 to 65535"));
  EXPECT_EQ(refusal("(dport = 22").at, "(dport = 22");
  EXPECT_THAT(refusal("(dport = 22").message, HasSubstr(") is missing"));
  EXPECT_EQ(refusal("sip < 10.0.0.1").at, "< 10.0.0.1");
  EXPECT_THAT(refusal("sip < 10.0.0.1").message, HasSubstr("= and != only"));
  EXPECT_EQ(refusal("dport = 22 dport = 23").at, "dport = 23");
  EXPECT_THAT(refusal("dport = 22 dport = 23").message, HasSubstr("expected & or |"));
  EXPECT_EQ(refusal("dir = in | dport = 22").at, "dir = in | dport = 22");
}

TEST(Condition, OtherThingsRefused) {
  EXPECT_EQ(refusal("dprt = 22").at, "dprt = 22");
  EXPECT_THAT(refusal("dprt = 22").message, HasSubstr("did you mean 'dport'?"));
  EXPECT_EQ(refusal("dport eqal 22").at, "eqal 22");
  EXPECT_EQ(refusal("dport 22").at, "22");
  EXPECT_EQ(refusal("dport = 22)").at, ")");
  EXPECT_EQ(refusal("(dport = 22]").at, "]");
  EXPECT_EQ(refusal("dport = 22 &").at, "");
  EXPECT_EQ(refusal("& dport = 22").at, "& dport = 22");
  EXPECT_EQ(refusal("()").at, ")");
  EXPECT_EQ(refusal("!").at, "");
  EXPECT_EQ(refusal("dport = -5").at, "-5");
  EXPECT_EQ(refusal("proto = 256").at, "256");
  EXPECT_EQ(refusal("src_as = 4294967296").at, "4294967296");
  EXPECT_EQ(refusal("bytes > 1MB").at, "1MB");
  EXPECT_EQ(refusal("bytes > 99999999T").at, "99999999T");
  EXPECT_EQ(refusal("iface > eth0").at, "> eth0");
  EXPECT_EQ(refusal("as_path > 1").at, "> 1");
  EXPECT_EQ(refusal("type = netflow9").at, "netflow9");
  EXPECT_EQ(refusal("duration > 5").at, "5");
  EXPECT_EQ(refusal("sip = \"10.0.0.1").at, "\"10.0.0.1");
  EXPECT_EQ(refusal("sip = 10.0.0.256").at, "10.0.0.256");
  EXPECT_EQ(refusal("sip = 0x7f.1").at, "0x7f.1");
  EXPECT_EQ(refusal("sip = 2001:db8:::1").at, "2001:db8:::1");
  EXPECT_EQ(refusal("snet = web").at, "web");
  EXPECT_EQ(refusal("sip = nowhere.example").at, "nowhere.example");
  EXPECT_THAT(refusal("sip = nowhere.example").message, HasSubstr("no such host"));
  EXPECT_EQ(refusal("dport in 80, 443").at, "80, 443");
  EXPECT_EQ(refusal("dport in (80 443)").at, "443)");
  EXPECT_EQ(refusal("dport in ()").at, ")");
  EXPECT_EQ(refusal("dport = 80, 443").at, ", 443");
  EXPECT_EQ(refusal("tcp_flags = SX").at, "SX");
  EXPECT_EQ(refusal("time > 5").at, "time > 5");
  EXPECT_THAT(refusal("time > 5").message, HasSubstr("-f and -l"));
}

TEST(Condition, DirectionStandsAloneOrBesideAnAnd) {
  EXPECT_EQ(direction_of("dir=in"), DirectionFilter::kIn);
  EXPECT_EQ(direction_of("direction = inbound"), DirectionFilter::kIn);
  EXPECT_EQ(direction_of("dir eq OUTBOUND & (dport=1 | dport=2)"), DirectionFilter::kOut);
  EXPECT_EQ(direction_of("dport=1 & dir=unidirectional & proto=tcp"), DirectionFilter::kUni);
  EXPECT_EQ(direction_of("(dport=1 & (dir=bidirectional))"), DirectionFilter::kBi);
  EXPECT_EQ(parsed("dport=1 & dir=uni & proto=tcp"), "(dst_port = {1} & proto = {6})");
  EXPECT_EQ(direction_of("dport=1"), DirectionFilter::kNone);

  EXPECT_EQ(refusal("dport = 22 | dir = in").at, "dir = in");
  EXPECT_EQ(refusal("dport = 22 | (dir = in)").at, "dir = in)");
  EXPECT_EQ(refusal("!(dir = in)").at, "dir = in)");
  EXPECT_EQ(refusal("dir = in & dport = 1 | dport = 2").at, "dir = in & dport = 1 | dport = 2");
  EXPECT_EQ(refusal("dport = 1 & (dir = in | proto = 6)").at, "dir = in | proto = 6)");
  EXPECT_EQ(refusal("dir = in & dir = out").at, "dir = out");
  EXPECT_EQ(refusal("dir != in").at, "!= in");
  EXPECT_EQ(refusal("dir = inn").at, "inn");
  EXPECT_THAT(refusal("dir = inn").message, HasSubstr("did you mean 'in'?"));
  EXPECT_EQ(refusal("dir =").at, "");
}

TEST(Condition, Lists) {
  EXPECT_EQ(parsed("dport in (80, 443)"), "dst_port = {80 443}");
  EXPECT_EQ(parsed("dport not in [80,443]"), "dst_port != {80 443}");
  EXPECT_EQ(parsed("src_as IN {64500 ,64501}&proto=tcp"), "(src_as = {64500 64501} & proto = {6})");
  EXPECT_EQ(parsed("sip in (10.0.0.0/8, 2001:db8::1, web)"),
            "src_addr = {10.0.0.0/8 2001:db8::1/128 192.0.2.1/32 2001:db8::1/128}");
  EXPECT_EQ(parsed("iface in (eth0, 'Gi 0/1')"), "INTERFACE = {'eth0' 'Gi 0/1'}");
}

TEST(Condition, Addresses) {
  EXPECT_EQ(parsed("sip = 2001:db8::1"), "src_addr = {2001:db8::1/128}");
  EXPECT_EQ(parsed("[sip=2001:db8::1]"), "src_addr = {2001:db8::1/128}");
  EXPECT_EQ(parsed("(sip=::1)&(dip=::)"), "(src_addr = {::1/128} & dst_addr = {::/128})");
  EXPECT_EQ(parsed("sip=10.0.0.1or dip=10.0.0.2"), "(src_addr = {10.0.0.1/32} | dst_addr = {10.0.0.2/32})");
  EXPECT_EQ(parsed("sip=10.0.0.1ordip=10.0.0.2anddport=1"),
            "(src_addr = {10.0.0.1/32} | (dst_addr = {10.0.0.2/32} & dst_port = {1}))");
  EXPECT_EQ(parsed("sip=fe80::aand dport=1"), "(src_addr = {fe80::a/128} & dst_port = {1})");
  EXPECT_EQ(parsed("snet = 10.1.2.3/8"), "src_addr = {10.0.0.0/8}");
  EXPECT_EQ(parsed("snet = 10.0.0.1"), "src_addr = {10.0.0.1/32}");
  EXPECT_EQ(parsed("sip = 10.1.2.3/8"), "src_addr = {10.0.0.0/8}");
  EXPECT_EQ(parsed("src_net = 10.1.2.3/8"), "src_net = {10.0.0.0/8}");
  EXPECT_EQ(parsed("exporter = 192.0.2.9"), "sampler_address = {192.0.2.9/32}");
  for (unsigned length = 0; length <= 32; ++length) {
    const std::string mask = "/" + std::to_string(length);
    EXPECT_THAT(parsed("net=255.255.255.255" + mask), HasSubstr(mask + "}"));
  }
  for (unsigned length = 0; length <= 128; ++length) {
    const std::string mask = "/" + std::to_string(length);
    EXPECT_THAT(parsed("net=ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" + mask), HasSubstr(mask + "}"));
  }
  EXPECT_THAT(parsed("net=::/129"), StartsWith("error"));
}

TEST(Condition, HostNames) {
  EXPECT_EQ(parsed("sip = web"), "src_addr = {192.0.2.1/32 2001:db8::1/128}");
  EXPECT_EQ(parsed("sip != web"), "src_addr != {192.0.2.1/32 2001:db8::1/128}");
  EXPECT_EQ(parsed("host = db-1.example"), "ANY_ADDRESS = {192.0.2.2/32}");
  EXPECT_EQ(parsed("host='db-1.example'|host=web"),
            "(ANY_ADDRESS = {192.0.2.2/32} | ANY_ADDRESS = {192.0.2.1/32 2001:db8::1/128})");
  int asked = 0;
  const auto counting = [&](const std::string& name) {
    ++asked;
    return resolve_known(name);
  };
  ASSERT_TRUE(parse_condition("sip = web | dip = web | host = web", counting));
  EXPECT_EQ(asked, 1);
}

TEST(Condition, LabelsFallBackLikeTheirColumns) {
  EXPECT_EQ(parsed("hostname = edge1"), "host = {'edge1'}");
  EXPECT_EQ(parsed("hostname = 192.0.2.9"),
            "(host = {'192.0.2.9'} | (host = {''} & sampler_address = {192.0.2.9/32}))");
  EXPECT_EQ(parsed("hostname = '10.0.0.0/8'"), "host = {'10.0.0.0/8'}");
  EXPECT_EQ(parsed("in_iface != if3"), "!((in_if_name = {'if3'} | (in_if_name = {''} & in_if = {3})))");
  EXPECT_EQ(parsed("out_iface in (eth0, if7)"), "(out_if_name = {'eth0' 'if7'} | (out_if_name = {''} & out_if = {7}))");
  EXPECT_EQ(parsed("in_iface in (if0, if1k, if01)"), "in_if_name = {'if0' 'if1k' 'if01'}");
  EXPECT_EQ(parsed("iface = if3"), "INTERFACE = {'if3'}");
}

TEST(Condition, NumbersWithUnits) {
  EXPECT_EQ(parsed("bytes > 1M"), "bytes > {1000000}");
  EXPECT_EQ(parsed("packets >= 10k"), "packets >= {10000}");
  EXPECT_EQ(parsed("bytes > 1.5GiB"), "bytes > {1610612736}");
  EXPECT_EQ(parsed("bytes < 2Ki"), "bytes < {2048}");
  EXPECT_EQ(parsed("bytes = 1T"), "bytes = {1000000000000}");
  EXPECT_EQ(parsed("src_as = 0xfc00"), "src_as = {64512}");
  EXPECT_EQ(parsed("bytes = 18446744073709551615"), "bytes = {18446744073709551615}");
  EXPECT_THAT(parsed("bytes = 18446744073709551616"), StartsWith("error"));
  EXPECT_EQ(parsed("duration > 10s"), "DURATION > {10000}");
  EXPECT_EQ(parsed("duration <= 500ms"), "DURATION <= {500}");
  EXPECT_EQ(parsed("duration >= 1h30m"), "DURATION >= {5400000}");
  EXPECT_EQ(parsed("duration = 0"), "DURATION = {0}");
}

TEST(Condition, Names) {
  EXPECT_EQ(parsed("proto = TCP"), "proto = {6}");
  EXPECT_EQ(parsed("proto = icmp6"), "proto = {58}");
  EXPECT_EQ(parsed("proto = 'ISIS over IPv4'"), "proto = {124}");
  EXPECT_EQ(parsed("proto < 6"), "proto < {6}");
  EXPECT_EQ(parsed("etype = ipv6"), "etype = {34525}");
  EXPECT_EQ(parsed("etype = 0x0806"), "etype = {2054}");
  EXPECT_EQ(parsed("type = ipfix"), "type = {4}");
  EXPECT_EQ(parsed("type in (v5, NETFLOW_V9)"), "type = {1 3}");
}

TEST(Condition, Flags) {
  EXPECT_EQ(parsed("tcp_flags = SA"), "tcp_flags = set{18}");
  EXPECT_EQ(parsed("flags >= as"), "tcp_flags >= set{18}");
  EXPECT_EQ(parsed("tcp_flags = 0x12"), "tcp_flags = {18}");
  EXPECT_EQ(parsed("tcp_flags = FSRPAUECN"), "tcp_flags = set{511}");
  EXPECT_EQ(parsed("tcp_flags in (S, 0x12)"), "tcp_flags = set{2 18}");
  EXPECT_EQ(parsed("reverse_tcp_flags != R"), "reverse_tcp_flags != set{4}");
}

TEST(Condition, OtherFields) {
  EXPECT_EQ(parsed("src_mac = 00:11:22:aa:Bb:CC"), "src_mac = {73596058572}");
  EXPECT_EQ(parsed("dmac != 00-11-22-aa-bb-cc"), "dst_mac != {73596058572}");
  EXPECT_EQ(parsed("first >= '2026-01-02T15:04:05.000000001Z'"), "time_flow_start_ns >= {1767366245000000001}");
  EXPECT_EQ(parsed("last < 1767366245"), "time_flow_end_ns < {1767366245000000000}");
  EXPECT_EQ(parsed("last = 1767366245123456789"), "time_flow_end_ns = {1767366245123456789}");
  EXPECT_EQ(parsed("as_path = 64500"), "as_path = {64500}");
  EXPECT_EQ(parsed("bgp_communities = 64500:100"), "bgp_communities = {4227072100}");
  EXPECT_EQ(parsed("mpls_ip = 10.0.0.0/8"), "mpls_ip = {10.0.0.0/8}");
  EXPECT_EQ(parsed("in_if = 3 & next_hop = 10.0.0.1"), "(in_if = {3} & next_hop = {10.0.0.1/32})");
  EXPECT_EQ(parsed("iface = \"it's\""), "INTERFACE = {'it's'}");
}

TEST(Condition, EveryAttributeTakesAValue) {
  for (const std::string_view name : attribute_names()) {
    bool taken = false;
    for (const char* value : {"1", "10.0.0.1", "ipfix", "00:11:22:33:44:55", "in", "1s"}) {
      taken = taken || !parsed(std::string(name) + " = " + value).starts_with("error");
    }
    EXPECT_TRUE(taken) << name;
  }
}

TEST(Condition, TextIsMadeUniform) {
  EXPECT_EQ(text_of("dport=443"), "dport = 443");
  EXPECT_EQ(text_of("{sip==web or port eq 1}&&not[proto===icmp*DPORT in(1,2)]"),
            "(sip = web | port = 1) & !(proto = icmp & DPORT in (1, 2))");
  EXPECT_EQ(text_of("! (( dport = 8080 | dport = 443 ) & proto = TCP )"),
            "!((dport = 8080 | dport = 443) & proto = TCP)");
  EXPECT_EQ(text_of("iface = 'Gi 0/1' + dport   -l 5"), "iface = 'Gi 0/1' | dport < 5");
  EXPECT_EQ(text_of("dport = 22 and dir = IN"), "dport = 22 & dir = IN");
}

TEST(Condition, CaretBehindTabsAndOtherAlphabets) {
  const auto caret_line = [](std::string_view text) {
    const auto result = parse_condition(text, resolve_known);
    return result ? "accepted" : lines_of(result.error().message).at(2);
  };
  EXPECT_EQ(caret_line("\tdport =\t70000"), "\t       \t^");
  EXPECT_EQ(caret_line("iface = 'für' & dport = x"), std::string(24, ' ') + "^");
  EXPECT_EQ(caret_line("iface = '東京' & dport = x"), std::string(25, ' ') + "^");
  EXPECT_EQ(caret_line("iface = '\xff' & dport = x"), std::string(22, ' ') + "^");
}

TEST(Condition, LongOnesAreShownAroundThePlace) {
  std::string text = "dport = 1";
  for (int i = 0; i < 100; ++i) text += " | dport = 1";
  const auto result = parse_condition(text + " | dport = x" + text, resolve_known);
  ASSERT_FALSE(result);
  const auto lines = lines_of(result.error().message);
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_LT(lines[1].size(), 120U);
  // "…" takes three bytes and one column.
  EXPECT_EQ(lines[1].at(lines[2].find('^') + 2), 'x');
}

TEST(Condition, ControlCharactersDoNotReachTheTerminal) {
  const auto result = parse_condition("dport\n= \x1b[31m", resolve_known);
  ASSERT_FALSE(result);
  EXPECT_EQ(lines_of(result.error().message).size(), 3U);
  EXPECT_THAT(result.error().message, testing::Not(HasSubstr("\x1b")));
}

TEST(Condition, IsBounded) {
  const auto message = [](const std::string& text) { return refusal(text).message; };
  std::string many = "dport = 1";
  for (int i = 1; i < 1000; ++i) many += "|dport=1";
  EXPECT_TRUE(parse_condition(many, resolve_known));
  EXPECT_THAT(parsed(many + "|dport=1"), HasSubstr("more than 1000"));
  EXPECT_TRUE(parse_condition(std::string(200, '(') + "dport=1" + std::string(200, ')'), resolve_known));
  EXPECT_THAT(parsed(std::string(201, '(') + "dport=1" + std::string(201, ')')), HasSubstr("too deeply"));
  EXPECT_THAT(parsed(std::string(60000, '!') + "dport=1"), HasSubstr("too deeply"));
  EXPECT_THAT(parsed(std::string(70000, ' ') + "dport=1"), HasSubstr("64 KiB"));
  EXPECT_THAT(message("dport = " + std::string(30, 'x')), HasSubstr("not 'xxx"));
}

}  // namespace
}  // namespace weir::test
