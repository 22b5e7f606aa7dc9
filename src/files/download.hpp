#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "files/services.hpp"

namespace etl::files {

/// Brings files of the commons to a folder. Safe from many threads, as long as each has files of other names.
class Download {
 public:
  /// UsageError when the folder cannot be made. `on_bytes`: so many more have come.
  Download(const Services& services, const std::filesystem::path& folder, std::function<void(std::uint64_t)> on_bytes);

  enum class Got : unsigned char { downloaded, unchanged };
  /// To `<folder>/<file_name>`, which appears whole, with the size and md5 of the record, or not at all. What an
  /// earlier try has brought (`….part`) is gone on with. RefusedError with the reason: a name that would leave the
  /// folder, a record without md5, an object with other bytes.
  Got get(const gen3::FileRecord& record);

  /// Where the file goes. RefusedError when that is not below the folder.
  [[nodiscard]] std::filesystem::path target(const gen3::FileRecord& record) const;

 private:
  void fetch(const gen3::FileRecord& record, const std::filesystem::path& part);

  const Services& services_;
  std::filesystem::path folder_;
  std::function<void(std::uint64_t)> on_bytes_;
};

}  // namespace etl::files
