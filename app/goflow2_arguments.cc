#include "app/goflow2_arguments.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <string_view>
#include <utility>

#include "base/suggest.h"

namespace weir {
namespace {

enum class Kind { kValue, kSwitch };

struct Flag {
  std::string_view name;
  Kind kind;
  std::string_view fallback;
  std::string_view meaning;  // to weir; empty: it needs no such setting
};

// goflow2 2.x, the additions of its development branch, and those of OpenObserve's fork (transport.http).
constexpr std::array kFlags = std::to_array<Flag>({
    {"addr", Kind::kValue, ":8080", "--http; a port alone means this host only, \"\" means off"},
    {"err.cnt", Kind::kValue, "", ""},
    {"err.int", Kind::kValue, "", ""},
    {"format", Kind::kValue, "json", "json or text, on files and standard output"},
    {"listen", Kind::kValue, "netflow://:2055", "--listen; netflow:// and flow:// addresses, with commas"},
    {"logfmt", Kind::kValue, "", ""},
    {"loglevel", Kind::kValue, "", ""},
    {"mapping", Kind::kValue, "", ""},
    {"produce", Kind::kValue, "sample", "sample"},
    {"sampling.sweep-interval", Kind::kValue, "", ""},
    {"sampling.ttl", Kind::kValue, "", ""},
    {"sampling.ttl.extend-on-access", Kind::kSwitch, "", ""},
    {"store.http.path", Kind::kValue, "", ""},
    {"store.json.interval", Kind::kValue, "", ""},
    {"store.json.path", Kind::kValue, "", ""},
    {"templates.path", Kind::kValue, "", ""},
    {"templates.sweep-interval", Kind::kValue, "", ""},
    {"templates.ttl", Kind::kValue, "", ""},
    {"templates.ttl.extend-on-access", Kind::kSwitch, "", ""},
    {"transport", Kind::kValue, "file", "file or http"},
    {"transport.file", Kind::kValue, "", "--to file:PATH; standard output where it is empty"},
    {"transport.file.sep", Kind::kValue, "\n", "a line break"},
    {"transport.http.auth.credentials", Kind::kValue, "", "the header's value"},
    {"transport.http.auth.header", Kind::kValue, "", "the name of a header for credentials"},
    {"transport.http.batchSize", Kind::kValue, "1000", "?batch="},
    {"transport.http.destination", Kind::kValue, "", "--to URL"},
    {"transport.http.timerDuration", Kind::kValue, "5", "?flush=, in seconds"},
    {"transport.kafka.brokers", Kind::kValue, "", ""},
    {"transport.kafka.compression", Kind::kValue, "", ""},
    {"transport.kafka.flushbytes", Kind::kValue, "", ""},
    {"transport.kafka.flushfreq", Kind::kValue, "", ""},
    {"transport.kafka.hashing", Kind::kSwitch, "", ""},
    {"transport.kafka.maxmsgbytes", Kind::kValue, "", ""},
    {"transport.kafka.sasl", Kind::kValue, "", ""},
    {"transport.kafka.srv", Kind::kValue, "", ""},
    {"transport.kafka.tls", Kind::kSwitch, "", ""},
    {"transport.kafka.tls.ca", Kind::kValue, "", ""},
    {"transport.kafka.tls.client", Kind::kValue, "", ""},
    {"transport.kafka.tls.insecure", Kind::kSwitch, "", ""},
    {"transport.kafka.tls.key", Kind::kValue, "", ""},
    {"transport.kafka.topic", Kind::kValue, "", ""},
    {"transport.kafka.version", Kind::kValue, "", ""},
    {"v", Kind::kSwitch, "", "--version"},
});

using Values = std::map<std::string_view, std::string>;

const Flag* find_flag(std::string_view name) {
  const auto at = std::ranges::find(kFlags, name, &Flag::name);
  return at == kFlags.end() ? nullptr : &*at;
}

Error unknown_flag(std::string_view name) {
  std::vector<std::string_view> names;
  for (const Flag& flag : kFlags) names.push_back(flag.name);
  return {fmt::format("goflow2 has no flag -{}{} (-help lists them)", name, did_you_mean(name, names))};
}

bool is_help(std::string_view name) { return name == "h" || name == "help"; }

// The flags that were given, by name.
Result<Values> parse_flags(const std::vector<std::string>& arguments) {
  Values values;
  for (std::size_t at = 0; at < arguments.size(); ++at) {
    std::string_view text = arguments[at];
    if (text.size() < 2 || text.front() != '-') return fail("unexpected argument '" + arguments[at] + "'");
    text.remove_prefix(text.starts_with("--") ? 2 : 1);
    const std::size_t equals = text.find('=');
    const std::string_view name = text.substr(0, equals);
    if (is_help(name)) {
      values["help"] = "true";
      continue;
    }
    const Flag* flag = find_flag(name);
    if (flag == nullptr) return std::unexpected(unknown_flag(name));
    if (equals != std::string_view::npos) {
      values[flag->name] = text.substr(equals + 1);
    } else if (flag->kind == Kind::kSwitch) {
      values[flag->name] = "true";
    } else if (at + 1 == arguments.size()) {
      return fail(fmt::format("-{} needs a value", name));
    } else {
      values[flag->name] = arguments[++at];
    }
  }
  return values;
}

std::string help_text() {
  std::string text =
      "weir, called as goflow2: takes goflow2's command line and collects NetFlow and IPFIX as `weir collect` does.\n"
      "\n"
      "Flags, and what they are to weir:\n";
  for (const Flag& flag : kFlags) {
    if (flag.meaning.empty()) continue;
    const bool shown = !flag.fallback.empty() && flag.fallback != "\n";
    text += fmt::format("  -{:<33}{}{}\n", flag.name, flag.meaning,
                        shown ? fmt::format(" (default {})", flag.fallback) : std::string());
  }
  text += "Accepted, and needed for nothing here:\n ";
  std::size_t column = 1;
  for (const Flag& flag : kFlags) {
    if (!flag.meaning.empty()) continue;
    if (column + flag.name.size() + 2 > 100) {
      text += "\n ";
      column = 1;
    }
    text += fmt::format(" -{}", flag.name);
    column += flag.name.size() + 2;
  }
  return text +
         "\n\n"
         "Example:\n"
         "  goflow2 -transport=http -transport.http.destination=http://localhost:5080/api/default/netflow1/_json \\\n"
         "    -transport.http.auth.header=Authorization -transport.http.auth.credentials=\"Basic cm9vdEBl…\"\n"
         "\n"
         "`weir collect --help` tells what there is besides, docs/replacing.md what is different.\n";
}

// Makes weir's arguments of what was given.
class Translator {
 public:
  explicit Translator(const Values& values) : values_(values) {}

