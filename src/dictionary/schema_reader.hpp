#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "dictionary/dictionary.hpp"

namespace etl::dictionary {

/// The node schemas of a dictionary's JSON, in its order; `$ref`s of properties are followed. Shared files
/// (`_definitions…`, `_terms…`, `_settings…`, `metaschema…`) give no node. Throws InputError.
[[nodiscard]] std::vector<Node> read_schemas(std::string_view json, const std::string& where);

}  // namespace etl::dictionary
