// The control socket: a unix socket in the run directory over which `weir status` asks a running daemon.
//
// A client sends one line and reads the answer until the end: first "ok" or "error WHY", then the text. One client is
// served at a time, none for longer than a few seconds.
//
// Thread rules: the handler is called from the server's own thread.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/run_dir.h"

namespace weir {

class ControlServer {
 public:
  // The answer to a command, such as "status" or "status json"; an Error goes to the client.
  using Handler = std::function<Result<std::string>(std::string_view command)>;

  // Makes the directory and the socket in it. What a crashed daemon left is replaced; an error when one is running.
  static Result<std::unique_ptr<ControlServer>> start(const std::filesystem::path& directory, const Daemon& daemon,
                                                      Handler handler);
  // Removes the socket.
  ~ControlServer();

  const std::filesystem::path& path() const;

 private:
  struct Impl;
  explicit ControlServer(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace weir
