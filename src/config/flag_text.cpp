#include "config/flag_text.hpp"

#include <fmt/format.h>
#include <strings.h>

#include "base/error.hpp"

namespace etl::config {

bool flag_value(std::string_view key, const Value& value) {
  const auto is = [&](const char* word) { return ::strcasecmp(value.text.c_str(), word) == 0; };
  if (is("yes") || is("true")) return true;
  if (is("no") || is("false")) return false;
  throw UsageError(fmt::format("`{}` must be yes or no, not {}", key, value.text), value.origin,
                   "write yes, no, true or false");
}

}  // namespace etl::config
