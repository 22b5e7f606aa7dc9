#include "config/yaml_text.hpp"

#include <algorithm>
#include <array>

#include "base/ascii.hpp"
#include "base/text.hpp"

namespace etl::config {
namespace {

bool is_plain(char c) { return is_ascii_alphanumeric(c) || c == '_' || c == '-' || c == '.' || c == '/'; }

/// What YAML 1.1 or 1.2 takes for something else than text.
bool is_word(std::string_view text) {
  constexpr std::array words{"true", "false", "yes", "no", "on", "off", "y", "n", "null"};
  return std::ranges::find(words, ascii_lower(text)) != words.end();
}

}  // namespace

std::string yaml_scalar(std::string_view text) {
  if (!text.empty() && (is_ascii_letter(text.front()) || text.front() == '/') && std::ranges::all_of(text, is_plain) &&
      !is_word(text)) {
    return std::string(text);
  }
  std::string escaped;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.substr(i).starts_with("${")) escaped += '$';
    escaped += text[i];
  }
  return json_quote(escaped);
}

}  // namespace etl::config
