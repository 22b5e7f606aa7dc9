#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/lib/context.hpp"

namespace etl::cli {

/// The names that the completion of a shell offers: `studies` of etl.yaml, `projects` of its studies and of user.yaml,
/// `buckets` of etl.yaml and fence's configuration, AWS `profiles`; sorted, each once. Only files are read, no service
/// is asked, and a file that is missing or wrong has no names: a shell that completes must not show errors.
[[nodiscard]] std::vector<std::string> completion_values(Context& context, std::string_view kind);

}  // namespace etl::cli
