#include "tests/openobserve/open_observe_server.h"

#include <httplib.h>

#include <mutex>
#include <thread>

#include "tests/support/json.h"

namespace weir::test {
namespace {

struct Object {
  std::string id, name, body;
  int version = 1;
};

struct Kind {
  const char* title;
  bool v2;
  const char* path;
};

const std::map<std::string, Kind> kKinds{
    {"dashboards", {"title", false, "/dashboards"}},
    {"templates", {"name", false, "/alerts/templates"}},
    {"destinations", {"name", false, "/alerts/destinations"}},
    {"alerts", {"name", true, "/alerts"}},
};

void answer(httplib::Response& response, int status, const std::string& message) {
  response.status = status;
  response.set_content("{\"code\":" + std::to_string(status) + ",\"message\":\"" + message + "\"}", "application/json");
}

}  // namespace

struct OpenObserveServer::Impl {
  mutable std::mutex mutex;
  std::map<std::string, std::vector<Object>> objects;
  std::vector<std::string> changes;
  std::string stream = "netflow1";
  int next_id = 1;
  httplib::Server server;
  int port = 0;
  std::thread thread;

  Object* find(const std::string& kind, const std::string& name) {
    for (Object& one : objects[kind]) {
      if (one.name == name) return &one;
    }
    return nullptr;
  }

  // As each list answers, with members that weir must not mistake for what it looks for.
  std::string list(const std::string& kind, const std::string& title_part) {
    std::string items;
    for (const Object& one : objects[kind]) {
      if (kind == "dashboards" && one.name.find(title_part) == std::string::npos) continue;
      items += items.empty() ? "" : ",";
      if (kind == "dashboards") {
        items += "{\"v8\":" + one.body + ",\"version\":8,\"hash\":\"" + std::to_string(one.version) +
                 "\",\"folder_id\":\"default\",\"dashboard_id\":\"" + one.id + "\",\"title\":\"" + one.name + "\"}";
      } else if (kind == "alerts") {
        items += "{\"alert_id\":\"" + one.id + "\",\"folder_id\":\"default\",\"name\":\"" + one.name +
                 "\",\"condition\":{\"type\":\"sql\",\"name\":\"deep\"}}";
      } else {
        items += one.body;
      }
    }
    if (kind == "dashboards") return "{\"dashboards\":[" + items + "]}";
    return kind == "alerts" ? "{\"list\":[" + items + "]}" : "[" + items + "]";
  }

  // Why an object cannot be taken: a status and a message; 0 when it can.
  std::pair<int, std::string> refusal(const std::string& kind, const Record& record) {
    if (kind == "destinations" && find("templates", record.at("template")) == nullptr) {
      return {400, "Please specify valid template"};
    }
    if (kind == "dashboards" && record.at("version") != "8") return {400, "unknown version"};
    if (kind != "alerts") return {0, ""};
    if (record.at("stream_name") != stream) return {404, "Stream " + record.at("stream_name") + " not found"};
    for (const Object& one : objects["destinations"]) {
      if (record.at("destinations") == "[\"" + one.name + "\"]") return {0, ""};
    }
    return {404, "Alert destination not found"};
  }

  void create(const std::string& kind, const httplib::Request& request, httplib::Response& response) {
    const Record record = parse_record(request.body);
    const std::string name = record.at(kKinds.at(kind).title);
    if (const auto [status, why] = refusal(kind, record); status != 0) return answer(response, status, why);
    if (kind != "dashboards" && find(kind, name) != nullptr) return answer(response, 409, "already exists");
    if (kind == "destinations" && request.get_param_value("module") != "alert") return answer(response, 400, "module");
    objects[kind].push_back({"id" + std::to_string(next_id++), name, request.body});
    answer(response, 200, "saved");
  }

  void update(const std::string& kind, const httplib::Request& request, httplib::Response& response) {
    const bool by_name = kind == "templates" || kind == "destinations";
    for (Object& one : objects[kind]) {
      if ((by_name ? one.name : one.id) != request.matches[1]) continue;
      if (kind == "dashboards" && request.get_param_value("hash") != std::to_string(one.version)) {
        return answer(response, 409, "Conflict: Failed to update dashboard due to hash mismatch");
      }
      one.body = request.body;
      ++one.version;
      return answer(response, 200, "updated");
    }
    answer(response, 404, "not found");
  }

  void add_kind(const std::string& kind) {
    const std::string path = std::string(kKinds.at(kind).v2 ? "/api/v2/" : "/api/") + "default" + kKinds.at(kind).path;
    server.Get(path, [this, kind](const auto& request, auto& response) {
      const std::lock_guard lock(mutex);
      response.set_content(list(kind, request.get_param_value("title")), "application/json");
    });
    server.Post(path, [this, kind](const auto& request, auto& response) {
      const std::lock_guard lock(mutex);
      changes.push_back("POST " + request.path);
      create(kind, request, response);
    });
    server.Put(path + "/([^/]+)", [this, kind](const auto& request, auto& response) {
      const std::lock_guard lock(mutex);
      changes.push_back("PUT " + request.path);
      update(kind, request, response);
    });
  }
};

OpenObserveServer::OpenObserveServer() : impl_(std::make_unique<Impl>()) {
  httplib::Server& server = impl_->server;
  server.set_tcp_nodelay(true);
  server.set_pre_routing_handler([](const auto& request, auto& response) {
    if (request.get_header_value("Authorization") == kAuthorization) return httplib::Server::HandlerResponse::Unhandled;
    answer(response, 401, "Unauthorized Access");
    return httplib::Server::HandlerResponse::Handled;
  });
  server.set_exception_handler(
      [](const auto&, auto& response, std::exception_ptr) { answer(response, 400, "bad body"); });
  server.Get("/api/organizations", [](const auto&, auto& response) {
    response.set_content(
        "{\"data\":[{\"id\":1,\"identifier\":\"default\",\"name\":\"default\",\"UserObj\":{\"identifier\":\"deep\"}},"
        "{\"id\":2,\"identifier\":\"other\",\"name\":\"other\"}]}",
        "application/json");
  });
  for (const auto& [kind, api] : kKinds) impl_->add_kind(kind);
  impl_->port = server.bind_to_any_port("127.0.0.1");
  impl_->thread = std::thread([&server] { server.listen_after_bind(); });
  while (!server.is_running()) std::this_thread::yield();  // stop() before that would be lost
}

OpenObserveServer::~OpenObserveServer() {
  impl_->server.stop();
  impl_->thread.join();
}

std::string OpenObserveServer::url() const { return "http://127.0.0.1:" + std::to_string(impl_->port); }

void OpenObserveServer::set_stream(const std::string& name) {
  const std::lock_guard lock(impl_->mutex);
  impl_->stream = name;
}

std::vector<std::string> OpenObserveServer::changes() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->changes;
}

std::vector<std::string> OpenObserveServer::names(const std::string& kind) const {
  const std::lock_guard lock(impl_->mutex);
  std::vector<std::string> names;
  for (const Object& one : impl_->objects[kind]) names.push_back(one.name);
  return names;
}

std::string OpenObserveServer::body(const std::string& kind, const std::string& name) const {
  const std::lock_guard lock(impl_->mutex);
  const Object* const found = impl_->find(kind, name);
  return found == nullptr ? "" : found->body;
}

}  // namespace weir::test
