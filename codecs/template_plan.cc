#include "codecs/template_plan.h"

#include <algorithm>
#include <array>

#include "codecs/element_map.h"
#include "codecs/registry.h"
#include "codecs/structured_data.h"

namespace weir {
namespace {

constexpr std::uint16_t kPaddingOctets = 210;
constexpr std::size_t kMaxList = 64;  // elements of one template that make a list

bool is_one_of(std::uint16_t id, std::initializer_list<std::uint16_t> ids) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

bool is_sampling(const TemplateField& f) {
  return f.enterprise == 0 && is_one_of(f.id, {34, 48, 50, 302, 305, 306, 307, 308, 309, 310, 311});
}

bool is_frame(const TemplateField& f) { return f.enterprise == 0 && is_one_of(f.id, {104, 313, 314, 315}); }

bool is_icmp_type_code(const TemplateField& f) { return f.enterprise == 0 && is_one_of(f.id, {32, 139}); }

Op unsigned_op(std::uint16_t width, std::uint16_t member_width) {
  switch (width << 8 | member_width) {
    case 0x0101: return Op::kCopy8;
    case 0x0202: return Op::kSwap16;
    case 0x0404: return Op::kSwap32;
    case 0x0808: return Op::kSwap64;
    case 0x0102: return Op::kWiden8to16;
    case 0x0204: return Op::kWiden16to32;
    case 0x0408: return Op::kWiden32to64;
    default: return Op::kUnsigned;
  }
}

// The operation for an element of this width, or nothing when it cannot fill the field.
std::optional<Op> operation(const FieldInfo& field, const TemplateField& element) {
  const bool variable = element.length == kVariableLength;
  switch (field.type) {
    case FieldType::kTimeNs:
      if (element.length == 4) return Op::kTime32;
      if (element.length == 8) return Op::kTime64;
      return element.length < 8 || variable ? std::optional(Op::kTime) : std::nullopt;
    case FieldType::kAddress:
      if (variable) return Op::kAddress;
      if (element.length == 4) return Op::kAddress4;
      return element.length == 16 ? std::optional(Op::kAddress16) : std::nullopt;
    case FieldType::kMac: return element.length == 6 ? std::optional(Op::kMac) : std::nullopt;
    case FieldType::kUnsignedList:
      if (field.id == FieldId::mpls_label)
        return element.length == 3 || element.length == 4 ? std::optional(Op::kMplsLabel) : std::nullopt;
      return element.length <= 4 ? std::optional(Op::kUnsignedList) : std::nullopt;
    case FieldType::kAddressList:
      return element.length == 4 || element.length == 16 ? std::optional(Op::kAddressList) : std::nullopt;
    case FieldType::kText:
    case FieldType::kFlowType: return std::nullopt;
    default: return unsigned_op(element.length, field.width);
  }
}

bool is_list(Op op) { return op == Op::kMplsLabel || op == Op::kAddressList || op == Op::kUnsignedList; }

// Every record that has the field has a value for it, so its presence needs no thought later.
bool always_sets(Op op) {
  switch (op) {
    case Op::kCopy8:
    case Op::kSwap16:
    case Op::kSwap32:
    case Op::kSwap64:
    case Op::kWiden8to16:
    case Op::kWiden16to32:
    case Op::kWiden32to64:
    case Op::kMac:
    case Op::kAddress4:
    case Op::kAddress16: return true;
    default: return false;
  }
}

// Places in record order. No two fields with a length have the same.
std::uint32_t order(FieldPlace place) { return std::uint32_t{place.segment} << 16 | place.offset; }

class Compiler {
 public:
  explicit Compiler(const TemplateSpec& spec) : spec_(spec) {}

