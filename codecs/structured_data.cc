#include "codecs/structured_data.h"

#include <unordered_map>

#include "codecs/element_json.h"
#include "codecs/record.h"

namespace weir {
namespace {

constexpr unsigned kMaxDepth = 4;

bool is_structured(ElementType type) {
  return type == ElementType::kBasicList || type == ElementType::kSubTemplateList ||
         type == ElementType::kSubTemplateMultiList;
}

std::string_view semantic_name(std::uint8_t semantic) {
  switch (semantic) {
    case 0: return "noneOf";
    case 1: return "exactlyOneOf";
    case 2: return "oneOrMoreOf";
    case 3: return "allOf";
    case 4: return "ordered";
    default: return "undefined";
  }
}

class Renderer {
 public:
  explicit Renderer(const TemplateLookup& lookup) : lookup_(lookup) {}

  bool structure(ElementType type, Bytes value, unsigned depth) {
    if (depth > kMaxDepth || out_.size() > kMaxRendered) return false;
    ByteReader reader(value);
    const std::uint8_t semantic = reader.u8();
    out_ += "{\"semantic\":\"";
    out_ += semantic_name(semantic);
    out_ += "\",";
    bool good = false;
    switch (type) {
      case ElementType::kBasicList: good = basic_list(reader, depth); break;
      case ElementType::kSubTemplateList: good = sub_template_list(reader, depth); break;
      default: good = multi_list(reader, depth);
    }
    out_ += '}';
    return good && !reader.failed() && out_.size() <= kMaxRendered;
  }

  std::string take() { return std::move(out_); }

 private:
  static TemplateField read_field(ByteReader& reader) {
    TemplateField field{0, reader.u16(), 0};
    field.length = reader.u16();
    if ((field.id & 0x8000) != 0) {
      field.id &= 0x7fff;
      field.enterprise = reader.u32();
    }
    return field;
  }

  bool basic_list(ByteReader& reader, unsigned depth) {
    const TemplateField field = read_field(reader);
    if (reader.failed() || field.length == 0) return false;
    put_name(name_of(field));
    out_ += '[';
    bool first = true;
    while (reader.remaining() > 0) {
      std::size_t length = field.length;
      if (field.length == kVariableLength) {
        length = reader.u8();
        if (length == 255) length = reader.u16();
      }
      const Bytes item = reader.bytes(length);
      if (reader.failed() || out_.size() > kMaxRendered) return false;
      if (!first) out_ += ',';
      first = false;
      if (!value(field, item, depth)) return false;
    }
    out_ += ']';
    return true;
  }

  bool sub_template_list(ByteReader& reader, unsigned depth) {
    const std::uint16_t id = reader.u16();
    const Bytes content = reader.bytes(reader.remaining());
    out_ += "\"records\":[";
    bool first = true;
    if (!records(id, content, depth, first)) return false;
    out_ += ']';
    return true;
  }

  bool multi_list(ByteReader& reader, unsigned depth) {
    out_ += "\"records\":[";
    bool first = true;
    while (reader.remaining() > 0) {
      const std::uint16_t id = reader.u16();
      const std::uint16_t length = reader.u16();  // its own header included
      if (length < 4) return false;
      const Bytes content = reader.bytes(length - 4U);
      if (reader.failed() || !records(id, content, depth, first)) return false;
    }
    out_ += ']';
    return true;
  }

  bool records(std::uint16_t id, Bytes content, unsigned depth, bool& first) {
    if (content.empty()) return true;
    const SubTemplate known = lookup_(id);
    if (known.spec == nullptr) return false;
    std::vector<SegmentPlace> places;
    while (content.size() >= known.plan->min_record) {
      const auto length = locate_record(known.plan->segments, content, places);
      if (!length) return false;
      if (!first) out_ += ',';
      first = false;
      if (!record(*known.spec, places.data(), depth)) return false;
      content = content.subspan(*length);
    }
    return true;
  }

  bool record(const TemplateSpec& spec, const SegmentPlace* places, unsigned depth) {
    out_ += '{';
    bool first = true;
    FieldPlace place;
    std::unordered_map<std::string, unsigned> seen;
    for (const TemplateField& field : spec.fields) {
      place.width = field.length;
      const bool padding = field.enterprise == 0 && field.id == 210;
      if (field.length != 0 && !padding) {
        if (!first) out_ += ',';
        first = false;
        const std::string name = name_of(field);
        const unsigned number = ++seen[name];
        put_name(number == 1 ? name : name + '_' + std::to_string(number));
        if (!value(field, field_bytes(places, place), depth) || out_.size() > kMaxRendered) return false;
      }
      place = next_place(place);
    }
    out_ += '}';
    return true;
  }

  static std::string name_of(const TemplateField& field) {
    if (const ElementInfo* info = find_element(field.enterprise, field.id)) return std::string(info->name);
    return 'e' + std::to_string(field.enterprise) + '_' + std::to_string(field.id);
  }

  void put_name(const std::string& name) {
    out_ += '"';
    out_ += name;
    out_ += "\":";
  }

  bool value(const TemplateField& field, Bytes bytes, unsigned depth) {
    const ElementInfo* const info = find_element(field.enterprise, field.id);
    const ElementType type = info == nullptr ? ElementType::kOctetArray : info->type;
    if (is_structured(type)) return structure(type, bytes, depth + 1);
    out_.resize_and_overwrite(out_.size() + element_room(bytes.size()),
                              [&, had = out_.size()](char* begin, std::size_t) {
                                return static_cast<std::size_t>(write_element(begin + had, type, bytes) - begin);
                              });
    return true;
  }

  const TemplateLookup& lookup_;
  std::string out_;
};

}  // namespace

bool is_structured(const TemplateField& field) {
  const ElementInfo* const info = find_element(field.enterprise, field.id);
  return info != nullptr && is_structured(info->type);
}

std::string render_structured(ElementType type, Bytes value, const TemplateLookup& lookup) {
  Renderer renderer(lookup);
  return renderer.structure(type, value, 0) ? renderer.take() : std::string{};
}

}  // namespace weir
