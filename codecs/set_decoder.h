// Decoding the sets of NetFlow v9 and IPFIX messages: templates into the table, options data into its tables, data into
// flows; data without a template waits, and may in time borrow one. Keeps each exporter's account of sets.
//
// Thread rules: owned by one decoder.
#pragma once

#include "codecs/exporter_table.h"
#include "codecs/flow_builder.h"

namespace weir {

// What the sets of a message held, for its sequence number: `least` records are certain, there may be up to `most`.
struct RecordCount {
  std::uint32_t least = 0;
  std::uint32_t most = 0;
  std::uint32_t templates = 0;
};

class SetDecoder {
 public:
  SetDecoder(const Decoder::Limits& limits, ExporterTable& table) : limits_(limits), table_(table) {}

  // The sets of one message, one after the other. Sets out's origin.
  RecordCount decode_sets(Domain& domain, Bytes sets, const MessageContext& context, BatchWriter& out);

  // Ages held sets, and lets those borrow that waited long enough.
  void tick(std::uint64_t now_ns, BatchWriter& out);
  // Lets all borrow that can.
  void finish(std::uint64_t now_ns, BatchWriter& out);

 private:
  void template_set(Domain& domain, Bytes set, bool options, std::uint64_t now_ns, RecordCount& count);
  SetDrop add_template(Domain& domain, const TemplateSpec& spec, std::uint64_t now_ns);
  void data_set(Domain& domain, std::uint16_t id, Bytes set, const MessageContext& context, BatchWriter& out,
                RecordCount& count);
  void hold(Domain& domain, std::uint16_t id, Bytes set, const MessageContext& context);
  Template* usable_template(Domain& domain, std::uint16_t id, std::uint64_t now_ns);
  // The records of a set; false when it ends in something that is none.
  bool decode_records(const Template& used, Domain& domain, Bytes set, const MessageContext& context, BatchWriter& out,
                      std::uint32_t& records);
  // `told` is where sampling and names for it stand.
  void decode_record(const Template& used, Domain& domain, const Domain& told, const SegmentPlace* places,
                     const MessageContext& context, BatchWriter& out);
  // The origin of the records that follow, those of a trusted session by the exporter that they name.
  void begin(const Domain& domain, const MessageContext& context, BatchWriter& out);
  void name_exporter(const Template& used, const Domain& domain, const SegmentPlace* places,
                     const MessageContext& context, BatchWriter& out);
  static const Domain& tables_for(const Template& used, const Domain& domain);
  void account(Domain& domain, bool good);
  // Decodes the sets that wait for a template, if it has come or is lent.
  void decode_held(Domain& domain, std::uint16_t id, std::uint64_t now_ns, BatchWriter& out);
  void borrow_for(Domain& domain, std::uint64_t now_ns, BatchWriter& out);

  const Decoder::Limits& limits_;
  ExporterTable& table_;
  FlowBuilder builder_;
  std::vector<SegmentPlace> places_;
  std::vector<std::uint16_t> arrived_;  // templates of this message that held sets wait for
  std::size_t effort_ = 0;              // left for the search for lenders
  IpAddress exporter_;                  // of the origin that was set last
};

void set_origin(const Domain& domain, const MessageContext& context, BatchWriter& out);

}  // namespace weir
