#include "sinks/http_delivery.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

namespace weir {
namespace {

constexpr std::size_t kLongestReason = 4000;

// How many of `flows`, which make `records`, have `failed` records: more than there are, where biflows are split, or a
// server makes up numbers.
std::uint64_t flows_in(std::uint64_t failed, std::size_t records, std::uint64_t flows) {
  if (failed >= records || records == 0) return flows;
  return (failed * flows + records - 1) / records;
}

}  // namespace

HttpDelivery::HttpDelivery(DeliveryShare& share) : share_(share), client_(share.options, share.abort) {}

void HttpDelivery::run() {
  while (auto parcel = share_.outbox.take()) deliver(*std::move(parcel));
}

void HttpDelivery::deliver(Parcel parcel) {
  parcel.refused = false;
  while (parcel.pending() != 0) {
    const std::size_t count = records_at_once(parcel);
    const HttpReply reply = send(parcel, count);
    if (share_.abort && reply.status == 0) return share_.outbox.give_back(std::move(parcel));
    Trouble trouble{describe(reply), reply.retry_after, false};
    if (!apply(reply, parcel, count, trouble)) return share_.outbox.retry(std::move(parcel), trouble);
  }
  share_.spare.give(parcel.release_buffer());
  share_.outbox.settle(std::move(parcel));
}

std::size_t HttpDelivery::records_at_once(const Parcel& parcel) const {
  const std::size_t most = share_.largest_request, size = parcel.lines().size();
  if (size <= most) return parcel.pending();
  return std::max<std::size_t>(1, static_cast<std::size_t>(static_cast<double>(parcel.pending()) *
                                                           static_cast<double>(most) / static_cast<double>(size)));
}

HttpReply HttpDelivery::send(Parcel& parcel, std::size_t count) {
  if (headers_version_ != share_.headers_version) refresh_headers();
  if (std::exchange(parcel.unconfirmed, false))
    share_.outbox.resent(std::min<std::uint64_t>(count, parcel.pending_flows()));
  make_body(share_.options.target, parcel, count, body_);
  HttpReply reply = client_.post(body_);
  parcel.unconfirmed = may_have_taken(reply);
  return reply;
}

bool HttpDelivery::apply(const HttpReply& reply, Parcel& parcel, std::size_t count, Trouble& trouble) {
  switch (judge(reply)) {
    case HttpVerdict::kTaken: return apply_taken(reply, parcel, count, trouble);
    case HttpVerdict::kRetry: return false;
    case HttpVerdict::kRefuse: refuse(reply, parcel, count); return true;
    case HttpVerdict::kTooLarge: {
      if (count == 1) {
        refuse(reply, parcel, count);
        return true;
      }
      const std::size_t half = parcel.first_lines(count).size() / 2;
      share_.largest_request = std::min<std::size_t>(share_.largest_request, half);
      return true;
    }
    case HttpVerdict::kUnauthorized:
      trouble.error = "the server refuses the credentials (" + std::to_string(reply.status) +
                      "): correct the header-file, or the Authorization, and send SIGHUP";
      trouble.unauthorized = true;
      if (!share_.options.header_file.empty()) ++share_.headers_version;
      return false;
  }
  return false;
}

bool HttpDelivery::apply_taken(const HttpReply& reply, Parcel& parcel, std::size_t count, Trouble& trouble) {
  if (share_.options.target.form == HttpForm::kBulk) return apply_bulk(reply, parcel, count, trouble);
  if (share_.options.target.openobserve) return apply_openobserve(reply, parcel, count, trouble);
  account(parcel, parcel.settle_first(count), 0, {});
  return true;
}

bool HttpDelivery::apply_openobserve(const HttpReply& reply, Parcel& parcel, std::size_t count, Trouble& trouble) {
  const OpenObserveReply answer = read_openobserve_reply(reply.body);
  if (!answer.confirmed) {
    parcel.unconfirmed = true;
    trouble.error = describe(reply) +
                    ", which does not confirm the records as OpenObserve does (for another kind of "
                    "server add form=json or form=ndjson)";
    return false;
  }
  const std::string error = "the server refused some records: " + answer.error;
  const bool kept = answer.failed != 0 && share_.dead_letters.add({static_cast<unsigned>(reply.status), answer.failed,
                                                                   answer.error, parcel.first_lines(count)});
  const std::uint64_t flows = parcel.settle_first(count), failed = flows_in(answer.failed, count, flows);
  if (kept) share_.outbox.dead_lettered(failed);
  account(parcel, flows, failed, error);
  return true;
}

bool HttpDelivery::apply_bulk(const HttpReply& reply, Parcel& parcel, std::size_t count, Trouble& trouble) {
  const BulkReply answer = read_bulk_reply(reply.body);
  if (!answer.confirmed) {
    parcel.unconfirmed = true;
    trouble.error = describe(reply) + ", which is no answer to a bulk request";
    return false;
  }
  const BulkOutcome outcome = read_outcome(answer, count, [&](std::size_t i) { return record_id(parcel, i); });
  const std::size_t settled = static_cast<std::size_t>(std::ranges::count(outcome.settled, true));
  std::uint64_t kept = 0;
  std::string_view rest = parcel.first_lines(count);
  std::vector<const BulkOutcome::Refusal*> refusals(count);
  for (const auto& refusal : outcome.refused) refusals[refusal.record] = &refusal;
  if (outcome.doubtful != 0 &&
      share_.dead_letters.add({static_cast<unsigned>(reply.status), outcome.doubtful, outcome.error, rest})) {
    kept += outcome.doubtful;
  }
  for (const BulkOutcome::Refusal* refusal : refusals) {
    const std::size_t end = rest.find('\n') + 1;
    if (refusal != nullptr && share_.dead_letters.add({refusal->status, 1, refusal->error, rest.substr(0, end)}))
      ++kept;
    rest.remove_prefix(end);
  }
  const std::uint64_t flows = parcel.settle(outcome.settled);
  share_.outbox.dead_lettered(flows_in(kept, settled, flows));
  account(parcel, flows, flows_in(outcome.refused.size() + outcome.doubtful, settled, flows),
          "the server refused some records: " + outcome.error);
  if (settled == count) return true;
  trouble.error = "the server took some records and put others off: " + outcome.error;
  return false;
}

void HttpDelivery::refuse(const HttpReply& reply, Parcel& parcel, std::size_t count) {
  const bool kept = share_.dead_letters.add(
      {static_cast<unsigned>(reply.status), count,
       reply.body.empty() ? "no reason given" : excerpt(reply.body, kLongestReason), parcel.first_lines(count)});
  const std::uint64_t flows = parcel.settle_first(count);
  if (kept) share_.outbox.dead_lettered(flows);
  account(parcel, flows, flows, describe(reply));
}

void HttpDelivery::account(Parcel& parcel, std::uint64_t flows, std::uint64_t failed, const std::string& error) {
  if (failed < flows) share_.outbox.delivered(parcel, flows - failed, body_.size());
  if (failed == 0) return;
  parcel.refused = true;
  share_.outbox.dropped(parcel, failed, SinkDrop::kRejected, error);
}

void HttpDelivery::refresh_headers() {
  headers_version_ = share_.headers_version;
  const auto headers = reload_headers(share_.options);
  if (headers) return client_.set_headers(*headers);
  spdlog::warn("{}: the headers stay as they were: {}", share_.options.name, headers.error().message);
}

}  // namespace weir
