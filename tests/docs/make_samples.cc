// Writes small databases of places into the directory that is named, for the commands of the documents.
#include <filesystem>
#include <fstream>

#include "tests/support/mmdb_writer.h"

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::filesystem::path directory = argv[1];
  std::filesystem::create_directories(directory);
  using namespace weir::test;
  constexpr std::uint32_t kBuilt = 1'767'225'600;  // 2026-01-01
  std::ofstream(directory / "GeoLite2-City.mmdb", std::ios::binary)
      << mmdb::file("GeoLite2-City", kBuilt, {{"10.0.0.0/8", mmdb::city("DE", "Germany", "Berlin", 52.5, 13.4)}});
  std::ofstream(directory / "GeoLite2-ASN.mmdb", std::ios::binary)
      << mmdb::file("GeoLite2-ASN", kBuilt, {{"10.0.0.0/8", mmdb::asn(64500, "Example")}});
}