  Result<Goflow2Command> translate() {
    command_.arguments = {"collect"};
    if (given("v")) return Goflow2Command{{"--version"}, {}, {}};
    if (value("produce") != "sample")
      return fail("-produce=" + value("produce") + ": weir makes flow records only (sample)");
    if (auto done = listen(); !done) return std::unexpected(done.error());
    if (auto done = transport(); !done) return std::unexpected(done.error());
    add("http", value("addr").empty() ? "off" : value("addr"));
    note_ignored();
    return std::move(command_);
  }

 private:
  bool given(std::string_view name) const { return values_.contains(name); }
  std::string value(std::string_view name) const {
    const auto at = values_.find(name);
    return at != values_.end() ? at->second : std::string(find_flag(name)->fallback);
  }
  void add(std::string_view option, const std::string& text) {
    command_.arguments.push_back(fmt::format("--{}={}", option, text));
  }
  void note(std::string text) { command_.notes.push_back(std::move(text)); }

  Result<void> listen() {
    const std::string all = value("listen");
    std::size_t taken = 0;
    for (std::size_t at = 0; at <= all.size();) {
      const std::size_t comma = std::min(all.find(',', at), all.size());
      const std::string url = all.substr(at, comma - at);
      at = comma + 1;
      if (url.starts_with("sflow://")) {
        note(url + " is left out: weir takes NetFlow and IPFIX, not sFlow");
        continue;
      }
      const std::size_t scheme = url.find("://");
      const std::string_view name = std::string_view(url).substr(0, scheme);
      if (scheme == std::string::npos || (name != "netflow" && name != "flow"))
        return fail("-listen " + url + ": write netflow://HOST:PORT, such as netflow://:2055");
      if (name == "flow") note(url + ": sFlow is not taken there, only NetFlow and IPFIX");
      // ?count, workers, blocking and queue_size tune what weir arranges by itself.
      const std::string target = url.substr(scheme + 3, url.find_first_of("/?", scheme + 3) - scheme - 3);
      add("listen", "udp://" + (target.starts_with(':') ? "[::]" + target : target));
      ++taken;
    }
    return taken != 0 ? Result<void>() : fail("-listen " + all + ": weir takes NetFlow and IPFIX, not sFlow");
  }

