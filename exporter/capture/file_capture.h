// Packets from a capture file (pcap, pcapng), as a PacketSource: as fast as they can be read, with the file's times.
#pragma once

#include <memory>
#include <string>

#include "base/error.h"
#include "exporter/capture/packet_source.h"

namespace weir {

// Errors: as PacketFile::open(); a file that is damaged somewhere gives its packets up to there, then an error.
Result<std::unique_ptr<PacketSource>> open_file_capture(const std::string& path);

}  // namespace weir
