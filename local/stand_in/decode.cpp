#include "stand_in/decode.hpp"

#include <algorithm>
#include <charconv>

namespace etl::stand_in {
namespace {

std::string decode(std::string_view text, bool plus_is_space) {
  std::string plain;
  plain.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned char byte = 0;
    if (text[i] == '%' && i + 2 < text.size() &&
        std::from_chars(text.data() + i + 1, text.data() + i + 3, byte, 16).ptr == text.data() + i + 3) {
      plain += static_cast<char>(byte);
      i += 2;
    } else {
      plain += plus_is_space && text[i] == '+' ? ' ' : text[i];
    }
  }
  return plain;
}

}  // namespace

std::string decode_path(std::string_view text) { return decode(text, false); }

std::multimap<std::string, std::string> decode_query(std::string_view text) {
  std::multimap<std::string, std::string> found;
  while (!text.empty()) {
    const auto end = std::min(text.find('&'), text.size());
    const auto pair = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (pair.empty()) continue;
    const auto equals = std::min(pair.find('='), pair.size());
    found.emplace(decode(pair.substr(0, equals), true),
                  equals < pair.size() ? decode(pair.substr(equals + 1), true) : std::string());
  }
  return found;
}

}  // namespace etl::stand_in
