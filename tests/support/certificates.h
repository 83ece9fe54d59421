// Certificates for tests of TLS, made on the spot.
#pragma once

#include <filesystem>
#include <string>

namespace weir::test {

// A certificate authority of its own, whose files are in `directory`: NAME.pem and NAME.key.
class Authority {
 public:
  Authority(std::filesystem::path directory, std::string name);

  std::string ca() const { return file(name_, "pem"); }
  // Signs a certificate for `subject`, good for localhost, 127.0.0.1 and ::1, as NAME.pem and NAME.key; a second one
  // replaces the first.
  void issue(const std::string& subject) const;
  std::string cert(const std::string& subject) const { return file(subject, "pem"); }
  std::string key(const std::string& subject) const { return file(subject, "key"); }

 private:
  std::string file(const std::string& name, const std::string& kind) const {
    return (directory_ / (name + "." + kind)).string();
  }

  std::filesystem::path directory_;
  std::string name_;
};

}  // namespace weir::test
