// The journal: rows that are in no segment yet. A file of it is a header and a sequence of frames; a frame is a header
// and the image of a segment, so that whoever reads segments reads the journal too. The layout is in
// docs/store-format.md.
//
// Files are numbered as they come. When file n + 1 exists, nothing more is added to file n.
//
// A frame may stand for frames just before it, whose rows it repeats: so the many small frames of a quiet hour become
// few. It does from the moment that it is whole.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/unique_fd.h"
#include "store/file_layer.h"

namespace weir {

// Thread rules: append() from one thread at a time, sync() from one other; the rest from any.
class JournalWriter {
 public:
  // Makes an empty file. Errors: as the system says.
  static Result<std::unique_ptr<JournalWriter>> create(FileLayer& files, const std::filesystem::path& dir,
                                                       std::uint64_t number);

  // Adds a frame of `rows` rows that stands also for the `replaces` frames before it. After an error the file ends with
  // the frame before, or, where even that failed, usable() is false: then it must not be added to.
  Result<void> append(std::string_view image, std::uint32_t rows, std::uint32_t replaces);
  bool usable() const { return usable_; }

  // Makes durable what was appended before.
  Result<void> sync();

  std::uint64_t number() const { return number_; }
  std::uint64_t size() const { return size_; }

 private:
  JournalWriter(FileLayer& files, std::filesystem::path folder, std::uint64_t number,
                std::unique_ptr<WritableFile> file);

  FileLayer& files_;
  const std::filesystem::path folder_;
  const std::uint64_t number_;
  const std::unique_ptr<WritableFile> file_;
  std::atomic<std::uint64_t> size_ = 0;
  std::atomic<bool> usable_ = true;
  bool folder_synced_ = false;
};

struct JournalFrame {
  std::uint64_t offset = 0;  // of its header in the file
  std::uint32_t rows = 0;
  std::string image;
};

struct JournalContent {
  std::vector<JournalFrame> frames;  // those that no other stands for
  std::vector<std::string> damage;   // of frames between good ones, and of the file's header
  std::uint64_t good = 0;            // bytes up to the end of the last good frame
  std::uint64_t size = 0;            // of the file; what lies beyond `good` was torn by a crash, or is being written
};

// Thread rules: one thread at a time.
class JournalFile {
 public:
  // Nothing when there is no such file.
  static Result<std::optional<JournalFile>> open(const std::filesystem::path& dir, std::uint64_t number);

  // All that is in it now. Errors: unreadable, a newer format.
  Result<JournalContent> read() const;
  std::uint64_t number() const { return number_; }
  const std::string& name() const { return name_; }

 private:
  JournalFile(UniqueFd fd, std::string name, std::uint64_t number)
      : fd_(std::move(fd)), name_(std::move(name)), number_(number) {}

  UniqueFd fd_;
  std::string name_;
  std::uint64_t number_;
};

}  // namespace weir
