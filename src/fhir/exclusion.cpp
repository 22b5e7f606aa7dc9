#include "fhir/exclusion.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <fnmatch.h>

#include <algorithm>
#include <mutex>
#include <set>

#include "base/log.hpp"

namespace etl::fhir {

bool matches(const std::string& pattern, const std::filesystem::path& below) {
  std::string trimmed = pattern;
  while (trimmed.size() > 1 && trimmed.ends_with('/')) trimmed.pop_back();
  return fnmatch(trimmed.c_str(), below.filename().c_str(), 0) == 0 || fnmatch(trimmed.c_str(), below.c_str(), 0) == 0;
}

bool is_excluded(const std::vector<std::string>& patterns, const std::filesystem::path& below) {
  if (patterns.empty()) return false;
  for (auto path = below; !path.empty(); path = path.parent_path()) {
    if (std::ranges::any_of(patterns, [&](const std::string& pattern) { return matches(pattern, path); })) return true;
    if (path == path.parent_path()) break;
  }
  return false;
}

void log_left_out(const std::string& path, const std::vector<std::string>& left_out) {
  if (left_out.empty()) return;
  constexpr std::size_t most_named = 10;
  const auto last = left_out.begin() + static_cast<std::ptrdiff_t>(std::min(left_out.size(), most_named));
  std::string text =
      fmt::format("{}: not read as part of the study: {}{}", path, fmt::join(left_out.begin(), last, ", "),
                  left_out.size() > most_named ? fmt::format(" and {} more", left_out.size() - most_named) : "");
  static std::mutex mutex;
  static std::set<std::string> logged;
  {
    const std::lock_guard lock(mutex);
    if (!logged.insert(text).second) return;
  }
  log::info("{}", text);
}

}  // namespace etl::fhir
