#pragma once

#include <optional>
#include <string>
#include <vector>

#include "stand_in/request.hpp"

namespace etl::stand_in {

/// The JSON object that a POST to fence needs; refuses with fence's pages when it is none (400, 415) or when required
/// members are missing (400, all of them named).
[[nodiscard]] Json fence_body(const Request& request, const std::vector<std::string>& required);

/// A member as text, numbers included; nullopt when it is missing or null.
[[nodiscard]] std::optional<std::string> member_text(const Json& object, const std::string& name);

}  // namespace etl::stand_in
