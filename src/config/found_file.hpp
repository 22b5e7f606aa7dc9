#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace etl::config {

/// Why the etl.yaml of the working directory, which nobody named, must not be used. Empty when it may be used: the file
/// (and a link that leads to it) belongs to this user or root, nobody else may write to it, and the working directory
/// does not lie in a folder of data. The folder's own mode does not matter (a pod's volume is often open to all): who
/// replaces the file there owns what is there then.
///
/// A study can bring a file named etl.yaml. Someone who works in that study's folder must not run with its settings.
/// @param file         the etl.yaml, below the working directory
/// @param data_folders folders of studies and output files; real paths are compared
/// @param state_dir    where earlier pulls are recorded: a folder with files that a pull brought counts as data
[[nodiscard]] std::string reason_not_to_use(const std::filesystem::path& file,
                                            const std::vector<std::filesystem::path>& data_folders,
                                            const std::filesystem::path& state_dir);

}  // namespace etl::config
