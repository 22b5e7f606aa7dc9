#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace etl::flat {

/// Tells the identifier systems that stay out of the documents. One object serves one thread.
class PersonalIdentifiers {
 public:
  /// Patterns as of fnmatch, without regard to case.
  explicit PersonalIdentifiers(std::vector<std::string> patterns) : patterns_(std::move(patterns)) {}

  /// `system`: raw JSON text.
  [[nodiscard]] bool matches(std::string_view system);

 private:
  [[nodiscard]] bool matches_any(const std::string& system) const;

  std::vector<std::string> patterns_;
  std::unordered_map<std::string, bool> known_;  ///< studies have few systems
  std::string scratch_;
};

}  // namespace etl::flat
