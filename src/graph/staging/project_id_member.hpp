#pragma once

#include <string>
#include <string_view>

#include "base/text.hpp"

namespace etl::graph {

/// The member by which a record's _props say whose it is: `"project_id":"P-Q"`. In braces it is what `_props @>` finds
/// all records of a project by, with the table's GIN index.
[[nodiscard]] inline std::string project_id_member(std::string_view project_id) {
  return "\"project_id\":" + json_quote(project_id);
}

}  // namespace etl::graph
