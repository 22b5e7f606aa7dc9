#pragma once

#include <string>
#include <string_view>
#include <vector>

/// Objects' keys as paths below a folder.
namespace etl::studies {

/// Below the target folder: what is being fetched, until it is whole.
inline constexpr std::string_view kWorkFolder = ".aced-etl-pull";

/// What services and consoles put in the place of a folder: an object whose name ends with '/' (S3Proxy says that it
/// has 4,096 bytes, AWS's console makes empty ones). `name` is what is left of the key behind the prefix.
[[nodiscard]] bool is_folder_marker(std::string_view name);

/// Why `name` cannot be a file below a folder, or nothing: it would leave the folder, be another name than the key's on
/// this system, or none at all. Symbolic links are TargetFolder's business.
[[nodiscard]] std::string_view refusal(std::string_view name);

/// Tells, of names that come in the order of their bytes, those that stand below the name of a file: no file system can
/// hold both.
class FileAndFolder {
 public:
  /// True when an earlier name is a folder of this one. Then it is not remembered itself.
  [[nodiscard]] bool clashes(const std::string& name);

 private:
  std::vector<std::string> earlier_;  ///< each a beginning of the next, and maybe of what comes
};

/// "a", "/a/", "": joined and with '/' at the end, unless all is empty.
[[nodiscard]] std::string join_prefix(std::string_view path, std::string_view prefix);

}  // namespace etl::studies
