#include "exporter/capture/privileges.h"

#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <vector>

namespace weir {
namespace {

struct UserIds {
  uid_t user = 0;
  gid_t group = 0;
};

Result<UserIds> find_user(const std::string& name) {
  std::vector<char> buffer(16 << 10);
  passwd entry{};
  passwd* found = nullptr;
  const int error = ::getpwnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found);
  if (found != nullptr) return UserIds{entry.pw_uid, entry.pw_gid};
  if (error != 0) return fail_errno("cannot look up the user " + name, error);
  return fail("there is no user " + name + " to become once the sockets are open");
}

Result<void> become(const std::string& name) {
  const auto ids = find_user(name);
  if (!ids) return std::unexpected(ids.error());
  if (::geteuid() == ids->user) return {};
  if (::geteuid() != 0) return fail("only root can become the user " + name + ": start weir as root, or as that user");
  if (::setgroups(0, nullptr) != 0 || ::setresgid(ids->group, ids->group, ids->group) != 0 ||
      ::setresuid(ids->user, ids->user, ids->user) != 0)
    return fail_errno("cannot become the user " + name, errno);
  return {};
}

// What a program executed later could get at most. Needs CAP_SETPCAP; without it PR_SET_NO_NEW_PRIVS has to do. The
// first number that is no capability is an error.
void drop_bounding_set() {
  for (unsigned long capability = 0; ::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0; ++capability) {
  }
}

Result<void> drop_capabilities() {
  drop_bounding_set();
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  const std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> sets{};
  if (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0 ||
      ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || ::syscall(SYS_capset, &header, sets.data()) != 0)
    return fail_errno("cannot drop capabilities", errno);
  return {};
}

}  // namespace

Result<void> drop_privileges(const std::string& user) {
  if (!user.empty()) {
    drop_bounding_set();  // while the capability to do so is still there
    if (auto done = become(user); !done) return done;
  }
  return drop_capabilities();
}

Result<void> make_directory_for(const std::string& user, const std::filesystem::path& directory) {
  const auto ids = find_user(user);
  if (!ids) return std::unexpected(ids.error());
  if (::mkdir(directory.c_str(), 0750) != 0) {
    return errno == EEXIST ? Result<void>() : fail_errno("cannot make " + directory.string(), errno);
  }
  if (::chown(directory.c_str(), ids->user, ids->group) == 0) return {};
  return fail_errno("cannot give " + directory.string() + " to the user " + user, errno);
}

}  // namespace weir
