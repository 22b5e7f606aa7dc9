#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace etl::config {

/// The items of a value of type LIST: texts separated by commas, without the white space around them. Empty items are
/// left out.
[[nodiscard]] std::vector<std::string> split_list(std::string_view text);

}  // namespace etl::config
