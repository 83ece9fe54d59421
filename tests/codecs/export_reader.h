// A plain reader of export messages for tests, written from the RFCs and sharing nothing with weir's codecs: every
// length must be right to the byte, or it throws.
#pragma once

#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"

namespace weir::testing_reader {

struct ExportRecord {
  std::uint16_t template_id = 0;
  bool options = false;
  std::map<std::uint16_t, std::vector<std::uint8_t>> fields;  // by element; v9 scopes by 0x8000 + scope type

  std::uint64_t number(std::uint16_t id) const {
    std::uint64_t value = 0;
    for (const std::uint8_t byte : fields.at(id)) value = value << 8 | byte;
    return value;
  }
  bool operator==(const ExportRecord&) const = default;
};

struct ExportMessage {
  std::uint16_t version = 0;
  std::uint16_t count = 0;   // as the header says; v5, v9
  std::uint32_t uptime = 0;  // v5, v9
  std::uint32_t seconds = 0;
  std::uint32_t nanoseconds = 0;  // v5
  std::uint32_t sequence = 0;
  std::uint32_t source = 0;    // v5: engine type and id
  std::uint16_t sampling = 0;  // v5
  std::size_t templates = 0;
  std::vector<ExportRecord> records;
};

class ExportReader {
 public:
  ExportMessage read(Bytes bytes) {
    ByteReader in(bytes);
    ExportMessage m;
    m.version = in.u16();
    switch (m.version) {
      case 5: read_v5(in, m); break;
      case 9: read_v9(in, m); break;
      case 10: read_ipfix(in, m, bytes.size()); break;
      default: throw std::runtime_error("version " + std::to_string(m.version));
    }
    require(!in.failed() && in.remaining() == 0, "message length");
    return m;
  }

 private:
  struct Template {
    std::vector<std::pair<std::uint16_t, std::uint16_t>> fields;
    bool options = false;
  };

  static void require(bool ok, const char* what) {
    if (!ok) throw std::runtime_error(what);
  }

  // Fields of a v5 record, under the numbers that the same things have in v9.
  static void read_v5(ByteReader& in, ExportMessage& m) {
    static constexpr std::pair<std::uint16_t, std::uint16_t> kFields[] = {
        {8, 4},  {12, 4}, {15, 4}, {10, 2}, {14, 2}, {2, 4},  {1, 4},  {22, 4}, {21, 4}, {7, 2},
        {11, 2}, {0, 1},  {6, 1},  {4, 1},  {5, 1},  {16, 2}, {17, 2}, {9, 1},  {13, 1}, {0, 2}};
    m.count = in.u16();
    m.uptime = in.u32();
    m.seconds = in.u32();
    m.nanoseconds = in.u32();
    m.sequence = in.u32();
    m.source = in.u16();
    m.sampling = in.u16();
    require(m.count >= 1 && m.count <= 30, "v5 count");
    for (int i = 0; i < m.count; ++i) {
      ExportRecord& record = m.records.emplace_back();
      for (const auto& [id, length] : kFields) {
        const Bytes value = in.bytes(length);
        if (id != 0) record.fields[id].assign(value.begin(), value.end());
      }
    }
  }

  void read_v9(ByteReader& in, ExportMessage& m) {
    m.count = in.u16();
    m.uptime = in.u32();
    m.seconds = in.u32();
    m.sequence = in.u32();
    m.source = in.u32();
    while (in.remaining() > 0) {
      const std::uint16_t id = in.u16();
      const std::uint16_t length = in.u16();
      require(length >= 4 && length % 4 == 0, "FlowSet length");
      ByteReader set(in.bytes(length - 4U));
      require(!in.failed(), "FlowSet beyond message");
      read_set(set, id, 0, 1, m);
    }
    require(m.count == m.templates + m.records.size(), "v9 count");
  }

  void read_ipfix(ByteReader& in, ExportMessage& m, std::size_t size) {
    require(in.u16() == size, "IPFIX length");
    m.seconds = in.u32();
    m.sequence = in.u32();
    m.source = in.u32();
    while (in.remaining() > 0) {
      const std::uint16_t id = in.u16();
      const std::uint16_t length = in.u16();
      require(length > 4, "empty set");
      ByteReader set(in.bytes(length - 4U));
      require(!in.failed(), "set beyond message");
      read_set(set, id, 2, 3, m);
    }
  }

  void read_set(ByteReader& set, std::uint16_t id, std::uint16_t template_set, std::uint16_t options_set,
                ExportMessage& m) {
    if (id == template_set || id == options_set) {
      while (set.remaining() > 3) read_template(set, id == options_set, m);
    } else {
      require(templates_.contains(id), "data before its template");
      const Template& layout = templates_.at(id);
      std::size_t length = 0;
      for (const auto& field : layout.fields) length += field.second;
      require(set.remaining() >= length, "set without a record");
      while (set.remaining() >= length) {
        ExportRecord& record = m.records.emplace_back(ExportRecord{id, layout.options, {}});
        for (const auto& [element, width] : layout.fields) {
          const Bytes value = set.bytes(width);
          record.fields[element].assign(value.begin(), value.end());
        }
      }
    }
    require(set.remaining() <= 3, "more padding than needed");
    while (set.remaining() > 0) require(set.u8() == 0, "padding");
    require(!set.failed(), "set length");
  }

  void read_template(ByteReader& set, bool options, ExportMessage& m) {
    const std::uint16_t id = set.u16();
    std::size_t scopes = 0, count = 0;
    if (options && m.version == 9) {
      scopes = set.u16() / 4U;
      count = scopes + set.u16() / 4U;
    } else {
      count = set.u16();
      if (options) scopes = set.u16();
    }
    require(id >= 256 && count > scopes && (!options || scopes > 0), "template");
    Template layout{{}, options};
    for (std::size_t i = 0; i < count; ++i) {
      std::uint16_t element = set.u16();
      if (m.version == 9 && i < scopes) element |= 0x8000;
      layout.fields.emplace_back(element, set.u16());
      require(layout.fields.back().second != 0, "field length");
    }
    require(!set.failed(), "template beyond its set");
    const auto [it, added] = templates_.emplace(id, layout);
    require(added || it->second.fields == layout.fields, "template changed");
    ++m.templates;
  }

  std::map<std::uint16_t, Template> templates_;
};

}  // namespace weir::testing_reader
