#include "sinks/http_client.h"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <new>

#include "sinks/gzip.h"
#include "sinks/zstd_text.h"

namespace weir {
namespace {

constexpr std::size_t kLargestReply = 64 << 20;  // what a _bulk answer to the largest request may take
constexpr long kUploadBuffer = 256 << 10;

struct CurlDelete {
  void operator()(CURL* curl) const { ::curl_easy_cleanup(curl); }
  void operator()(curl_slist* list) const { ::curl_slist_free_all(list); }
};

std::size_t take_reply(char* data, std::size_t, std::size_t size, void* body) {
  auto& text = *static_cast<std::string*>(body);
  if (size > kLargestReply - text.size()) return 0;
  text.append(data, size);
  return size;
}

// A body that can be read once: with one that it can read again, libcurl would by itself repeat a request that got no
// answer on a connection it had used before, and nobody would count the duplicates.
std::size_t give_body(char* to, std::size_t, std::size_t size, void* body) {
  auto& rest = *static_cast<std::string_view*>(body);
  const std::size_t n = std::min(size, rest.size());
  std::memcpy(to, rest.data(), n);
  rest.remove_prefix(n);
  return n;
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
  const HttpOptions& options;
  std::unique_ptr<CURL, CurlDelete> curl;
  std::unique_ptr<curl_slist, CurlDelete> headers;
  std::string compressed;
  std::string_view rest;  // of the body
  std::string reply;
  std::array<char, CURL_ERROR_SIZE> error;

  template <typename Value>
  void set(CURLoption option, Value value) {
    ::curl_easy_setopt(curl.get(), option, value);
  }
  void set_text(CURLoption option, const std::string& value) {
    if (!value.empty()) set(option, value.c_str());
  }

  void add_header(const std::string& line) {
    curl_slist* const longer = ::curl_slist_append(headers.get(), line.c_str());
    if (longer == nullptr) throw std::bad_alloc();
    static_cast<void>(headers.release());
    headers.reset(longer);
  }

  std::string_view encoded(std::string_view body) {
    if (options.compression == HttpCompression::kGzip) compressed = gzip(body);
    if (options.compression == HttpCompression::kZstd) {
      compressed.clear();
      append_zstd(compressed, body);
    }
    return options.compression == HttpCompression::kNone ? body : compressed;
  }

  void set_transport() {
    const long limit = static_cast<long>(options.timeout.count());
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_TCP_KEEPALIVE, 1L);
    set(CURLOPT_UPLOAD_BUFFERSIZE, kUploadBuffer);
    set(CURLOPT_TIMEOUT_MS, limit);
    set(CURLOPT_CONNECTTIMEOUT_MS, limit);
    set_text(CURLOPT_CAINFO, options.ca);
    set_text(CURLOPT_SSLCERT, options.cert);
    set_text(CURLOPT_SSLKEY, options.key);
    set_text(CURLOPT_PROXY, options.proxy);
  }

  void set_credentials() {
    if (options.user.empty() && options.password.empty()) return;
    set(CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BASIC));
    set(CURLOPT_USERNAME, options.user.c_str());
    set(CURLOPT_PASSWORD, options.password.c_str());
  }
};

HttpClient::HttpClient(const HttpOptions& options, const std::atomic<bool>& abort)
    : impl_(std::make_unique<Impl>(options)) {
  start_curl();
  Impl& impl = *impl_;
  impl.curl.reset(::curl_easy_init());
  if (!impl.curl) throw std::bad_alloc();
  impl.set(CURLOPT_PROTOCOLS_STR, "http,https");
  impl.set(CURLOPT_USERAGENT, "weir");
  impl.set_transport();
  impl.set_credentials();
  impl.set(CURLOPT_ERRORBUFFER, impl.error.data());
  impl.set(CURLOPT_READFUNCTION, give_body);
  impl.set(CURLOPT_READDATA, &impl.rest);
  impl.set(CURLOPT_WRITEFUNCTION, take_reply);
  impl.set(CURLOPT_WRITEDATA, &impl.reply);
  impl.set(CURLOPT_NOPROGRESS, 0L);
  impl.set(CURLOPT_XFERINFOFUNCTION, should_stop);
  impl.set(CURLOPT_XFERINFODATA, &abort);
  set_headers(options.headers);
}

HttpClient::~HttpClient() = default;

void HttpClient::set_headers(const std::vector<std::string>& headers) {
  Impl& impl = *impl_;
  impl.set(CURLOPT_HTTPHEADER, nullptr);
  impl.headers.reset();
  impl.add_header("Content-Type: " + std::string(content_type(impl.options.target.form)));
  impl.add_header("Expect:");  // no round trip before the body
  if (impl.options.compression == HttpCompression::kGzip) impl.add_header("Content-Encoding: gzip");
  if (impl.options.compression == HttpCompression::kZstd) impl.add_header("Content-Encoding: zstd");
  for (const std::string& header : headers) impl.add_header(header);
  impl.set(CURLOPT_HTTPHEADER, impl.headers.get());
}

HttpReply HttpClient::post(std::string_view body) { return request(HttpMethod::kPost, impl_->options.url, body); }

HttpReply HttpClient::request(HttpMethod method, const std::string& url, std::string_view body) {
  Impl& impl = *impl_;
  impl.set(CURLOPT_URL, url.c_str());
  if (method == HttpMethod::kGet) {
    impl.set(CURLOPT_HTTPGET, 1L);
  } else {
    impl.set(CURLOPT_POST, 1L);
  }
  impl.set(CURLOPT_CUSTOMREQUEST, method == HttpMethod::kPut ? "PUT" : static_cast<const char*>(nullptr));
  impl.reply.clear();
  impl.error[0] = '\0';
  impl.rest = impl.encoded(body);
  impl.set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(impl.rest.size()));
  const CURLcode code = ::curl_easy_perform(impl.curl.get());
  HttpReply reply;
  long sent = 0;
  ::curl_easy_getinfo(impl.curl.get(), CURLINFO_REQUEST_SIZE, &sent);
  reply.connected = sent > 0;
  if (code != CURLE_OK) {
    reply.error = code == CURLE_SEND_FAIL_REWIND ? "the server closed the connection without an answer"
                  : code == CURLE_WRITE_ERROR    ? "the server's answer is larger than 64 MiB"
                  : impl.error[0] != '\0'        ? impl.error.data()
                                                 : ::curl_easy_strerror(code);
    return reply;
  }
  curl_off_t retry_after = 0;
  ::curl_easy_getinfo(impl.curl.get(), CURLINFO_RESPONSE_CODE, &reply.status);
  ::curl_easy_getinfo(impl.curl.get(), CURLINFO_RETRY_AFTER, &retry_after);
  reply.retry_after = std::chrono::seconds(std::clamp<curl_off_t>(retry_after, 0, 86'400));
  reply.body = std::move(impl.reply);
  return reply;
}

}  // namespace weir