  TemplatePlan compile() {
    cut_segments();
    FieldPlace place;
    for (std::size_t i = 0; i < spec_.fields.size(); ++i) {
      place.width = spec_.fields[i].length;
      if (!spec_.options) {
        take({spec_.fields[i], place});
      } else if (place.width != 0) {
        plan_.options.push_back({spec_.fields[i], place, i < spec_.scope_fields});
      }
      place = next_place(place);
    }
    choose();
    std::sort(plan_.extras.begin(), plan_.extras.end(),
              [](const ExtraStep& a, const ExtraStep& b) { return order(a.place) < order(b.place); });
    return std::move(plan_);
  }

 private:
  struct Candidate {
    std::uint8_t rank;
    Step step;
    TemplateField element;
  };

  void cut_segments() {
    plan_.segments.emplace_back();
    for (const TemplateField& field : spec_.fields) {
      if (field.length == kVariableLength) {
        plan_.variable = true;
        plan_.segments.back().ends_variable = true;
        plan_.segments.emplace_back();
        plan_.min_record += 1;
      } else {
        plan_.segments.back().fixed += field.length;
        plan_.min_record += field.length;
      }
    }
    if (spec_.fields.back().length == kVariableLength) plan_.segments.pop_back();  // nothing follows it
  }

  void take(const ElementPlace& field) {
    const TemplateField& element = field.element;
    if (element.length == 0 || (element.enterprise == 0 && element.id == kPaddingOctets)) return;
    take_notes(field);
    if (is_icmp_type_code(element) && element.length <= 8) {
      plan_.has_icmp = true;
      plan_.alternates.push_back(step(Op::kIcmpTypeCode, FieldId::icmp_type, field));
      return;
    }
    const auto target = element_target(element.enterprise, element.id);
    const auto op = target ? operation(field_info(target->field), element) : std::nullopt;
    if (!op || target->field == FieldId::sampling_rate) {
      if (!target || target->field != FieldId::sampling_rate) add_extra(field);
      return;
    }
    // Repeated and alternative addresses rank in record order, outermost header first (RFC 7011 §8).
    const bool by_order = field_info(target->field).type == FieldType::kAddress && target->rank < 9;
    const auto rank = by_order ? std::uint8_t{0} : target->rank;
    Step made = step(*op, target->field, field);
    if (is_time(*op)) made.form = *time_form(element.id);
    candidates_[static_cast<std::size_t>(target->field)].push_back({rank, made, element});
  }

  void take_notes(const ElementPlace& field) {
    const TemplateField& element = field.element;
    if (is_sampling(element)) plan_.sampling.push_back(field);
    if (is_frame(element)) plan_.frames.push_back(field);
    if (element.enterprise == 0 && element.id == 160 && element.length == 8) plan_.boot = field.place;
    if (element.enterprise == 0 && element.id == 60 && element.length == 1) plan_.ip_version = field.place;
    if (element.enterprise == 0 && element.id == 130 && element.length == 4) plan_.exporter4 = field.place;
    if (element.enterprise == 0 && element.id == 131 && element.length == 16) plan_.exporter6 = field.place;
  }

  static Step step(Op op, FieldId id, const ElementPlace& field) {
    const FieldInfo& info = field_info(id);
    return {op,
            id,
            TimeForm::kSeconds,
            info.home == FieldHome::kFlowCold,
            info.offset,
            info.family_offset,
            static_cast<std::uint8_t>(info.width),
            field.place};
  }

  void add_extra(const ElementPlace& field, ExtraStep::When when = ExtraStep::When::kAlways,
                 FieldId id = FieldId::kCount) {
    plan_.only_unset_extras &= when == ExtraStep::When::kUnset;
    if (when == ExtraStep::When::kUnset) mark(plan_.unset_fields, id);
    const bool structured = is_structured(field.element);
    plan_.extras.push_back({field.element, field.place, when, id, structured});
    plan_.has_structured |= structured;
  }

