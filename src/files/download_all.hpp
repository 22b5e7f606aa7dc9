#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/project_id.hpp"
#include "files/services.hpp"

namespace etl::files {

struct DownloadRequest {
  std::vector<std::string> guids;
  std::optional<ProjectId> project;  ///< all of its files, too
  std::filesystem::path folder;      ///< made if it is not there
  bool overwrite = false;            ///< replace files that have other content than their record says
  unsigned jobs = 8;
};

struct DownloadTally {
  struct Sum {
    std::uint64_t files = 0;
    std::uint64_t bytes = 0;
  };
  Sum downloaded;
  Sum unchanged;
  std::uint64_t failed = 0;
  std::uint64_t of_project = 0;  ///< records of the project; 0 also where none was asked for
};

struct DownloadFailure {
  std::string did;
  std::string name;  ///< the GUID when indexd has no record
  std::string reason;
};

/// Downloads files, several at a time (files/download.hpp). `on_bytes`: so many more have come; from any thread.
/// `on_failure` gets every file that did not come, one at a time. UsageError when the folder cannot be made,
/// UnavailableError when services stay away, StoppedError after a stop.
[[nodiscard]] DownloadTally download_all(const Services& services, const DownloadRequest& request,
                                         const std::function<void(std::uint64_t)>& on_bytes,
                                         const std::function<void(const DownloadFailure&)>& on_failure);

}  // namespace etl::files
