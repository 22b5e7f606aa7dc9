#include "net/encode.hpp"

#include "base/ascii.hpp"
#include "base/error.hpp"

namespace etl::net {
namespace {

bool unreserved(char c) { return is_ascii_alphanumeric(c) || c == '-' || c == '.' || c == '_' || c == '~'; }

void append_encoded(std::string& to, char c) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  const auto byte = static_cast<unsigned char>(c);
  to += '%';
  to += digits[byte >> 4U];
  to += digits[byte & 15U];
}

std::string encode(std::string_view text, bool keep_slash) {
  std::string result;
  result.reserve(text.size());
  for (const char c : text) {
    if (unreserved(c) || (keep_slash && c == '/')) {
      result += c;
    } else {
      append_encoded(result, c);
    }
  }
  return result;
}

int digit_of(char c) {
  if (is_ascii_digit(c)) return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

}  // namespace

std::string percent_encode(std::string_view text) { return encode(text, false); }

std::string percent_encode_path(std::string_view text) { return encode(text, true); }

std::string percent_decode(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool triple = text[i] == '%' && i + 2 < text.size();
    const int high = triple ? digit_of(text[i + 1]) : -1;
    const int low = triple ? digit_of(text[i + 2]) : -1;
    if (high < 0 || low < 0) {
      result += text[i];
      continue;
    }
    result += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return result;
}

std::string path_segment(std::string_view text) {
  if (text.empty() || text == "." || text == "..") {
    throw RefusedError("`" + std::string(text) + "` cannot be part of an address");
  }
  return encode(text, false);
}

}  // namespace etl::net
