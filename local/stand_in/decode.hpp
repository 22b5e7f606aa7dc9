#pragma once

#include <map>
#include <string>
#include <string_view>

namespace etl::stand_in {

/// Without percent-encoding.
[[nodiscard]] std::string decode_path(std::string_view text);

/// `a=1&b=x+y`, of a query or a form.
[[nodiscard]] std::multimap<std::string, std::string> decode_query(std::string_view text);

}  // namespace etl::stand_in
