// The HTTP API of a store: /api/v1/query, /api/v1/list.
//
// Thread rules: from any thread.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <filesystem>

#include "web/http.h"
#include "web/query_params.h"

namespace weir {

struct StoreApiOptions {
  std::filesystem::path store = {};
  std::size_t memory = std::size_t{512} << 20;  // for the tables of one query
  std::chrono::milliseconds timeout{60'000};    // of one query
  unsigned queries = 4;                         // at once; further ones are turned away
  std::chrono::milliseconds patience{500};      // before a stream shows parts of the answer
};

class StoreApi {
 public:
  explicit StoreApi(StoreApiOptions options) : options_(std::move(options)) {}

  HttpAnswer get_query(const HttpRequest& request);
  HttpAnswer post_query(const HttpRequest& request);
  HttpAnswer list(const HttpRequest& request);
  // Who sent what is in the store: /api/v1/exporters where no collector tells more.
  HttpAnswer exporters();
  // Why the store cannot be read; empty when it can.
  std::string trouble() const;

 private:
  class Seat;
  HttpAnswer query(TextResult<QueryParams> params, const HttpRequest& request);

  const StoreApiOptions options_;
  std::atomic<unsigned> running_{0};
};

}  // namespace weir
