#pragma once

#include <string>
#include <system_error>

namespace etl {

/// What the system says of an `errno`: "No such file or directory". Safe in threads, unlike strerror().
inline std::string errno_text(int error) { return std::generic_category().message(error); }

}  // namespace etl
