#pragma once

#include <string_view>

#include "config/settings.hpp"

namespace etl::config {

/// A yes/no value: yes, no, true, false, in any case of letters. UsageError with the key and the value's origin
/// for anything else.
[[nodiscard]] bool flag_value(std::string_view key, const Value& value);

}  // namespace etl::config
