#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/project_id.hpp"

namespace etl::config {

/// What a commons' user.yaml says about projects.
struct UserYaml {
  std::vector<ProjectId> projects;  ///< in the file's order, each once
  /// What was left out and why, with file:line: a program or code that cannot be part of a project id, a resource
  /// without a name. Other teams' entries must not stop ours, so these are warnings.
  std::vector<std::string> warnings;
};

/// Reads every `programs/<program>/projects/<code>` of the tree `authz.resources` (`name`, `subresources`). YAML merge
/// keys work as in fence. Throws InputError, with file:line, for text that is not a user.yaml, and when it names no
/// project that can be used.
[[nodiscard]] UserYaml parse_user_yaml(std::string_view text, const std::string& where);
/// Reads a file in the same way. UsageError when it cannot be read, is not a user.yaml or names no usable project.
[[nodiscard]] UserYaml read_user_yaml(const std::string& path);

}  // namespace etl::config
