#include "dictionary/names.hpp"

#include <algorithm>
#include <cctype>

#include "base/digest.hpp"

namespace etl::dictionary {
namespace {

constexpr std::size_t longest_plain_name = 40;

/// Calls `each` for every `_`-separated word, empty ones included.
template <typename Each>
void for_words(std::string_view text, Each each) {
  while (true) {
    const auto end = text.find('_');
    each(text.substr(0, end));
    if (end == std::string_view::npos) return;
    text.remove_prefix(end + 1);
  }
}

std::string without_underscores(std::string_view text) {
  std::string out(text);
  std::erase(out, '_');
  return out;
}

}  // namespace

std::string without_blanks(std::string_view text) {
  std::string out(text);
  std::erase(out, ' ');
  return out;
}

std::string short_md5(std::string_view text) { return md5_hex(text).substr(0, 8); }

std::string abbreviate(std::string_view text, std::size_t letters, std::string_view joined_by) {
  std::string out;
  bool first = true;
  for_words(text, [&](std::string_view word) {
    if (!first) out += joined_by;
    first = false;
    out += word.substr(0, letters);
  });
  return out;
}

std::string class_name(std::string_view label) {
  std::string out;
  for_words(label, [&](std::string_view word) {
    bool first = true;
    for (const char c : word) {
      const auto byte = static_cast<unsigned char>(c);
      out += static_cast<char>(first ? std::toupper(byte) : std::tolower(byte));
      first = false;
    }
  });
  return out;
}

std::string node_table(std::string_view label) { return "node_" + without_underscores(label); }

std::string edge_table(std::string_view src_label, std::string_view label, std::string_view dst_label) {
  auto name = "edge_" + without_underscores(src_label) + without_underscores(label) + without_underscores(dst_label);
  if (name.size() <= longest_plain_name) return name;
  return "edge_" + short_md5(name) + "_" + abbreviate(src_label, 2).substr(0, 10) + abbreviate(label, 2).substr(0, 7) +
         abbreviate(dst_label, 2).substr(0, 10);
}

}  // namespace etl::dictionary
