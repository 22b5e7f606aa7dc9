#include "config/expand.hpp"

#include <fmt/format.h>

#include "base/error.hpp"

namespace etl::config {
namespace {

std::string variable(std::string_view inside, const Environment& environment, const std::string& where) {
  const std::size_t separator = inside.find(":-");
  const std::string_view name = inside.substr(0, separator);
  if (auto found = environment(name); found && !found->empty()) return *std::move(found);
  if (separator != std::string_view::npos) return std::string(inside.substr(separator + 2));
  throw UsageError(fmt::format("the environment has no {}", name), where,
                   fmt::format("set it, or write a default: ${{{}:-…}}", name));
}

}  // namespace

std::string expand(std::string_view text, const Environment& environment, const std::string& where) {
  std::string result;
  while (!text.empty()) {
    const std::size_t dollar = text.find('$');
    result += text.substr(0, dollar);
    if (dollar == std::string_view::npos) break;
    text.remove_prefix(dollar);
    if (text.starts_with("$${")) {
      result += "${";
      text.remove_prefix(3);
    } else if (text.starts_with("${")) {
      const std::size_t end = text.find('}');
      if (end == std::string_view::npos) throw UsageError("`${` without `}`", where, "write $${ for a literal ${");
      result += variable(text.substr(2, end - 2), environment, where);
      text.remove_prefix(end + 1);
    } else {
      result += '$';
      text.remove_prefix(1);
    }
  }
  return result;
}

}  // namespace etl::config
