#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "search/server.hpp"

namespace etl::search {

/// Index names that guppy's configuration may have for a type: the aliases `{type}` and `{prefix}_{type}`.
[[nodiscard]] std::vector<std::string> guppy_names(const std::string& prefix, const std::string& type);

/// Tells guppy which fields of a type are lists: a document for each name that its configuration may have, in the
/// index `{prefix}_{type}-array-config_0` behind the aliases `{prefix}_array-config` and `{type}_array-config`. It is
/// the same for all projects; nothing is written when the documents are there already.
void write_array_config(Server& server, const std::string& prefix, const std::string& type,
                        const std::vector<std::string>& names, const std::vector<std::string>& list_fields);

}  // namespace etl::search
