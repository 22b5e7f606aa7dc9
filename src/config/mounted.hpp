#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>

namespace etl::config {

/// The files of a secret as Kubernetes mounts it: `name -> ..data/name`, where a rotation swaps `..data`.
/// All are read from one `..data`, so that a user is never paired with the next password. White space at a
/// value's end is dropped (secrets are often made with `echo`). Empty when the folder is not there;
/// UsageError when a file cannot be read.
[[nodiscard]] std::map<std::string, std::string, std::less<>> read_mounted_folder(const std::filesystem::path& folder);

}  // namespace etl::config
