// A store on disk with flows written by hand.
#pragma once

#include <stdexcept>
#include <vector>

#include "store/store_writer.h"
#include "tests/query/known_flows.h"
#include "tests/support/process.h"

namespace weir::test {

class StoreDir {
 public:
  explicit StoreDir(const std::vector<KnownFlow>& flows) {
    StoreOptions options;
    options.dir = path();
    auto writer = StoreWriter::open(options);
    if (!writer) throw std::runtime_error(writer.error().message);
    for (const BatchRef& batch : batches_of(flows)) (*writer)->append(*batch);
    (*writer)->close();
  }
  std::filesystem::path path() const { return temp_ / "store"; }

 private:
  TempDir temp_;
};

}  // namespace weir::test
