#pragma once

#include <string>

#include "cli/lib/describe.hpp"

/// Completion for shells, made from the tree of commands: command names, options, the values that an option
/// or argument is limited to, files and folders.
namespace etl::cli {

[[nodiscard]] std::string bash_completion(const CommandDoc& root);
[[nodiscard]] std::string zsh_completion(const CommandDoc& root);
[[nodiscard]] std::string fish_completion(const CommandDoc& root);

}  // namespace etl::cli
