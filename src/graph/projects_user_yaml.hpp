#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/project_id.hpp"

namespace etl::graph {

/// The projects that a commons' user.yaml knows: every `programs/<program>/projects/<code>` of the tree
/// `authz.resources` (`name`, `subresources`), in the file's order, each once. Throws InputError, with file:line, for
/// what is not a user.yaml, and when it names no project.
[[nodiscard]] std::vector<ProjectId> parse_user_yaml(std::string_view text, const std::string& where);
[[nodiscard]] std::vector<ProjectId> read_user_yaml(const std::string& path);

}  // namespace etl::graph
