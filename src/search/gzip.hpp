#pragma once

#include <string>
#include <string_view>

namespace etl::search {

/// The text as gzip, fast rather than small. Throws InternalError when zlib fails.
[[nodiscard]] std::string gzip(std::string_view text);

}  // namespace etl::search
