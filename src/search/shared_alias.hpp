#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "base/project_id.hpp"
#include "search/generations.hpp"

/// Aliases on an index that several projects share. The alias's filter hides the projects that have indexes of their
/// own: `{"bool": {"must_not": [{"terms": {"project_id": ["P-Q"]}}, …]}}`.
namespace etl::search {

/// The action of `_aliases` that hides the project; nothing when it is hidden already. The index has the alias.
[[nodiscard]] std::optional<nlohmann::json> action_to_hide(const Index& index, const std::string& alias,
                                                           const ProjectId& project);
/// The action that puts the alias on the index without hiding the project; nothing when it is so already.
[[nodiscard]] std::optional<nlohmann::json> action_to_show(const Index& index, const std::string& alias,
                                                           const ProjectId& project);
/// RefusedError: the index has the name that an alias must have.
[[noreturn]] void refuse_alias_name(const Server& server, const Index& index);

}  // namespace etl::search
