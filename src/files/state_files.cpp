#include "files/state_files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <system_error>

#include "base/error.hpp"
#include "base/text.hpp"

namespace etl::files {
namespace fs = std::filesystem;
namespace {

/// What may stand in a file's name, one for one.
std::string as_name(std::string_view text) {
  std::string out(text);
  std::replace_if(
      out.begin(), out.end(), [](unsigned char c) { return std::isalnum(c) == 0 && c != '.' && c != '-' && c != '_'; },
      '_');
  return out;
}

[[noreturn]] void fail(const char* what, const fs::path& path) {
  throw UsageError(fmt::format("{}: {}", what, std::generic_category().message(errno)), path.string(),
                   "name a folder that this user may write to: --state-dir, $ACED_ETL_STATE_DIR");
}

}  // namespace

fs::path state_file(const fs::path& state_folder, const std::string& endpoint, const std::string& suffix) {
  const std::size_t scheme = endpoint.find("://");
  const std::string host = scheme == std::string::npos ? endpoint : endpoint.substr(scheme + 3);
  return state_folder / "files" / (as_name(host) + suffix);
}

ProjectLock::ProjectLock(const fs::path& state_folder, const std::string& endpoint, const ProjectId& project) {
  const fs::path path = state_file(state_folder, endpoint, "." + as_name(project.str()) + ".lock");
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  descriptor_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor_ < 0) fail("cannot make the lock", path);
  if (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
    std::array<char, 32> text{};
    const auto got = ::pread(descriptor_, text.data(), text.size(), 0);
    const std::string_view pid = trim({text.data(), got > 0 ? static_cast<std::size_t>(got) : 0});
    ::close(descriptor_);
    throw LockedError(fmt::format("another run changes the files of {}: process {}", project.str(),
                                  pid.empty() ? "unknown" : printable(pid)),
                      path.string(), "run again when it has ended");
  }
  const std::string pid = fmt::format("{}\n", ::getpid());
  if (::ftruncate(descriptor_, 0) != 0 || ::pwrite(descriptor_, pid.data(), pid.size(), 0) < 0) {
    ::close(descriptor_);
    fail("cannot write the lock", path);
  }
}

ProjectLock::~ProjectLock() { ::close(descriptor_); }

}  // namespace etl::files
