#include "sinks/http_client.h"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <new>

namespace weir {
namespace {

constexpr std::size_t kLargestReply = 64 * 1024;

struct CurlDelete {
  void operator()(CURL* curl) const { ::curl_easy_cleanup(curl); }
  void operator()(curl_slist* list) const { ::curl_slist_free_all(list); }
};

std::size_t take_reply(char* data, std::size_t, std::size_t size, void* body) {
  auto& text = *static_cast<std::string*>(body);
  text.append(data, std::min(size, kLargestReply - text.size()));
  return size;
}

int should_stop(void* abort, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<const std::atomic<bool>*>(abort)->load() ? 1 : 0;
}

// libcurl wants this before threads use it.
void start_curl() {
  static const CURLcode started = ::curl_global_init(CURL_GLOBAL_DEFAULT);
  static_cast<void>(started);
}

}  // namespace

struct HttpClient::Impl {
  std::unique_ptr<CURL, CurlDelete> curl;
  std::unique_ptr<curl_slist, CurlDelete> headers;
  std::string reply;
  std::array<char, CURL_ERROR_SIZE> error;

  template <typename Value>
  void set(CURLoption option, Value value) {
    ::curl_easy_setopt(curl.get(), option, value);
  }

  void add_header(const char* line) {
    curl_slist* const longer = ::curl_slist_append(headers.get(), line);
    if (longer == nullptr) throw std::bad_alloc();
    static_cast<void>(headers.release());
    headers.reset(longer);
  }
};

HttpClient::HttpClient(const HttpOptions& options, const std::atomic<bool>& abort) : impl_(std::make_unique<Impl>()) {
  start_curl();
  Impl& impl = *impl_;
  impl.curl.reset(::curl_easy_init());
  if (!impl.curl) throw std::bad_alloc();
  impl.add_header("Content-Type: application/json");
  impl.add_header("Expect:");  // no round trip before the body
  if (options.gzip) impl.add_header("Content-Encoding: gzip");
  for (const std::string& header : options.headers) impl.add_header(header.c_str());

  impl.set(CURLOPT_URL, options.url.c_str());
  impl.set(CURLOPT_PROTOCOLS_STR, "http,https");
  impl.set(CURLOPT_HTTPHEADER, impl.headers.get());
  impl.set(CURLOPT_USERAGENT, "weir");
  impl.set(CURLOPT_POST, 1L);
  impl.set(CURLOPT_NOSIGNAL, 1L);
  impl.set(CURLOPT_TCP_KEEPALIVE, 1L);
  impl.set(CURLOPT_TIMEOUT_MS, static_cast<long>(options.timeout.count()));
  impl.set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options.timeout.count()));
  impl.set(CURLOPT_ERRORBUFFER, impl.error.data());
  impl.set(CURLOPT_WRITEFUNCTION, take_reply);
  impl.set(CURLOPT_WRITEDATA, &impl.reply);
  impl.set(CURLOPT_NOPROGRESS, 0L);
  impl.set(CURLOPT_XFERINFOFUNCTION, should_stop);
  impl.set(CURLOPT_XFERINFODATA, &abort);
  if (options.user.empty() && options.password.empty()) return;
  impl.set(CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BASIC));
  impl.set(CURLOPT_USERNAME, options.user.c_str());
  impl.set(CURLOPT_PASSWORD, options.password.c_str());
}

HttpClient::~HttpClient() = default;

HttpReply HttpClient::post(std::string_view body) {
  Impl& impl = *impl_;
  impl.reply.clear();
  impl.error[0] = '\0';
  impl.set(CURLOPT_POSTFIELDS, body.data());
  impl.set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
  const CURLcode code = ::curl_easy_perform(impl.curl.get());
  HttpReply reply;
  if (code != CURLE_OK) {
    reply.error = impl.error[0] != '\0' ? impl.error.data() : ::curl_easy_strerror(code);
    return reply;
  }
  ::curl_easy_getinfo(impl.curl.get(), CURLINFO_RESPONSE_CODE, &reply.status);
  reply.body = std::move(impl.reply);
  return reply;
}

}  // namespace weir
