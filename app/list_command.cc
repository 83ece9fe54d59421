// weir list: what a store holds.
#include <memory>
#include <string>

#include "app/checks.h"
#include "app/cli.h"
#include "app/query_options.h"
#include "app/terminal.h"
#include "query/list.h"
#include "store/snapshot.h"

namespace weir {
namespace {

struct ListOptions {
  std::string interfaces = "any";
  std::string store = kDefaultStore;
  std::string format = "txt";
};

int list(const ListOptions& options) {
  const auto interfaces = InterfaceFilter::parse(options.interfaces);
  if (!interfaces) return usage_error(interfaces.error());
  const auto snapshot = open_snapshot(options.store);
  if (!snapshot) return usage_error(snapshot.error());
  for (const std::string& damage : snapshot->damage) complain("warning: left out " + damage);
  const StoreListing listing = list_store(*snapshot, *interfaces);
  const bool printed = print_output(options.format == "json" ? print_listing_json(listing)
                                                             : print_listing_text(listing, output_style()));
  return printed && snapshot->damage.empty() ? kExitDone : kExitTrouble;
}

}  // namespace

void add_list_command(CLI::App& root, int& exit_code) {
  auto options = std::make_shared<ListOptions>();
  CLI::App* command = root.add_subcommand("list", "Show the interfaces that a store holds flows of");
  command->footer(
      "Each flow counts at the interface it entered and at the one it left, in the total once. Nothing but the\n"
      "summaries of the store's segments is read.\n"
      "\n"
      "Examples:\n"
      "  weir list\n"
      "  weir list -d /srv/flows 'eth0,/ppp.*/'\n"
      "  weir list -e json | jq .total");
  command->add_option("IFACES,-i,--ifaces", options->interfaces, "Only these: eth0,eth2; any,!eth2; /eth[0-2]/")
      ->type_name("LIST")
      ->capture_default_str();
  command->add_option("-d,--db,--db.path", options->store, "Directory of the store")
      ->type_name("DIR")
      ->check(not_empty())
      ->capture_default_str();
  command->add_option("-e,--format,--results.format", options->format, "txt or json")
      ->type_name("FORMAT")
      ->transform(one_of({"txt", "json"}))
      ->capture_default_str();
  command->callback([options, &exit_code] { exit_code = list(*options); });
}

}  // namespace weir
