#include "store/row_appender.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "base/clock.h"
#include "store/extras_coding.h"

namespace weir {
namespace {

constexpr std::uint64_t kMaxOffNs = 3600 * kNsPerSecond;

// Flows are taken in stretches that fit the nearest cache, column by column.
constexpr std::size_t kStretch = 64;

// Flows one after the other that share an origin.
struct OriginRun {
  const Origin* origin;
  std::size_t count;
};

// A few flows of a batch, and where their fields stand.
struct Stretch {
  const FlowBatch& batch;
  std::span<const Flow> flows;
  std::array<OriginRun, kStretch> runs;
  std::size_t run_count = 0;

  Stretch(const FlowBatch& of, std::span<const Flow> some) : batch(of), flows(some) {
    std::uint32_t last = 0;
    for (const Flow& flow : flows) {
      if (flow.origin != last) runs[run_count++] = {&batch.origin(flow), 0};
      last = flow.origin;
      ++runs[run_count - 1].count;
    }
  }
  std::span<const OriginRun> origins() const { return {runs.data(), run_count}; }

  // REQUIRES a home that is not Origin or Flow.
  const std::uint8_t* home(const Flow& flow, FieldHome home) const {
    if (home == FieldHome::kFlowCold) {
      static constexpr FlowCold kNoCold{};
      return reinterpret_cast<const std::uint8_t*>(flow.cold == 0 ? &kNoCold : &batch.cold(flow));
    }
    static constexpr Place kNoPlace{};
    const std::uint16_t place = home == FieldHome::kSrcPlace ? flow.src_place : flow.dst_place;
    return reinterpret_cast<const std::uint8_t*>(place == 0 ? &kNoPlace : &batch.place(place));
  }
};

template <typename T>
T load(const std::uint8_t* p) {
  T v;
  std::memcpy(&v, p, sizeof v);
  return v;
}

// Calls out(i, pointer to the member) for each flow. REQUIRES a field that is not of the origin.
template <typename Out>
void for_each_member(const Stretch& stretch, const FieldInfo& field, Out out) {
  if (field.home == FieldHome::kFlow) {
    const auto* p = reinterpret_cast<const std::uint8_t*>(stretch.flows.data()) + field.offset;
    for (std::size_t i = 0; i < stretch.flows.size(); ++i, p += sizeof(Flow)) out(i, p);
    return;
  }
  for (std::size_t i = 0; i < stretch.flows.size(); ++i) {
    out(i, stretch.home(stretch.flows[i], field.home) + field.offset);
  }
}

template <typename Member, typename T>
void copy_numbers(const Stretch& stretch, const FieldInfo& field, T* out) {
  for_each_member(stretch, field, [&](std::size_t i, const std::uint8_t* p) { out[i] = load<Member>(p); });
}

void copy_macs(const Stretch& stretch, const FieldInfo& field, std::uint64_t* out) {
  for_each_member(stretch, field, [&](std::size_t i, const std::uint8_t* p) {
    out[i] = std::uint64_t{load_be32(p)} << 16 | load_be16(p + 4);
  });
}

void copy_addresses(const Stretch& stretch, const FieldInfo& field, AddressTable& table, std::uint32_t* out) {
  std::array<AddressTable::Asked, kStretch> asked;
  const std::ptrdiff_t family = field.family_offset - field.offset;
  // Member by member: copied as one, an entry would wait for its parts to be stored.
  for_each_member(stretch, field, [&](std::size_t i, const std::uint8_t* p) {
    asked[i].bytes = p;
    asked[i].family = static_cast<Family>(p[family]);
  });
  table.codes({asked.data(), stretch.flows.size()}, out);
}

// Codes of texts that flows of a batch share, by their place in it.
class SharedTexts {
 public:
  std::uint32_t code(FieldId field, const FlowBatch& batch, Slice slice, BytesTable& table) {
    Entry& entry = entries_[(slice.offset * 0x9e3779b1U + static_cast<std::uint32_t>(field) * 0x85ebca6bU) >> 24];
    if (entry.code == 0 || entry.offset != slice.offset || entry.length != slice.length || entry.field != field) {
      entry = {slice.offset, slice.length, table.code(batch.text(slice)), field};
    }
    return entry.code;
  }

