#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "base/beneath.hpp"
#include "files/services.hpp"

namespace etl::files {

/// Brings files of the commons to a folder. Nothing is written outside of it: folders on the way are reached through
/// descriptors, and no symbolic link below the folder is followed. Safe from many threads, as long as each has files of
/// other names.
class Download {
 public:
  /// UsageError when the folder cannot be made. `overwrite`: files with other content are replaced. `on_bytes`: so many
  /// more have come.
  Download(const Services& services, const std::filesystem::path& folder, bool overwrite,
           std::function<void(std::uint64_t)> on_bytes);

  enum class Result : unsigned char { downloaded, unchanged };
  /// To `<folder>/<file_name>`, which appears complete, with the size and md5 of the record, or not at all. What an
  /// earlier try has brought (`.….part`) is continued. RefusedError with the reason: a name that is refused, a link on
  /// the way, a file with other content in its place, a record without md5, an object with other or more bytes.
  Result get(const gen3::FileRecord& record);

  /// Below the folder. RefusedError when the name is absolute, has parts that begin with a dot, or is no name.
  [[nodiscard]] static std::string name_of(const gen3::FileRecord& record);

 private:
  class PartFile;
  struct Place {
    UniqueFd folder;
    std::string name;
    std::string partial;
    std::filesystem::path partial_path;  ///< for messages
  };

  [[nodiscard]] Entry find(const std::string& name, bool make_folders) const;
  void fetch_checked(const gen3::FileRecord& record, const Place& place);
  void fetch(const gen3::FileRecord& record, const Place& place);
  void move_in(const Place& place) const;

  const Services& services_;
  std::optional<RootFolder> root_;
  bool overwrite_;
  std::function<void(std::uint64_t)> on_bytes_;
};

}  // namespace etl::files
