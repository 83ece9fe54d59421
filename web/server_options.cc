#include "web/server_options.h"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <filesystem>

#include "base/bytes.h"
#include "base/file.h"
#include "base/text.h"
#include "base/unique_fd.h"
#include "query/words.h"

namespace weir {
namespace {

constexpr std::size_t kRandomBytes = 32;
constexpr std::size_t kLeastToken = 16;
constexpr std::size_t kMostToken = 1024;
constexpr std::size_t kMostFile = 4096;

Result<std::string> checked(std::string token, const std::string& where) {
  const bool plain = std::ranges::all_of(token, [](char c) { return c > ' ' && c < 0x7f; });
  if (!plain || token.size() < kLeastToken || token.size() > kMostToken) {
    return fail(where + ": a token has 16 to 1024 visible ASCII characters; remove the file to have one made");
  }
  return token;
}

Result<std::string> make_token_file(const std::string& path) {
  std::array<std::uint8_t, kRandomBytes> random{};
  if (::getrandom(random.data(), random.size(), 0) != static_cast<ssize_t>(random.size())) {
    return fail_errno("cannot draw a random token", errno);
  }
  std::string token(2 * random.size(), '\0');
  write_hex(token.data(), random);
  const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd) return fail_errno("--http-token-file: cannot make " + path, errno);
  if (auto written = write_all(fd.get(), as_bytes(token + "\n"), path); !written) {
    ::unlink(path.c_str());
    return std::unexpected(written.error());
  }
  return token;
}

}  // namespace

Result<std::string> http_token(const HttpServerOptions& options) {
  if (!options.token.empty()) return checked(options.token, "WEIR_HTTP_TOKEN");
  if (options.token_file.empty()) return std::string();
  std::error_code error;
  const auto type = std::filesystem::status(options.token_file, error).type();
  if (type == std::filesystem::file_type::not_found) return make_token_file(options.token_file);
  const auto content = read_file(options.token_file, kMostFile);
  if (!content) return fail("--http-token-file: " + content.error().message);
  return checked(std::string(trimmed(*content)), "--http-token-file " + options.token_file);
}

}  // namespace weir
