// Inside exporter/capture: which interfaces are captured now, and the sockets that do it.
//
// Thread rules: its user serialises it; the sources may be read meanwhile.
#pragma once

#include <list>
#include <memory>
#include <string>
#include <vector>

#include "exporter/capture/interface_pattern.h"
#include "exporter/capture/link_table.h"
#include "exporter/capture/live_capture.h"
#include "exporter/capture/ring_socket.h"
#include "exporter/capture/ring_source.h"

namespace weir {

class CaptureSet {
 public:
  CaptureSet(CaptureOptions options, InterfacePattern pattern, std::vector<std::unique_ptr<RingSource>>& sources);
  ~CaptureSet();
  CaptureSet(const CaptureSet&) = delete;
  CaptureSet& operator=(const CaptureSet&) = delete;

  // Begins with the interfaces that there are, and sets sockets aside for those that come.
  Result<void> begin(const LinkTable& table);
  // Follows changes. What cannot be captured says so in its status.
  void follow(const LinkTable& table);
  // No packet is taken from here on; those in the rings can still be read.
  void end();
  // Says of every interface what goes wrong with all.
  void report(const std::string& error);

  std::vector<InterfaceStatus> status() const;

 private:
  struct Tap {
    RingSocket* socket;  // owned by its source
    RingSource::Handle handle;
  };
  // A name that is captured, or was, or will be.
  struct Slot {
    std::string name;
    bool is_named = false;  // by the user, not matched by a pattern
    Link link;              // index 0: not there
    bool is_attached = false;
    std::uint64_t gone_since = 0;  // by counting; of those not attached
    std::vector<Tap> taps;         // one of each thread; some or none of them are there
    std::vector<Tap> spent;        // of earlier lives
    RingShape shape;
    std::vector<UniqueFd> sockets;  // set aside for this name
    CaptureStats past;              // of sockets that went to other interfaces
    std::string error;
  };

  Result<void> plan(const LinkTable& table);
  Result<void> set_sockets_aside();
  Slot& slot(const std::string& name, bool is_named);
  bool is_there(const Slot& slot, const LinkTable& table) const;
  Result<void> attach(Slot& slot);
  Result<void> attach_taps(Slot& slot, const FilterProgram& filter);
  void detach(Slot& slot);
  Result<void> add_tap(Slot& slot);
  bool take_tap_of_gone(Slot& slot);
  UniqueFd take_socket(Slot& slot);
  Result<FilterProgram> filter_for(const Link& link) const;
  void forget_gone();
  CaptureStats stats_of(const Slot& slot) const;

  CaptureOptions options_;
  InterfacePattern pattern_;
  std::vector<std::unique_ptr<RingSource>>& sources_;
  Result<FilterProgram> ethernet_filter_, raw_filter_;
  std::list<Slot> slots_;
  std::vector<UniqueFd> spare_;
  std::uint64_t clock_ = 0;
  bool has_ended_ = false;
  UniqueFd control_;  // for questions to drivers
};

}  // namespace weir
