#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace etl::config {

/// Every setting that etl.yaml may hold as a commented-out line of it: default, help. `#` before what counts without
/// it, `# ` before prose. Secrets are named, and not offered: they belong into the environment or a mounted secret.
[[nodiscard]] std::string commented_settings(const std::vector<std::string_view>& but = {});

}  // namespace etl::config
