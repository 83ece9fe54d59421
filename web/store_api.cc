#include "web/store_api.h"

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/clock.h"
#include "base/json_text.h"
#include "query/human.h"
#include "query/list.h"
#include "query/print.h"
#include "store/snapshot.h"
#include "web/query_params.h"
#include "web/query_run.h"

namespace weir {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kMostHostNames = 10;
constexpr milliseconds kLook{100};           // how often the client is looked after
constexpr std::size_t kPartMemoryShare = 4;  // a part's tables may take 1/4 of the query's

HttpAnswer bad_query(const TextError& error) {
  JsonText json;
  json.begin_object();
  json.begin_object("error");
  json.text("message", error.reason);
  json.text("option", error.option);
  if (error.place) json.number("position", *error.place);
  json.end_object();
  json.end_object();
  return {.status = 400, .type = kJsonType, .body = json.take()};
}

// Looks up only a few names, so that a long condition cannot keep the resolver busy.
ResolveName bounded_resolver() {
  return [resolve = system_resolver(), left = kMostHostNames](const std::string& name) mutable {
    if (left == 0) return Result<std::vector<IpAddress>>(fail("too many host names; write their addresses"));
    --left;
    return resolve(name);
  };
}

std::string line_of(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

}  // namespace

// A place among the queries that may run at once.
class StoreApi::Seat {
 public:
  explicit Seat(StoreApi& api) : api_(api) {
    unsigned running = api.running_;
    while (running < api.options_.queries && !taken_) taken_ = api.running_.compare_exchange_weak(running, running + 1);
  }
  ~Seat() { leave(); }
  Seat(const Seat&) = delete;
  Seat& operator=(const Seat&) = delete;
  bool taken() const { return taken_; }
  void leave() {
    if (std::exchange(taken_, false)) --api_.running_;
  }

 private:
  StoreApi& api_;
  bool taken_ = false;
};

namespace {

// One query over HTTP: its snapshot, its run, its answer.
class Asked {
 public:
  Asked(QueryRequest request, Snapshot snapshot, RunOptions options, milliseconds patience)
      : request_(std::move(request)),
        snapshot_(std::move(snapshot)),
        options_(std::move(options)),
        patience_(patience) {}

  HttpAnswer answer(const std::function<bool()>& gone) const {
    QueryRun run(request_, snapshot_, options_);
    while (!run.wait(kLook)) {
      if (gone()) run.stop();
    }
    const auto result = run.take();
    if (!result) return error_answer(503, result.error().message);
    return json_answer(print_json(request_, *result, {}));
  }

  // `computed` is called when only the sending is left, which is the client's to hurry.
  void stream(LineStream& out, const std::function<void()>& computed) const {
    QueryRun run(request_, snapshot_, options_);
    Parts parts(*this);
    const auto begun = std::chrono::steady_clock::now();
    while (!run.wait(std::min(kLook, patience_))) {
      if (out.gone()) break;
      if (std::chrono::steady_clock::now() - begun < patience_) continue;
      if (!out.send("{\"progress\":" + share_text(run.progress()) + "}")) break;
      if (const auto part = parts.next(); part && !out.send("{\"partial\":" + *part + "}")) break;
    }
    run.stop();
    parts.stop();
    const std::string last = last_line(run.take());
    computed();
    out.send(last);
  }

 private:
  // The answers for the latest parts of the window, one after the other, beside the whole.
  class Parts {
   public:
    explicit Parts(const Asked& asked)
        : asked_(asked), windows_(latest_parts(asked.request_.times, asked.snapshot_)), request_(asked.request_) {}

    // The next one that is ready, if one is.
    std::optional<std::string> next() {
      std::optional<std::string> ready;
      if (run_ && run_->wait(milliseconds(0))) {
        // One that fails is left out: the whole tells what is wrong.
        if (const auto result = run_->take()) ready = line_of(print_json(request_, *result, {}));
        run_.reset();
      }
      if (!run_ && at_ < windows_.size()) {
        request_.times = windows_[at_++];
        RunOptions options = asked_.options_;
        options.memory /= kPartMemoryShare;
        run_.emplace(request_, asked_.snapshot_, options);
      }
      return ready;
    }
    void stop() { run_.reset(); }

