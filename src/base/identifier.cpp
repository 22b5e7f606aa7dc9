#include "base/identifier.hpp"

#include <algorithm>

#include "base/ascii.hpp"

namespace etl {
namespace {

constexpr std::size_t longest_guid_part = 128;
constexpr std::size_t longest_name = 255;

bool is_dots(std::string_view text) { return text == "." || text == ".."; }

/// One path segment of letters, digits and `others`.
bool is_segment(std::string_view text, std::string_view others, std::size_t most) {
  return !text.empty() && text.size() <= most && !is_dots(text) && std::all_of(text.begin(), text.end(), [&](char c) {
    return is_ascii_alphanumeric(c) || others.find(c) != std::string_view::npos;
  });
}

}  // namespace

bool is_fhir_id(std::string_view text) { return is_segment(text, "-.", 64); }

bool is_guid(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash != std::string_view::npos) {
    if (!is_segment(text.substr(0, slash), "._-", longest_guid_part)) return false;
    text.remove_prefix(slash + 1);
  }
  return is_segment(text, "._-", longest_guid_part);
}

bool is_project_part(std::string_view text) { return is_segment(text, "._-", longest_name); }

bool is_bucket_name(std::string_view text) { return is_segment(text, "._-", longest_name); }

bool is_opaque_token(std::string_view text, std::size_t most) {
  return !text.empty() && text.size() <= most &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

bool is_relative_name(std::string_view text) {
  if (text.empty() || text.starts_with('/') || text.ends_with('/')) return false;
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (std::any_of(text.begin(), text.end(), is_control)) return false;
  for (;;) {
    const std::size_t slash = text.find('/');
    const std::string_view part = text.substr(0, slash);
    if (is_dots(part)) return false;
    if (slash == std::string_view::npos) return true;
    text.remove_prefix(slash + 1);
  }
}

}  // namespace etl
