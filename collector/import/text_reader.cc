#include "collector/import/text_reader.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/unique_fd.h"

namespace weir {
namespace {

constexpr std::size_t kChunk = std::size_t{256} << 10;

// Behind the '}' that closes the '{' at the beginning; npos when it is not there.
std::size_t object_end(std::string_view text) {
  std::size_t depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      in_string = c != '"';
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{') {
      ++depth;
    } else if (c == '}' && --depth == 0) {
      return i + 1;
    }
  }
  return std::string_view::npos;
}

}  // namespace

// zlib reads gzip files, and hands on what is not one as it is.
struct TextReader::Input {
  gzFile file = nullptr;
  std::string name;
  ~Input() {
    if (file != nullptr) ::gzclose_r(file);
  }
};

TextReader::TextReader(std::unique_ptr<Input> input) : input_(std::move(input)), buffer_(kMaxPiece + kChunk) {}
TextReader::TextReader(TextReader&&) noexcept = default;
TextReader::~TextReader() = default;

Result<TextReader> TextReader::open(const std::string& path) {
  const bool standard_input = path == "-";
  auto input = std::make_unique<Input>();
  input->name = standard_input ? "standard input" : path;
  UniqueFd fd(standard_input ? ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0) : ::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return fail_errno("cannot open " + input->name, errno);
  struct stat info{};
  if (::fstat(fd.get(), &info) == 0 && S_ISDIR(info.st_mode)) return fail(path + " is a directory");
  input->file = ::gzdopen(fd.get(), "rb");
  if (input->file == nullptr) return fail("cannot read " + input->name + ": no memory");
  fd.release();
  ::gzbuffer(input->file, kChunk);
  TextReader reader(std::move(input));
  if (S_ISREG(info.st_mode)) reader.size_ = static_cast<std::uint64_t>(info.st_size);
  return reader;
}

std::uint64_t TextReader::position() const {
  const auto at = ::gzoffset(input_->file);
  return at < 0 ? 0 : static_cast<std::uint64_t>(at);
}

Result<void> TextReader::fill() {
  std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
  const std::size_t room = std::min(buffer_.size() - end_, kChunk);
  const int got = ::gzread(input_->file, buffer_.data() + end_, static_cast<unsigned>(room));
  int error = Z_OK;
  const char* const text = ::gzerror(input_->file, &error);
  if (got < 0 || error == Z_BUF_ERROR) {
    if (error == Z_ERRNO) return fail_errno("cannot read " + input_->name, errno);
    return fail("cannot read " + input_->name + " on from line " + std::to_string(line_) + ": " +
                (error == Z_BUF_ERROR ? "the gzip file is cut short" : text));
  }
  at_end_ = got == 0;
  end_ += static_cast<std::size_t>(got);
  return {};
}

std::string_view TextReader::take(std::size_t length, std::size_t after) {
  const std::string_view taken(buffer_.data() + begin_, length);
  begin_ += length + after;
  return taken;
}

// Takes all of `blanks`, until something else comes or the file ends.
Result<void> TextReader::skip_blanks(std::string_view blanks) {
  for (;;) {
    const std::size_t n = std::min(rest().find_first_not_of(blanks), rest().size());
    line_ += static_cast<std::uint64_t>(std::ranges::count(rest().substr(0, n), '\n'));
    begin_ += n;
    if (begin_ != end_ || at_end_) return {};
    if (auto filled = fill(); !filled) return filled;
  }
}

Result<char> TextReader::first_byte() {
  if (auto filled = fill(); !filled) return std::unexpected(filled.error());
  if (rest().starts_with("\xef\xbb\xbf")) begin_ += 3;  // the byte order mark that some editors leave
  if (auto skipped = skip_blanks(" \t\r\n"); !skipped) return std::unexpected(skipped.error());
  return rest().empty() ? '\0' : rest().front();
}

Result<std::optional<TextReader::Piece>> TextReader::next_line() {
  Piece piece{{}, line_, false};
  std::size_t looked = 0;
  for (;;) {
    const std::size_t end = rest().find('\n', looked);
    if (end != std::string_view::npos || (at_end_ && !rest().empty())) {
      const bool last = end == std::string_view::npos;
      piece.too_long |= !last && end > kMaxPiece;
      piece.text = take(last ? rest().size() : end, last ? 0 : 1);
      if (piece.too_long) piece.text = {};
      if (piece.text.ends_with('\r')) piece.text.remove_suffix(1);
      ++line_;
      return piece;
    }
    if (at_end_) return piece.too_long ? std::optional(piece) : std::nullopt;
    if (rest().size() > kMaxPiece) {
      piece.too_long = true;
      begin_ = end_;
    }
    looked = rest().size();
    if (auto filled = fill(); !filled) return std::unexpected(filled.error());
  }
}

Result<std::optional<TextReader::Piece>> TextReader::next_object() {
  if (auto skipped = skip_blanks(" \t\r\n,[]"); !skipped) return std::unexpected(skipped.error());
  if (rest().empty()) return std::nullopt;
  Piece piece{{}, line_, false};
  if (rest().front() != '{') {
    return fail(input_->name + ":" + std::to_string(line_) + ": not an array of objects; nothing after it was read");
  }
  for (;;) {
    const std::size_t end = object_end(rest());
    if (end != std::string_view::npos) {
      piece.text = take(end, 0);
      line_ += static_cast<std::uint64_t>(std::ranges::count(piece.text, '\n'));
      return piece;
    }
    if (at_end_ || rest().size() > kMaxPiece) {
      return fail(input_->name + ":" + std::to_string(line_) + ": an object that does not end; it was not read");
    }
    if (auto filled = fill(); !filled) return std::unexpected(filled.error());
  }
}

}  // namespace weir
