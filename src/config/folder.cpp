#include "config/folder.hpp"

#include <fmt/format.h>

#include "base/error.hpp"

namespace etl::config {

std::filesystem::path folder(const Settings& settings, std::string_view key, const Environment& environment) {
  const std::string text = settings.require(key);
  if (text != "~" && !text.starts_with("~/")) return text;
  const auto home = environment("HOME");
  if (!home || home->empty()) {
    throw UsageError(fmt::format("`{}` is {}, and HOME is not set", key, text), settings.get(key)->origin,
                     "write the whole path");
  }
  return text.size() < 3 ? std::filesystem::path(*home) : std::filesystem::path(*home) / text.substr(2);
}

}  // namespace etl::config
