// Text files, line by line: plain or gzip, of any size, with bounded memory.
//
// Thread rules: one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace weir {

class TextReader {
 public:
  // What is longer is not looked at.
  static constexpr std::size_t kMaxPiece = std::size_t{1} << 20;

  struct Piece {
    std::string_view text;   // good until the next call; empty when it is too long
    std::uint64_t line = 0;  // on which it begins, counted from 1
    bool too_long = false;
  };

  // "-" is standard input. Errors name the file.
  static Result<TextReader> open(const std::string& path);
  TextReader(TextReader&&) noexcept;
  ~TextReader();

  // The first byte that is not blank, without taking it; 0 in an empty file.
  Result<char> first_byte();
  // The next line without its end; nothing after the last.
  Result<std::optional<Piece>> next_line();
  // The next {…} of an array of objects. One that is too long is an error, since nobody knows where it ends.
  Result<std::optional<Piece>> next_object();

  // Of the file as it lies on disk. `size` is 0 where it is not known.
  std::uint64_t position() const;
  std::uint64_t size() const { return size_; }

 private:
  struct Input;
  explicit TextReader(std::unique_ptr<Input> input);

  Result<void> fill();
  Result<void> skip_blanks(std::string_view blanks);
  std::string_view rest() const { return {buffer_.data() + begin_, end_ - begin_}; }
  // The first `length` bytes of the rest, which are then taken together with `after` more.
  std::string_view take(std::size_t length, std::size_t after);

  std::unique_ptr<Input> input_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0, end_ = 0;
  bool at_end_ = false;
  std::uint64_t line_ = 1;
  std::uint64_t size_ = 0;
};

}  // namespace weir
