#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include "codecs/registry.h"
#include "collector/status.h"
#include "flow/names.h"

namespace weir {
namespace {

using Json = rapidjson::Writer<rapidjson::StringBuffer>;

constexpr std::uint16_t kVariable = 65535;

void text(Json& json, std::string_view value) {
  json.String(value.data(), static_cast<rapidjson::SizeType>(value.size()));
}

std::string_view transport_name(Transport transport) {
  switch (transport) {
    case Transport::kUdp: return "udp";
    case Transport::kTcp: return "tcp";
    case Transport::kTls: return "tls";
    case Transport::kFile: return "file";
  }
  return "";
}

void write_field(Json& json, const TemplateField& field) {
  json.StartObject();
  json.Key("enterprise");
  json.Uint(field.enterprise);
  json.Key("id");
  json.Uint(field.id);
  json.Key("name");
  const ElementInfo* element = find_element(field.enterprise, field.id);
  text(json, element == nullptr ? "" : element->name);
  json.Key("length");
  if (field.length == kVariable) {
    json.String("variable");
  } else {
    json.Uint(field.length);
  }
  json.EndObject();
}

void write_template(Json& json, const TemplateView& one) {
  json.StartObject();
  json.Key("exporter");
  text(json, one.session.remote.to_string());
  json.Key("exporter_port");
  json.Uint(one.session.remote_port);
  json.Key("transport");
  text(json, transport_name(one.session.transport));
  json.Key("observation_domain_id");
  json.Uint(one.observation_domain_id);
  json.Key("type");
  text(json, flow_type_name(one.protocol));
  json.Key("template_id");
  json.Uint(one.template_id);
  json.Key("scope_fields");
  json.Uint(one.scope_fields);
  json.Key("received_ns");
  json.Uint64(one.received_ns);
  json.Key("fields");
  json.StartArray();
  for (const TemplateField& field : one.fields) write_field(json, field);
  json.EndArray();
  json.EndObject();
}

}  // namespace

std::string templates_json(std::span<const TemplateView> templates) {
  rapidjson::StringBuffer out;
  Json json(out);
  json.StartArray();
  for (const TemplateView& one : templates) write_template(json, one);
  json.EndArray();
  return std::string(out.GetString(), out.GetSize()) + "\n";
}

}  // namespace weir
