#pragma once

#include <string>
#include <string_view>

#include "dictionary/names.hpp"

// Names of what hangs on the tables, as Gen3's data-model libraries give them; the tables' own names are in
// dictionary/names.hpp.

namespace etl::graph {

/// The index on unique keys of a node: `index_<table>_<description>`; above 40 characters
/// `index_<md5 of the table, 8 digits>_<4 letters of each word of the label>_<8 letters of each word of the
/// description>`.
[[nodiscard]] std::string key_index_name(std::string_view label, std::string_view description);

/// The primary key of a node table: `_<class, small letters>_id_uc`.
[[nodiscard]] std::string node_key_name(std::string_view label);

}  // namespace etl::graph
