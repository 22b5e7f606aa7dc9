#pragma once

#include <string>
#include <string_view>

#include "stand_in/request.hpp"

namespace etl::stand_in {

[[nodiscard]] std::string html_escape(std::string_view text);

/// "Not Found" and the like.
[[nodiscard]] std::string status_phrase(int status);

/// The plain page that Flask's services give for what they did not expect.
[[nodiscard]] Answer flask_page(int status, const std::string& message);

/// indexd's page for its own faults.
[[nodiscard]] Answer server_error_page();

}  // namespace etl::stand_in
