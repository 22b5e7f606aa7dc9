#pragma once

#include <string_view>

namespace etl {

// The version of the program, as `0.1.0`: that of project() in CMakeLists.txt, its only place.
std::string_view version();

// What `--version` prints: version, commit, kind of build and compiler, in one line.
std::string_view version_line();

// How the program names itself to servers: `aced-etl/0.1.0`.
const char* user_agent();

}  // namespace etl
