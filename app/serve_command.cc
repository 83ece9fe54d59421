// weir serve: a store's page and API over HTTP.
#include <spdlog/spdlog.h>

#include <future>
#include <memory>
#include <string>

#include "app/checks.h"
#include "app/cli.h"
#include "app/http_flags.h"
#include "app/query_options.h"
#include "app/running_daemons.h"
#include "app/signals.h"
#include "base/control_client.h"
#include "store/snapshot.h"
#include "web/pages.h"

namespace weir {
namespace {

struct ServeFlags {
  std::string store = kDefaultStore;
  std::string run_dir;
  HttpFlags http{.address = "127.0.0.1:8081"};
};

CollectorLink link_to(const std::string& run_dir) {
  return {.present = [run_dir] { return socket_directory(kCollectorDaemon, run_dir).has_value(); },
          .ask = [run_dir](std::string_view command) -> Result<std::string> {
            const auto directory = socket_directory(kCollectorDaemon, run_dir);
            if (!directory) return fail("no collector runs here");
            return ask_daemon(*directory, kCollectorDaemon, command);
          }};
}

int serve(const ServeFlags& flags) {
  if (flags.http.address == "off") return usage_error({"--http off: serving HTTP is all that weir serve does"});
  std::promise<void> stop;
  const SignalHandler signals([&stop] { stop.set_value(); }, {});
  if (const auto snapshot = open_snapshot(flags.store, TimeRange::none()); !snapshot) {
    return usage_error(snapshot.error());
  }
  const auto store = store_api(flags.http, flags.store);
  if (!store) return usage_error(store.error());
  HttpServerOptions options = http_options(flags.http);
  options.may_be_off = false;
  const auto server = HttpServer::start(options, store_pages(*store, link_to(flags.run_dir)));
  if (!server) return usage_error(server.error());
  log_http(options, (*server)->url(), "serving the store " + flags.store);
  stop.get_future().wait();
  spdlog::info("stopped");
  return kExitDone;
}

}  // namespace

void add_serve_command(CLI::App& root, int& exit_code) {
  auto flags = std::make_shared<ServeFlags>();
  CLI::App* command = root.add_subcommand("serve", "Show a store as a web page, and answer its HTTP API");
  command->footer(
      "Where a collector runs on this machine, the page shows its traffic and exporters live. A collector with a "
      "store\n"
      "output serves the same on its own --http. docs/api.md tells of the API, tokens and TLS.\n"
      "\n"
      "Examples:\n"
      "  weir serve\n"
      "  weir serve -d /srv/flows --http 127.0.0.1:9000\n"
      "  weir serve --http 0.0.0.0:8081 --http-token-file /etc/weir/http-token \\\n"
      "    --http-cert /etc/weir/cert.pem --http-key /etc/weir/key.pem\n"
      "  curl -G http://127.0.0.1:8081/api/v1/query -d query=sip,dip -d first=-1h");
  command->add_option("-d,--db,--db.path", flags->store, "Directory of the store")
      ->type_name("DIR")
      ->check(not_empty())
      ->capture_default_str();
  add_http_options(*command, flags->http, "Answer on this ADDRESS:PORT");
  add_query_timeout_option(*command, flags->http);
  command
      ->add_option("--run-dir", flags->run_dir,
                   "Directory of the collector's control socket; default: the one that weir collect uses")
      ->type_name("DIR")
      ->check(not_empty());
  command->callback([flags, &exit_code] { exit_code = serve(*flags); });
}

}  // namespace weir
