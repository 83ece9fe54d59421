#include "base/json_text.h"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include "base/utf8.h"

namespace weir {

struct JsonText::Impl {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer{buffer};

  std::string valid;  // the text at hand, where it was no UTF-8

  void key(std::string_view name) { writer.Key(name.data(), static_cast<rapidjson::SizeType>(name.size())); }
  void string(std::string_view value) {
    const std::string_view text = as_utf8(value, valid);
    writer.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
  }
};

JsonText::JsonText() : impl_(std::make_unique<Impl>()) {}
JsonText::~JsonText() = default;

void JsonText::begin_object() { impl_->writer.StartObject(); }
void JsonText::begin_object(std::string_view key) {
  impl_->key(key);
  begin_object();
}
void JsonText::end_object() { impl_->writer.EndObject(); }
void JsonText::begin_array(std::string_view key) {
  impl_->key(key);
  impl_->writer.StartArray();
}
void JsonText::end_array() { impl_->writer.EndArray(); }

void JsonText::text(std::string_view key, std::string_view value) {
  impl_->key(key);
  impl_->string(value);
}
void JsonText::number(std::string_view key, std::uint64_t value) {
  impl_->key(key);
  impl_->writer.Uint64(value);
}
void JsonText::flag(std::string_view key, bool value) {
  impl_->key(key);
  impl_->writer.Bool(value);
}
void JsonText::items(std::string_view key, std::span<const std::string> texts) {
  begin_array(key);
  for (const std::string& one : texts) impl_->string(one);
  end_array();
}

void JsonText::numbers(std::string_view key, std::span<const std::uint64_t> numbers) {
  begin_array(key);
  for (const std::uint64_t one : numbers) impl_->writer.Uint64(one);
  end_array();
}

void JsonText::account(std::string_view key, const AccountView& account) {
  begin_object(key);
  number("in", account.in);
  number("out", account.out);
  number("held", account.held);
  begin_object("dropped");
  for (std::size_t i = 0; i < account.reasons; ++i) number(account.dropped[i].first, account.dropped[i].second);
  end_object();
  end_object();
}

std::string JsonText::take() { return std::string(impl_->buffer.GetString(), impl_->buffer.GetSize()) + "\n"; }

}  // namespace weir
