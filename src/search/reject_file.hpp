#pragma once

#include <filesystem>
#include <fstream>
#include <string>

#include "search/bulk_sender.hpp"

namespace etl::search {

/// The documents that the server refused for good, one JSON object a line: index, id, status, reason. The file is
/// created with the first of them; one that an earlier load wrote is removed when a load begins.
class RejectFile {
 public:
  explicit RejectFile(std::filesystem::path path);
  /// UsageError when it cannot be written.
  void add(const RejectedDocument& rejected);
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
  [[nodiscard]] const std::string& first_reason() const noexcept { return first_reason_; }

 private:
  std::filesystem::path path_;
  std::ofstream file_;
  std::string first_reason_;
};

}  // namespace etl::search
