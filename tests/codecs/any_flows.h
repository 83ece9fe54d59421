// Flows with any combination of fields, made from bytes, and what must be left of them after encoding and decoding.
// The property test feeds it random bytes, the fuzz target its input.
#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "codecs/encoder.h"
#include "flow/batch.h"

namespace weir::any_flows {

inline constexpr std::uint64_t kNow = 1'700'000'000'123'456'789;

// Batches of flows, from `data` until it ends, of one exporter.
std::vector<BatchRef> make(Bytes data);

// Encoder options of any kind that the protocol has.
EncoderOptions make_options(ExportProtocol protocol, Bytes data);

// A record as text: field name or "extra <enterprise>:<element>" to values; zero, empty and absent are the same. Extras
// are in the numbers and lengths that `protocol` can tell.
using Record = std::multiset<std::pair<std::string, std::string>>;
std::string to_text(const Record& record);

// What decoding must give for `flow`, in order; nothing when the protocol refuses it.
std::vector<Record> expected(const EncoderOptions& options, const FlowBatch& batch, const Flow& flow);

// What it gave.
Record decoded(ExportProtocol protocol, const FlowBatch& batch, const Flow& flow);

// Encodes all flows, decodes the messages, and compares. Returns what is wrong, empty when nothing is. Extras and lists
// are not compared when the encoder counted some as too large for its messages.
std::string round_trip(const EncoderOptions& options, const std::vector<BatchRef>& batches);

}  // namespace weir::any_flows
