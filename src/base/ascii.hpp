#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace etl {

/// Letters of ASCII alone, whatever the locale: for names of formats and protocols (schemes, headers, units), which
/// compare so.
constexpr char ascii_lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

constexpr bool is_ascii_letter(char c) noexcept { return ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z'; }
constexpr bool is_ascii_digit(char c) noexcept { return c >= '0' && c <= '9'; }
constexpr bool is_ascii_alphanumeric(char c) noexcept { return is_ascii_letter(c) || is_ascii_digit(c); }

/// White space of JSON, which is that of XML, too.
constexpr bool is_ascii_space(char c) noexcept { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

inline std::string ascii_lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), [](char c) { return ascii_lower(c); });
  return result;
}

}  // namespace etl