  // The best candidate of each field becomes its step; what it cannot hold, and the rest, are extras too.
  void choose() {
    for (auto& candidates : candidates_) {
      if (candidates.empty()) continue;
      std::sort(candidates.begin(), candidates.end(), [](const Candidate& a, const Candidate& b) {
        return std::pair(a.rank, order(a.step.place)) < std::pair(b.rank, order(b.step.place));
      });
      if (is_list(candidates.front().step.op)) {
        take_list(candidates);
      } else {
        take_first(candidates);
      }
      note_field(candidates.front().step);
    }
  }

  void take_list(const std::vector<Candidate>& candidates) {
    const std::size_t count = std::min(candidates.size(), kMaxList);
    for (std::size_t i = 0; i < count; ++i) plan_.lists.push_back(candidates[i].step);
    for (std::size_t i = count; i < candidates.size(); ++i)
      add_extra({candidates[i].element, candidates[i].step.place});
    plan_.list_bytes += static_cast<std::uint32_t>((count * sizeof(IpAddress) + 7) & ~std::size_t{7});
  }

  void take_first(const std::vector<Candidate>& candidates) {
    const Candidate& best = candidates.front();
    plan_.steps.push_back(best.step);
    const bool sure = always_sets(best.step.op);
    if (sure) mark(plan_.present, best.step.field);
    const ElementPlace best_field{best.element, best.step.place};
    if (best.step.op == Op::kUnsigned) add_extra(best_field, ExtraStep::When::kTooLarge, best.step.field);
    if (is_time(best.step.op) || best.step.op == Op::kAddress)
      add_extra(best_field, ExtraStep::When::kUnset, best.step.field);
    for (std::size_t i = 1; i < candidates.size(); ++i) {
      if (!sure || zero_is_absent(best.step.field)) plan_.alternates.push_back(candidates[i].step);
      add_extra({candidates[i].element, candidates[i].step.place});
    }
  }

  void note_field(const Step& best) {
    const FieldInfo& info = field_info(best.field);
    plan_.has_cold |= info.home == FieldHome::kFlowCold;
    plan_.has_reverse |= info.group == FieldGroup::kReverse;
    plan_.has_icmp |= best.field == FieldId::icmp_type;
  }

  static void mark(std::uint64_t (&fields)[2], FieldId id) {
    const auto n = static_cast<unsigned>(id);
    fields[n >> 6] |= std::uint64_t{1} << (n & 63);
  }

  const TemplateSpec& spec_;
  TemplatePlan plan_;
  std::array<std::vector<Candidate>, kFieldCount> candidates_;
};

}  // namespace

bool same_fields(const TemplateSpec& a, const TemplateSpec& b) {
  return a.options == b.options && a.scope_fields == b.scope_fields &&
         std::equal(a.fields.begin(), a.fields.end(), b.fields.begin(), b.fields.end(),
                    [](const TemplateField& x, const TemplateField& y) {
                      return x.enterprise == y.enterprise && x.id == y.id && x.length == y.length;
                    });
}

FieldPlace next_place(FieldPlace place) {
  if (place.width == kVariableLength) return {static_cast<std::uint16_t>(place.segment + 1), 0, 0};
  return {place.segment, static_cast<std::uint16_t>(place.offset + place.width), 0};
}

std::optional<TemplatePlan> compile_template(const TemplateSpec& spec) {
  std::uint64_t fixed = 0;
  for (const TemplateField& field : spec.fields) fixed += field.length == kVariableLength ? 1 : field.length;
  if (fixed == 0 || fixed > 65535) return std::nullopt;  // no set could hold a record
  return Compiler(spec).compile();
}

std::size_t memory_of(const TemplatePlan& plan) {
  return sizeof(plan) + plan.segments.capacity() * sizeof(PlanSegment) +
         (plan.steps.capacity() + plan.alternates.capacity() + plan.lists.capacity()) * sizeof(Step) +
         plan.extras.capacity() * sizeof(ExtraStep) +
         (plan.sampling.capacity() + plan.frames.capacity()) * sizeof(ElementPlace) +
         plan.options.capacity() * sizeof(OptionPlace);
}

}  // namespace weir
