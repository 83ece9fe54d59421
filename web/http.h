// Requests and answers of the HTTP server, as those who answer them see them.
//
// Thread rules: value types. Handlers are called from many threads at once.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir {

struct HttpRequest {
  std::string path;
  std::multimap<std::string, std::string> params;  // of the URL, decoded
  std::string body;                                // of a POST
  std::string if_none_match;
  bool takes_gzip = false;
  // It showed the token, or none is configured. False only on routes that are open to everyone.
  bool trusted = true;
  // Whether the client went away meanwhile: nobody waits for the answer any more.
  std::function<bool()> gone = [] { return false; };
};

// An answer of lines that are sent as they are made.
class LineStream {
 public:
  virtual ~LineStream() = default;
  // Sends `line` and a line feed; false when the client went away.
  virtual bool send(std::string_view line) = 0;
  virtual bool gone() const = 0;
};

struct HttpAnswer {
  int status = 200;
  std::string type = {};
  std::string body = {};
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::function<void(LineStream&)> stream = {};  // instead of `body`
};

inline constexpr const char* kJsonType = "application/json";
inline constexpr const char* kJsonLinesType = "application/x-ndjson";
inline constexpr const char* kPlainType = "text/plain; charset=utf-8";

using HttpHandler = std::function<HttpAnswer(const HttpRequest&)>;

// What is served at one path. Paths are matched exactly.
struct HttpRoute {
  std::string path = {};
  std::string description = {};  // for the list of pages
  HttpHandler get = {};
  HttpHandler post = {};  // may be missing; takes application/json
  bool open = false;      // to those without the token
};

HttpAnswer json_answer(std::string body);
HttpAnswer text_answer(std::string body, int status = 200);
// {"error":{"message":…}}
HttpAnswer error_answer(int status, std::string_view message);

}  // namespace weir
