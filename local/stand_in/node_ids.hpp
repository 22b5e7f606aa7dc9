#pragma once

#include <string>

namespace etl::stand_in {

/// The ids that sheepdog gives: UUIDs of version 5 (RFC 4122) in sheepdog's own namespaces. Not the product's code.
[[nodiscard]] std::string program_node_id(const std::string& name);
[[nodiscard]] std::string project_node_id(const std::string& code);

}  // namespace etl::stand_in