 private:
  static constexpr std::size_t kEntries = 256;
  struct Entry {
    std::uint32_t offset, length, code;  // 0: free
    FieldId field;
  };
  std::array<Entry, kEntries> entries_{};
};

void copy_texts(const Stretch& stretch, const FieldInfo& field, BytesTable& table, SharedTexts& shared,
                std::uint32_t* out) {
  for_each_member(stretch, field, [&](std::size_t i, const std::uint8_t* p) {
    const auto slice = load<Slice>(p);
    // A field that is marked present may have nothing in it: that is a code of its own, other than absent.
    out[i] = stretch.flows[i].has(field.id) ? shared.code(field.id, stretch.batch, slice, table) : 0;
  });
}

void copy_narrow(const Stretch& stretch, const FieldInfo& field, std::uint32_t* out) {
  switch (field.width) {
    case 1: return copy_numbers<std::uint8_t>(stretch, field, out);
    case 2: return copy_numbers<std::uint16_t>(stretch, field, out);
    default: return copy_numbers<std::uint32_t>(stretch, field, out);
  }
}

bool in_masks(const std::uint64_t (&masks)[2], FieldId id) {
  const auto n = static_cast<unsigned>(id);
  return (masks[n >> 6] >> (n & 63) & 1) != 0;
}

// The fields of a batch that some flow of it has, and whether all have it.
struct BatchFields {
  std::uint64_t any[2] = {0, 0};
  std::uint64_t all[2] = {~std::uint64_t{0}, ~std::uint64_t{0}};
  bool extras = false;

  explicit BatchFields(std::span<const Flow> flows) {
    for (const Flow& flow : flows) {
      // The flows lie in the cache of the thread that filled them: all of each is fetched on the way.
      constexpr std::size_t kAhead = 12, kCacheLine = 64;
      const auto* ahead = reinterpret_cast<const std::uint8_t*>(&flow) + kAhead * sizeof(Flow);
      for (std::size_t line = 0; line < sizeof(Flow); line += kCacheLine) __builtin_prefetch(ahead + line);
      for (int word = 0; word < 2; ++word) {
        any[word] |= flow.present[word];
        all[word] &= flow.present[word];
      }
      extras |= flow.extras != 0;
    }
  }
};

// The codes of the texts of a batch's places: many flows share one, so each text is looked up once.
class PlaceCodes {
 public:
  explicit PlaceCodes(const FlowBatch& batch) : batch_(batch), codes_(batch.places().empty() ? 0 : kFieldCount) {}

  // REQUIRES a field of a place, and a flow that has it.
  std::uint32_t code(const FieldInfo& field, const Flow& flow, BytesTable& table) {
    const std::size_t place = (field.home == FieldHome::kSrcPlace ? flow.src_place : flow.dst_place) - 1U;
    std::vector<std::uint32_t>& codes = codes_[static_cast<std::size_t>(field.id)];
    if (codes.empty()) codes.assign(batch_.places().size(), kUnknown);
    if (codes[place] == kUnknown) {
      const auto* home = reinterpret_cast<const std::uint8_t*>(&batch_.places()[place]);
      codes[place] = table.code(batch_.text(load<Slice>(home + field.offset)));
    }
    return codes[place];
  }

 private:
  static constexpr std::uint32_t kUnknown = UINT32_MAX;
  const FlowBatch& batch_;
  std::vector<std::vector<std::uint32_t>> codes_;  // by field and place
};

class Appender {
 public:
  Appender(RowBuffer::Impl& buffer, const FlowBatch& batch, const BatchFields& fields)
      : buffer_(buffer), batch_(batch), fields_(fields), rows_(buffer.rows), place_codes_(batch) {}

