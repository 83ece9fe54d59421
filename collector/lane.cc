#include "collector/lane.h"

namespace weir {
namespace {

constexpr ArrivalDrop kOfMessageDrop[] = {ArrivalDrop::kTooShort, ArrivalDrop::kUnknownVersion, ArrivalDrop::kBadHeader,
                                          ArrivalDrop::kSessionLimit};
static_assert(std::size(kOfMessageDrop) == Account<MessageDrop>::kReasons);

}  // namespace

Lane::Lane(std::string name, const Decoder::Limits& limits, AllowList allow, std::vector<Prefix> trusted,
           std::shared_ptr<BatchPool> pool, Publish publish, BatchWriter::Seal seal)
    : name_(std::move(name)),
      allow_(std::move(allow)),
      publish_(std::move(publish)),
      decoder_(limits, std::move(trusted)),
      writer_(std::move(pool), [this](BatchRef batch) { this->publish(std::move(batch)); }, std::move(seal)) {}

void Lane::publish(BatchRef batch) {
  flows_published_ += batch->flows().size();
  pending_since_ns_ = 0;
  publish_(batch);
}

void Lane::receive(const Session& session, Bytes message, bool truncated, std::uint64_t received_ns) {
  ++received_;
  bytes_ += message.size();
  if (!allow_.allows(session.remote)) {
    undecoded_.drop(ArrivalDrop::kNotAllowed);
  } else if (truncated) {
    undecoded_.drop(ArrivalDrop::kTruncated);
  } else {
    decoder_.decode(session, message, received_ns, writer_);
  }
}

void Lane::drop_arrivals(ArrivalDrop reason, std::uint64_t count) {
  received_ += count;
  undecoded_.drop(reason, count);
}

void Lane::flush_older_than(std::uint64_t age_ns, std::uint64_t steady_now_ns) {
  if (writer_.pending() == 0) return;
  if (pending_since_ns_ == 0) pending_since_ns_ = steady_now_ns;
  if (steady_now_ns - pending_since_ns_ >= age_ns) writer_.flush();
}

void Lane::finish(std::uint64_t now_ns) {
  decoder_.finish(now_ns, writer_);
  writer_.flush();
}

LaneStatus Lane::status() const {
  LaneStatus status;
  status.name = name_;
  const Account<MessageDrop>& decoded = decoder_.messages();
  status.arrivals = undecoded_;
  status.arrivals.in = received_;
  status.arrivals.out = decoded.out;
  status.arrivals.held = decoded.held;
  for (std::size_t i = 0; i < Account<MessageDrop>::kReasons; ++i) {
    status.arrivals.drop(kOfMessageDrop[i], decoded.dropped[i]);
  }
  status.bytes = bytes_;
  status.flows_published = flows_published_;
  status.flows_pending = writer_.pending();
  status.template_memory = decoder_.template_memory();
  status.held_memory = decoder_.held_memory();
  status.totals = decoder_.totals();
  return status;
}

}  // namespace weir