  Result<void> transport() {
    const std::string name = value("transport");
    if (name == "file") return to_file();
    if (name == "http") return to_http();
    if (name == "kafka")
      return fail("-transport=kafka: weir does not speak Kafka; -transport=http and -transport=file are there");
    return fail("-transport=" + name + ": it must be file or http");
  }

  Result<void> to_file() {
    const std::string format = value("format"), path = value("transport.file");
    if (format == "bin") return fail("-format=bin: weir makes no protobuf; json and text are there");
    if (format != "json" && format != "text") return fail("-format=" + format + ": it must be json or text");
    if (value("transport.file.sep") != "\n" && value("transport.file.sep") != "\\n")
      return fail("-transport.file.sep: weir ends each record with a line break");
    if (path.find('?') != std::string::npos) return fail("-transport.file " + path + ": a '?' cannot be in its name");
    add("to", (path.empty() ? "stdout" : "file:" + path) + "?format=" + format);
    return {};
  }

  // The fork of OpenObserve falls back to its defaults where these are not positive.
  Result<std::string> number(std::string_view name, std::uint64_t most) const {
    const std::string text = value(name);
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size())
      return fail(fmt::format("-{} {}: a whole number is needed", name, text));
    if (number <= 0) return std::string(find_flag(name)->fallback);
    return std::to_string(std::min(static_cast<std::uint64_t>(number), most));
  }

  Result<void> to_http() {
    constexpr std::uint64_t kMostFlows = 100'000, kMostSeconds = 3600;  // as weir's options allow
    std::string url = value("transport.http.destination");
    if (url.empty()) return fail("-transport=http needs -transport.http.destination=URL");
    if (value("format") != "json") return fail("-format=" + value("format") + ": only json goes over HTTP");
    const auto batch = number("transport.http.batchSize", kMostFlows);
    if (!batch) return std::unexpected(batch.error());
    const auto seconds = number("transport.http.timerDuration", kMostSeconds);
    if (!seconds) return std::unexpected(seconds.error());
    url += fmt::format("{}batch={}&flush={}s", url.find('?') == std::string::npos ? '?' : '&', *batch, *seconds);
    const std::string header = value("transport.http.auth.header");
    const std::string credentials = value("transport.http.auth.credentials");
    if (!header.empty() && !credentials.empty()) url += "&header=" + percent_encode(header + ": " + credentials);
    add("to", url);
    return {};
  }

  static std::string percent_encode(std::string_view text) {
    std::string out;
    for (const char c : text) {
      const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
      out += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return out;
  }

  void note_ignored() {
    if (!value("mapping").empty()) note("-mapping is not read: weir decodes every element already (docs/json.md)");
    if (value("logfmt") == "json") note("-logfmt=json: the log stays lines of text");
    if (given("templates.path")) note("templates are at /api/v1/templates");
  }

  const Values& values_;
  Goflow2Command command_;
};

}  // namespace

Result<Goflow2Command> goflow2_arguments(const std::vector<std::string>& arguments) {
  const auto values = parse_flags(arguments);
  if (!values) return std::unexpected(values.error());
  if (values->contains("help")) return Goflow2Command{{}, {}, help_text()};
  return Translator(*values).translate();
}

}  // namespace weir
