#include "config/expand.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/ascii.hpp"
#include "base/error.hpp"
#include "config/secret_names.hpp"

namespace etl::config {
namespace {

std::string variable(std::string_view inside, const Environment& environment, const std::string& where) {
  const std::size_t separator = inside.find(":-");
  const std::string_view name = inside.substr(0, separator);
  auto found = environment(name);
  if (found && found->empty()) found.reset();
  if (names_secret(name) || (found && has_login(*found))) {
    throw UsageError(fmt::format("${{{}}} may hold a secret, which this setting would send or show to others", name),
                     where,
                     "only database.password and gen3.access_token take secrets; set an address that contains a "
                     "password by its own environment variable (see `aced-etl config show --help`)");
  }
  if (found) return *std::move(found);
  if (separator != std::string_view::npos) return std::string(inside.substr(separator + 2));
  throw UsageError(fmt::format("the environment variable {} is not set", name), where,
                   fmt::format("set it, or write a default: ${{{}:-…}}", name));
}

bool is_name(std::string_view text) {
  const auto fits = [](char c) { return is_ascii_alphanumeric(c) || c == '_'; };
  return !text.empty() && std::ranges::all_of(text, fits);
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

std::string expand_secret(std::string_view key, std::string_view text, const Environment& environment,
                          const std::string& where) {
  if (text.empty()) return {};
  std::string_view name = text;
  const bool braces = name.starts_with("${") && name.ends_with('}');
  if (braces) {
    name.remove_prefix(2);
    name.remove_suffix(1);
  }
  const bool optional = name.ends_with(":-");
  if (optional) name.remove_suffix(2);
  if (!braces || !is_name(name)) {
    const Key* known = find_key(key);
    throw UsageError(fmt::format("`{}` is a secret and must not be written in etl.yaml", key), where,
                     fmt::format("remove it here and set {} in the environment, write ${{NAME}} to take it from "
                                 "another variable, or mount it as a secret",
                                 known != nullptr ? known->environment : "it"));
  }
  if (auto found = environment(name); found && !found->empty()) return *std::move(found);
  if (optional) return {};
  throw UsageError(fmt::format("the environment variable {} is not set", name), where, "set it, or remove this line");
}

}  // namespace etl::config
