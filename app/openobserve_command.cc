// weir openobserve setup: weir's dashboards and alerts onto an OpenObserve server.
#include <cstdio>
#include <memory>
#include <string>

#include "app/checks.h"
#include "app/cli.h"
#include "openobserve/setup.h"

namespace weir {
namespace {

void print_line(const std::string& line) {
  std::printf("%s\n", line.c_str());
  std::fflush(stdout);
}

void add_setup(CLI::App& parent, int& exit_code) {
  struct Flags {
    OpenObserveSetup setup;
    std::string password_file;
    bool dry_run = false;
  };
  auto flags = std::make_shared<Flags>();
  flags->setup.url = "http://localhost:5080";
  CLI::App* command = parent.add_subcommand("setup", "Put weir's dashboards and alerts onto a server");
  command->footer(
      "What is there already is left as it is, so the command can be repeated.\n"
      "\n"
      "Examples:\n"
      "  weir openobserve setup --user root@example.com --password-file /etc/weir/password\n"
      "  weir openobserve setup --url http://localhost:5080/api/default/netflow1/_json \\\n"
      "    --notify https://hooks.example.com/T0/B0      dashboards and alerts, for the stream of that URL\n"
      "  weir openobserve setup --stream edge --dry-run  what would be sent");
  command
      ->add_option("--url", flags->setup.url,
                   "The server, or the URL that flows are sent to, which names organization and\n"
                   "stream too; ?ca=FILE and the like as for weir collect --to")
      ->type_name("URL")
      ->check(not_empty())
      ->capture_default_str();
  command->add_option("--org", flags->setup.org, "Organization; default: the URL's, else default")
      ->type_name("NAME")
      ->check(not_empty());
  command->add_option("--stream", flags->setup.stream, "Stream of the flows; default: the URL's, else netflow1")
      ->type_name("NAME")
      ->check(not_empty());
  command
      ->add_option("--user", flags->setup.user,
                   "Who it is done as; WEIR_HTTP_AUTHORIZATION can hold the whole Authorization\n"
                   "header instead")
      ->type_name("EMAIL")
      ->check(not_empty());
  command->add_option("--password-file", flags->password_file, "A file with the user's password on its first line")
      ->type_name("FILE")
      ->check(not_empty());
  command->add_option("--notify", flags->setup.notify, "Where alerts are posted to; without it there are no alerts")
      ->type_name("URL")
      ->check(not_empty());
  command->add_flag("--replace", flags->setup.replace,
                    "Replace what is there already, with all that was changed on it by hand");
  command->add_flag("--dry-run", flags->dry_run, "Print the requests that would be sent, and send none");
  command->callback([flags, &exit_code] {
    flags->setup.password_file = flags->password_file;
    if (const auto ok = check_openobserve_setup(flags->setup); !ok) {
      exit_code = usage_error(ok.error());
      return;
    }
    const auto done = flags->dry_run ? print_openobserve_requests(flags->setup, print_line)
                                     : set_up_openobserve(flags->setup, print_line);
    if (!done) complain(done.error().message);
    exit_code = done ? kExitDone : kExitTrouble;
  });
}

}  // namespace

void add_openobserve_command(CLI::App& root, int& exit_code) {
  CLI::App* command = root.add_subcommand("openobserve", "Set up OpenObserve for weir's flows");
  command->require_subcommand(1);
  command->fallthrough();
  command->footer(
      "Examples:\n"
      "  weir openobserve setup --user root@example.com --password-file /etc/weir/password\n"
      "\n"
      "`weir openobserve setup --help` tells all options.");
  add_setup(*command, exit_code);
}

}  // namespace weir
