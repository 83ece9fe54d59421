#include "web/http.h"

#include "base/json_text.h"

namespace weir {

HttpAnswer json_answer(std::string body) { return {.type = kJsonType, .body = std::move(body)}; }

HttpAnswer text_answer(std::string body, int status) {
  return {.status = status, .type = kPlainType, .body = std::move(body)};
}

HttpAnswer error_answer(int status, std::string_view message) {
  JsonText json;
  json.begin_object();
  json.begin_object("error");
  json.text("message", message);
  json.end_object();
  json.end_object();
  return {.status = status, .type = kJsonType, .body = json.take()};
}

}  // namespace weir
