// Adds to the flows of a batch what is known of their addresses: a Place for each end, and AS numbers that the exporter
// did not give. It is the Seal of a BatchWriter (flow/batch.h).
//
// Places are remembered by address, and by what the address was found under, so that most addresses cost one look into
// a table and a place is put together once for all addresses that share it.
//
// Thread rules: one thread at a time; several enrichers may share an Enrichment. A batch is enriched by what is known
// when it is sealed, whole.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "enrich/enrichment.h"
#include "flow/batch.h"

namespace weir {

class Enricher {
 public:
  explicit Enricher(std::shared_ptr<Enrichment> enrichment);

  // REQUIRES a batch that is not published yet and has not been enriched.
  void enrich(FlowBatch& batch);

 private:
  static constexpr std::size_t kStretch = 64;  // flows looked up together
  static constexpr unsigned kSlotBits = 17;
  static constexpr std::size_t kMostPlaces = 1 << 16;

  // An address and its place; a free slot has no family.
  struct Slot {
    AddressBytes address;
    std::uint32_t place;
    Family family;
  };
  // Of a place what every flow needs.
  struct Known {
    PlaceDraft::Fields fields;
    std::uint32_t as_number;
    std::uint32_t batch;   // the last one that it was put into,
    std::uint16_t number;  // and as what; 0: there was no room
  };
  struct Content {
    Place place;
    std::string texts;
  };
  struct FindingsHash {
    std::size_t operator()(const Knowledge::Findings& findings) const;
  };

  void forget();
  void enrich(FlowBatch& batch, std::span<Flow> flows);
  Slot& slot_of(const AddressBytes& address, Family family);
  std::uint32_t place_of(const AddressBytes& address, Family family, Slot& slot);
  std::uint32_t look_up(const AddressBytes& address, Family family);
  std::uint16_t number_in(FlowBatch& batch, std::uint32_t place);
  void add_ends(FlowBatch& batch, Flow& flow, std::uint32_t src, std::uint32_t dst);
  void set_as(Flow& flow, FieldId field, std::uint32_t& as, std::uint32_t known) const;

  const std::shared_ptr<Enrichment> enrichment_;
  const AsnSource asn_source_;
  std::uint64_t version_ = 0;
  std::shared_ptr<const Knowledge> knowledge_;
  std::uint32_t batch_ = 0;  // counts batches
  std::vector<Slot> slots_;
  std::vector<Known> known_;       // by number of a place; 0: nothing is known
  std::vector<Content> contents_;  // likewise
  std::unordered_map<Knowledge::Findings, std::uint32_t, FindingsHash> by_findings_;
  std::uint64_t lookups_ = 0;  // in this batch
  std::uint64_t dropped_ = 0;
};

// Every writer needs a Seal of its own; an empty one where `enrichment` is null.
BatchWriter::Seal seal_of(const std::shared_ptr<Enrichment>& enrichment);

}  // namespace weir