  void append_field(const FieldInfo& field, const Stretch& stretch, std::size_t done);
  void append_origin(const FieldInfo& field, const Stretch& stretch);
  void append_presence(const FieldInfo& field, BufferColumn& column, const Stretch& stretch);
  void append_times(const Stretch& stretch);
  void copy_place_texts(const Stretch& stretch, const FieldInfo& field, BytesTable& table, std::uint32_t* out);
  void append_extras_of(const Stretch& stretch);

 private:
  RowBuffer::Impl& buffer_;
  const FlowBatch& batch_;
  const BatchFields& fields_;
  const std::size_t rows_;  // before this batch
  SharedTexts texts_;
  PlaceCodes place_codes_;
};

void Appender::append_origin(const FieldInfo& field, const Stretch& stretch) {
  BufferColumn& column = buffer_.column(column_of(field.id));
  const ColumnKind kind = column_info(column_of(field.id)).kind;
  column.used = true;
  for (const OriginRun& run : stretch.origins()) {
    const std::uint8_t* member = reinterpret_cast<const std::uint8_t*>(run.origin) + field.offset;
    switch (kind) {
      case ColumnKind::kNarrow: {
        std::uint32_t value = 0;
        std::memcpy(&value, member, field.width);  // little-endian
        column.narrow.fill(run.count, value);
        break;
      }
      case ColumnKind::kWide: column.wide.fill(run.count, load<std::uint64_t>(member)); break;
      case ColumnKind::kAddress: {
        const auto family = static_cast<Family>(member[field.family_offset - field.offset]);
        column.narrow.fill(run.count, buffer_.addresses.code(load<AddressBytes>(member), family));
        break;
      }
      case ColumnKind::kBytes: {
        const auto slice = load<Slice>(member);
        BytesTable& table = *buffer_.texts[static_cast<std::size_t>(field.id)];
        column.narrow.fill(run.count, slice.length == 0 ? 0 : table.code(batch_.text(slice)));
        break;
      }
      case ColumnKind::kExtras: break;
    }
  }
}

void Appender::append_field(const FieldInfo& field, const Stretch& stretch, std::size_t done) {
  BufferColumn& column = buffer_.column(column_of(field.id));
  const ColumnKind kind = column_info(column_of(field.id)).kind;
  const bool everywhere = in_masks(fields_.all, field.id);
  const std::size_t count = stretch.flows.size();
  if (!column.used) column.begin(kind, rows_ + done);
  if (!everywhere) column.begin_presence(rows_ + done);
  if (column.mixed) append_presence(field, column, stretch);

  switch (kind) {
    case ColumnKind::kNarrow: copy_narrow(stretch, field, column.narrow.grow(count)); break;
    case ColumnKind::kWide:
      if (field.type == FieldType::kMac) {
        copy_macs(stretch, field, column.wide.grow(count));
      } else {
        copy_numbers<std::uint64_t>(stretch, field, column.wide.grow(count));
      }
      break;
    case ColumnKind::kAddress: copy_addresses(stretch, field, buffer_.addresses, column.narrow.grow(count)); break;
    case ColumnKind::kBytes: {
      BytesTable& table = *buffer_.texts[static_cast<std::size_t>(field.id)];
      std::uint32_t* const codes = column.narrow.grow(count);
      if (in_place(field.home)) {
        copy_place_texts(stretch, field, table, codes);
      } else {
        copy_texts(stretch, field, table, texts_, codes);
      }
      break;
    }
    case ColumnKind::kExtras: break;
  }
  if (everywhere) return;
  // A member without its mark should be zero; here it is.
  const std::uint8_t* present = column.present.end() - count;
  if (kind == ColumnKind::kWide) {
    std::uint64_t* values = column.wide.end() - count;
    for (std::size_t i = 0; i < count; ++i) values[i] &= -std::uint64_t{present[i]};
  } else {
    std::uint32_t* values = column.narrow.end() - count;
    for (std::size_t i = 0; i < count; ++i) values[i] &= -std::uint32_t{present[i]};
  }
}

void Appender::copy_place_texts(const Stretch& stretch, const FieldInfo& field, BytesTable& table, std::uint32_t* out) {
  for (const Flow& flow : stretch.flows) *out++ = flow.has(field.id) ? place_codes_.code(field, flow, table) : 0;
}

void Appender::append_presence(const FieldInfo& field, BufferColumn& column, const Stretch& stretch) {
  std::uint8_t* out = column.present.grow(stretch.flows.size());
  const auto n = static_cast<unsigned>(field.id);
  for (std::size_t i = 0; i < stretch.flows.size(); ++i) {
    out[i] = static_cast<std::uint8_t>(stretch.flows[i].present[n >> 6] >> (n & 63) & 1);
  }
}

// The time that a row is filed under (kTimeColumn).
void Appender::append_times(const Stretch& stretch) {
  BufferColumn& column = buffer_.column(kTimeColumn);
  column.used = true;
  std::uint64_t* out = column.wide.grow(stretch.flows.size());
  const Flow* flow = stretch.flows.data();
  TimeRange times = buffer_.times;
  std::uint64_t clamped = 0;
  for (const OriginRun& run : stretch.origins()) {
    const std::uint64_t received = run.origin->time_received_ns;
    for (std::size_t i = 0; i < run.count; ++i, ++flow) {
      const std::uint64_t end = flow->time_flow_end_ns;
      const std::uint64_t off = end > received ? end - received : received - end;
      const bool keep = end != 0 && (received == 0 || off <= kMaxOffNs);
      clamped += !keep && end != 0;
      const std::uint64_t time = keep ? end : received;
      times.add({time, time});
      *out++ = time;
    }
  }
  buffer_.times = times;
  buffer_.clamped += clamped;
}

void Appender::append_extras_of(const Stretch& stretch) {
  BufferColumn& column = buffer_.column(kExtrasColumn);
  if (!fields_.extras && !column.used) return;
  if (!column.used) buffer_.extras_ends.fill(buffer_.column(kTimeColumn).wide.size() - stretch.flows.size(), 0);
  column.used = true;
  for (const Flow& flow : stretch.flows) {
    append_extras(batch_, flow, buffer_.extras);
    buffer_.extras_ends.push_back(buffer_.extras.size());
  }
}

}  // namespace

void append_rows(RowBuffer::Impl& b, const FlowBatch& batch, std::span<const std::uint64_t> flows) {
  const std::span<const Flow> all = batch.flows();
  if (all.empty()) return;
  const BatchFields fields(all);
  Appender appender(b, batch, fields);
  for (std::size_t done = 0; done < all.size(); done += kStretch) {
    const Stretch stretch(batch, all.subspan(done, std::min(kStretch, all.size() - done)));
    for (const FieldInfo& field : kFields) {
      if (field.home == FieldHome::kOrigin) {
        appender.append_origin(field, stretch);
      } else if (in_masks(fields.any, field.id)) {
        appender.append_field(field, stretch, done);
      }
    }
    appender.append_times(stretch);
    appender.append_extras_of(stretch);
  }
  for (const FieldInfo& field : kFields) {
    BufferColumn& column = b.column(column_of(field.id));
    if (field.home == FieldHome::kOrigin || in_masks(fields.any, field.id) || !column.used) continue;
    column.append_absent(column_info(column_of(field.id)).kind, b.rows, all.size());
  }
  BufferColumn& counts = b.column(kFlowsColumn);
  if (!flows.empty()) {
    if (!counts.used) counts.begin(ColumnKind::kWide, b.rows);
    if (counts.mixed) counts.present.fill(all.size(), 1);
    counts.wide.append(flows.data(), all.size());
  } else if (counts.used) {
    counts.append_absent(ColumnKind::kWide, b.rows, all.size());
  }
  b.rows += all.size();
}

}  // namespace weir
