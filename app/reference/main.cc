// Build tool: writes what is made from the options of the commands.
//
//   weir_reference man DIRECTORY DATE SAMPLE.toml   manual pages, in man1 and man5 there
//   weir_reference page                             docs/configuration.md, to standard output
//   weir_reference check-page FILE                  is FILE that page as it would be written now?
//   weir_reference check-config FILE                does every command accept the configuration file?
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "app/cli.h"
#include "app/reference/config_check.h"
#include "app/reference/configuration_page.h"
#include "app/reference/man_page.h"
#include "app/version.h"

namespace weir {
namespace {

std::string slurp(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

int write_pages(const CommandText& root, const std::filesystem::path& directory, const std::string& date,
                const std::filesystem::path& sample) {
  const PageOrigin origin{date, std::string("weir ") + kVersion};
  bool good = true;
  const auto write = [&](const std::string& name, const std::string& text) {
    good =
        good && std::ofstream(directory / name, std::ios::binary).write(text.data(), std::ssize(text)).flush().good();
  };
  std::filesystem::create_directories(directory / "man1");
  std::filesystem::create_directories(directory / "man5");
  for (const CommandText* command : all_commands(root)) {
    write("man1/" + page_name(*command) + ".1", man_page(*command, root, origin));
  }
  const std::string text = slurp(sample);
  write("man5/weir.toml.5", config_man_page(root, text, origin));
  if (!good || text.empty()) complain("cannot read " + sample.string() + " or write to " + directory.string());
  return good && !text.empty() ? kExitDone : kExitTrouble;
}

int check_page(const CommandText& root, const std::string& file) {
  if (slurp(file) == configuration_page(root)) return kExitDone;
  complain(file +
           " is not what the options say now; write it again with cmake --build --preset release --target "
           "configuration_page, and commit it");
  return kExitTrouble;
}

int check_config(const std::string& file) {
  const auto good = check_config_file(file);
  if (!good) complain(good.error().message);
  return good ? kExitDone : kExitTrouble;
}

int make(const std::vector<std::string>& arguments) {
  int ignored = kExitDone;
  const CommandText root = describe_commands(*make_command_line(ignored));
  const std::string what = arguments.empty() ? "" : arguments[0];
  if (what == "man" && arguments.size() == 4) return write_pages(root, arguments[1], arguments[2], arguments[3]);
  if (what == "check-page" && arguments.size() == 2) return check_page(root, arguments[1]);
  if (what == "check-config" && arguments.size() == 2) return check_config(arguments[1]);
  if (what != "page" || arguments.size() != 1) {
    return usage_error(
        {"usage: weir_reference man DIRECTORY DATE SAMPLE | page | check-page FILE | check-config FILE"});
  }
  const std::string page = configuration_page(root);
  return std::fwrite(page.data(), 1, page.size(), stdout) == page.size() ? kExitDone : kExitTrouble;
}

}  // namespace
}  // namespace weir

int main(int argc, char** argv) { return weir::make({argv + 1, argv + argc}); }