   private:
    const Asked& asked_;
    const std::vector<TimeRange> windows_;
    std::size_t at_ = 0;
    QueryRequest request_;
    std::optional<QueryRun> run_;
  };

  std::string last_line(const Result<QueryResult>& result) const {
    if (!result) return line_of(error_answer(503, result.error().message).body);
    return "{\"result\":" + line_of(print_json(request_, *result, {})) + "}";
  }

  static std::string share_text(double share) {
    std::string text = std::to_string(std::clamp(share, 0.0, 1.0));
    return text.substr(0, 5);
  }

  const QueryRequest request_;
  const Snapshot snapshot_;
  const RunOptions options_;
  const milliseconds patience_;
};

}  // namespace

HttpAnswer StoreApi::get_query(const HttpRequest& request) { return query(query_params(request.params), request); }

HttpAnswer StoreApi::post_query(const HttpRequest& request) {
  if (!request.params.empty()) return error_answer(400, "a query stands in the body or in the URL, not in both");
  return query(query_params(request.body), request);
}

HttpAnswer StoreApi::query(TextResult<QueryParams> params, const HttpRequest& request) {
  if (!params) return bad_query(params.error());
  // Held by the answer too, as long as its stream is computed.
  const auto seat = std::make_shared<Seat>(*this);
  if (!seat->taken()) return error_answer(429, "too many queries run at once; try again soon");
  auto query = make_request(params->text, wall_time_ns(), bounded_resolver());
  if (!query) return bad_query(query.error());
  auto snapshot = open_snapshot(options_.store, query->times);
  if (!snapshot) return error_answer(503, snapshot.error().message);
  RunOptions run;
  run.memory = options_.memory;
  run.timeout = options_.timeout;
  const auto asked = std::make_shared<Asked>(std::move(*query), std::move(*snapshot), run, options_.patience);
  if (!params->stream) return asked->answer(request.gone);
  return {.type = kJsonLinesType,
          .stream = [seat, asked](LineStream& out) { asked->stream(out, [&seat] { seat->leave(); }); }};
}

HttpAnswer StoreApi::list(const HttpRequest& request) {
  std::string interfaces = "any";
  for (const auto& [name, value] : request.params) {
    if (name != "ifaces") return error_answer(400, "there is no parameter but ifaces");
    interfaces = value;
  }
  const auto filter = InterfaceFilter::parse(interfaces);
  if (!filter) return bad_query({{}, "ifaces", filter.error().message, {}});
  const Seat seat(*this);
  if (!seat.taken()) return error_answer(429, "too many queries run at once; try again soon");
  const auto snapshot = open_snapshot(options_.store);
  if (!snapshot) return error_answer(503, snapshot.error().message);
  return json_answer(print_listing_json(list_store(*snapshot, *filter)));
}

std::string StoreApi::trouble() const {
  // No time asked for: nothing but the manifest is read.
  const auto snapshot = open_snapshot(options_.store, TimeRange::none());
  return snapshot ? "" : snapshot.error().message + "\n";
}

HttpAnswer StoreApi::exporters() {
  const Seat seat(*this);
  if (!seat.taken()) return error_answer(429, "too many queries run at once; try again soon");
  const auto snapshot = open_snapshot(options_.store);
  if (!snapshot) return error_answer(503, snapshot.error().message);
  std::map<IpAddress, ExporterTotals> all;
  for (const auto& segment : snapshot->segments) {
    for (const ExporterTotals& one : segment->summary().exporters) {
      ExporterTotals& sum = all[one.exporter];
      if (!one.host.empty()) sum.host = one.host;
      sum.flows += one.flows;
      if (!one.times.empty()) sum.times.add(one.times);
    }
  }
  JsonText json;
  json.begin_object();
  json.objects("exporters", all, [&](const auto& entry) {
    const auto& [address, seen] = entry;
    json.text("exporter", address.to_string());
    json.text("name", seen.host);
    json.text("health", "stored");
    json.items("reasons", {});
    json.number("flows", seen.flows);
    if (seen.times.empty()) return;
    json.text("first_seen", utc_time(seen.times.first));
    json.text("last_seen", utc_time(seen.times.last));
  });
  json.text("source", "store");
  json.end_object();
  return json_answer(json.take());
}

}  // namespace weir
