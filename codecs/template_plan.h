// A template compiled to a plan: what to do with each field of its records, worked out once, so that decoding a record
// is a walk down a flat list.
//
// A record is cut into segments: a stretch of fields of fixed length, ended by one of variable length (the last segment
// may have none). A template of only fixed lengths is a single segment, and all its offsets count from the record.
//
// Thread rules: a TemplatePlan is immutable.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "codecs/decoder.h"
#include "codecs/flow_time.h"
#include "flow/flow.h"

namespace weir {

inline constexpr std::uint16_t kVariableLength = 65535;

// A template as a message states it.
struct TemplateSpec {
  std::uint16_t id = 0;
  bool options = false;  // its records are options data (RFC 7011 §3.4.2.2), not flows
  std::uint16_t scope_fields = 0;
  std::vector<TemplateField> fields;
};

bool same_fields(const TemplateSpec& a, const TemplateSpec& b);

// Where a field's bytes are: `offset` from its segment's start; a width of kVariableLength is what ends the segment.
struct FieldPlace {
  std::uint16_t segment = 0;
  std::uint16_t offset = 0;
  std::uint16_t width = 0;
};

enum class Op : std::uint8_t {
  kCopy8,   // one byte to one
  kSwap16,  // integers of the member's own width
  kSwap32,
  kSwap64,
  kWiden8to16,
  kWiden16to32,
  kWiden32to64,
  kUnsigned,  // any width to any width, kept only when it fits
  kMac,
  kAddress4,
  kAddress16,
  kAddress,  // by the width that the record tells
  kTime32,   // of the width that clocks have
  kTime64,
  kTime,
  kIcmpTypeCode,  // IEs 32, 139: type * 256 + code
  kMplsLabel,
  kAddressList,
  kUnsignedList,
};

constexpr bool is_time(Op op) { return op == Op::kTime32 || op == Op::kTime64 || op == Op::kTime; }

struct Step {
  Op op;
  FieldId field;
  TimeForm form;         // kTime…
  bool cold;             // of FlowCold, else of Flow
  std::uint16_t member;  // offset in its struct
  std::uint16_t family;  // offset of the Family member, kAddress…
  std::uint8_t member_width;
  FieldPlace place;
};

// An element that becomes an extra.
struct ExtraStep {
  enum class When : std::uint8_t {
    kAlways,
    kTooLarge,  // its integer does not fit the member of `field`
    kUnset,     // nothing gave `field` a value
  };
  TemplateField element;
  FieldPlace place;
  When when = When::kAlways;
  FieldId field = FieldId::kCount;
  bool structured = false;  // to be rendered (RFC 6313)
};

struct ElementPlace {
  TemplateField element;
  FieldPlace place;
};

// A field of an options record.
struct OptionPlace {
  TemplateField element;
  FieldPlace place;
  bool scope = false;
};

struct PlanSegment {
  std::uint32_t fixed = 0;  // bytes before the field of variable length
  bool ends_variable = false;
};

// Of an options template only the segments and `options` are filled; of a data template all but those.
struct TemplatePlan {
  std::vector<PlanSegment> segments;
  std::vector<OptionPlace> options;
  std::uint32_t min_record = 0;  // bytes; the length of every record when not `variable`
  bool variable = false;
  bool has_cold = false;
  bool has_reverse = false;
  bool has_icmp = false;              // an element says the ICMP type
  bool has_structured = false;        // an extra is structured data
  std::uint64_t present[2] = {0, 0};  // fields that every record has
  std::vector<Step> steps;            // the best element of each field
  std::vector<Step> alternates;       // the others, best first: used where those before gave nothing
  std::vector<Step> lists;            // elements that together make a list, those of one field side by side
  std::vector<ExtraStep> extras;      // in record order
  // Where all extras are of the kind When::kUnset: the fields that must be set for a record to have none.
  bool only_unset_extras = true;
  std::uint64_t unset_fields[2] = {0, 0};
  std::vector<ElementPlace> sampling;  // elements that tell a rate or whose rate applies
  std::vector<ElementPlace> frames;    // packet sections (IEs 104, 313 to 315)
  std::optional<FieldPlace> boot;      // systemInitTimeMilliseconds
  std::optional<FieldPlace> ip_version;
  std::optional<FieldPlace> exporter4;  // exporterIPv4Address, exporterIPv6Address
  std::optional<FieldPlace> exporter6;
  std::uint32_t list_bytes = 0;  // arena that lists may take
};

// Nothing when no record of the template could be told from no record: all its fields are of length zero.
std::optional<TemplatePlan> compile_template(const TemplateSpec& spec);

// The place of the field behind one at `place`, but for its width.
FieldPlace next_place(FieldPlace place);

// The memory a plan takes, about.
std::size_t memory_of(const TemplatePlan& plan);

}  // namespace weir
