#pragma once

#include <string>
#include <string_view>

namespace etl::config {

/// `text` as a value of etl.yaml that is read back as the same text: plain where that is safe, else in double quotes,
/// `${` as `$${`.
[[nodiscard]] std::string yaml_scalar(std::string_view text);

}  // namespace etl::config
