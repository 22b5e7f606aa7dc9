#include "config/found_file.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/errno_text.hpp"
#include "base/error.hpp"
#include "base/path_within.hpp"
#include "base/sqlite.hpp"

namespace etl::config {
namespace {

namespace fs = std::filesystem;

bool is_ours(const struct stat& status) { return status.st_uid == ::geteuid() || status.st_uid == 0; }

/// A group whose number is its user's is that user's own, as Debian makes them, and group 0 is root's; others may be in
/// any other group.
bool others_may_write(const struct stat& status) {
  const bool own_group = status.st_gid == status.st_uid || status.st_gid == 0;
  return (status.st_mode & S_IWOTH) != 0 || ((status.st_mode & S_IWGRP) != 0 && !own_group);
}

/// Did a pull bring files to this folder, or to one below it? The journal's paths are real ones (studies/pull_journal).
bool was_pulled(const fs::path& folder, const fs::path& state_dir) {
  const fs::path journal = state_dir / "studies.db";
  std::error_code unreadable;
  if (!fs::exists(journal, unreadable)) return false;
  try {
    sqlite::Database database(journal);
    auto table = database.prepare("select 1 from sqlite_master where name = 'files'");
    if (!table.step()) return false;
    auto files = database.prepare("select 1 from files where path > ?1 || '/' and path < ?1 || '0' limit 1");
    files.bind(folder.string());
    return files.step();
  } catch (const Error&) {
    return true;  // who cannot know must not trust
  }
}

}  // namespace

std::string reason_not_to_use(const fs::path& file, const std::vector<fs::path>& data_folders,
                              const fs::path& state_dir) {
  std::error_code error;
  const fs::path here = fs::canonical(file.has_parent_path() ? file.parent_path() : fs::path("."), error);
  if (error) return fmt::format("its folder cannot be resolved: {}", error.message());
  struct stat target {};
  struct stat link {};
  if (::stat(file.c_str(), &target) != 0 || ::lstat(file.c_str(), &link) != 0) {
    return fmt::format("it cannot be examined: {}", errno_text(errno));
  }
  if (!is_ours(target) || !is_ours(link)) return "it belongs to another user";
  if (others_may_write(target)) return "other users may write to it";
  for (const fs::path& data : data_folders) {
    const fs::path real = fs::weakly_canonical(fs::absolute(data, error), error);
    if (!error && lies_in(here, real))
      return fmt::format("the working directory lies in {}, which holds data", real.string());
  }
  if (was_pulled(here, state_dir)) return "the working directory holds files that `studies pull` brought";
  return {};
}

}  // namespace etl::config
