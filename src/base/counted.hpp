#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "base/text.hpp"

namespace etl {

/// "1 file", "2,000 files", "3 studies", "4 indexes".
[[nodiscard]] inline std::string counted(std::uint64_t count, std::string_view noun) {
  const std::string number = human_count(count);
  if (count == 1) return fmt::format("{} {}", number, noun);
  const bool after_vowel =
      noun.size() > 1 && std::string_view("aeou").find(noun[noun.size() - 2]) != std::string_view::npos;
  if (noun.ends_with('y') && !after_vowel) return fmt::format("{} {}ies", number, noun.substr(0, noun.size() - 1));
  return fmt::format("{} {}{}", number, noun, noun.ends_with('x') || noun.ends_with('s') ? "es" : "s");
}

}  // namespace etl
