#include "fhir/json_text.hpp"

#include <cstdint>

namespace etl::fhir {
namespace {

/// The four hex digits at `at`, or -1.
int hex4(std::string_view raw, std::size_t at) noexcept {
  if (at + 4 > raw.size()) return -1;
  int value = 0;
  for (std::size_t i = at; i < at + 4; ++i) {
    const char c = raw[i];
    int digit = 0;
    if (c >= '0' && c <= '9') {
      digit = c - '0';
    } else if (c >= 'a' && c <= 'f') {
      digit = c - 'a' + 10;
    } else if (c >= 'A' && c <= 'F') {
      digit = c - 'A' + 10;
    } else {
      return -1;
    }
    value = value * 16 + digit;
  }
  return value;
}

bool high_surrogate(int unit) noexcept { return unit >= 0xD800 && unit <= 0xDBFF; }
bool low_surrogate(int unit) noexcept { return unit >= 0xDC00 && unit <= 0xDFFF; }

void append_utf8(std::string& out, std::uint32_t point) {
  const auto byte = [&](std::uint32_t b) { out.push_back(static_cast<char>(static_cast<unsigned char>(b))); };
  if (point < 0x80) {
    byte(point);
  } else if (point < 0x800) {
    byte(0xC0 | (point >> 6));
    byte(0x80 | (point & 0x3F));
  } else if (point < 0x10000) {
    byte(0xE0 | (point >> 12));
    byte(0x80 | ((point >> 6) & 0x3F));
    byte(0x80 | (point & 0x3F));
  } else {
    byte(0xF0 | (point >> 18));
    byte(0x80 | ((point >> 12) & 0x3F));
    byte(0x80 | ((point >> 6) & 0x3F));
    byte(0x80 | (point & 0x3F));
  }
}

}  // namespace

EscapeError check_escapes(std::string_view raw) noexcept {
  std::size_t at = raw.find('\\');
  while (at != std::string_view::npos) {
    if (at + 1 >= raw.size()) return {at, "an escape sequence"};
    std::size_t next = at + 2;
    switch (raw[at + 1]) {
      case '"':
      case '\\':
      case '/':
      case 'b':
      case 'f':
      case 'n':
      case 'r':
      case 't':  // clang-format would give each a line
        break;
      case 'u': {
        const int unit = hex4(raw, at + 2);
        if (unit < 0) return {at, "four hex digits after \\u"};
        if (unit == 0) return {at, "no NUL character (\\u0000)"};
        if (low_surrogate(unit)) return {at, "a high surrogate before this low one"};
        next = at + 6;
        if (high_surrogate(unit)) {
          const bool escape_follows = next + 1 < raw.size() && raw[next] == '\\' && raw[next + 1] == 'u';
          if (!escape_follows || !low_surrogate(hex4(raw, next + 2))) {
            return {at, "a low surrogate after this high one"};
          }
          next += 6;
        }
        break;
      }
      default:
        return {at, "an escape sequence of JSON"};
    }
    at = raw.find('\\', next);
  }
  return {0, nullptr};
}

void unescape(std::string_view raw, std::string& out) {
  out.clear();
  std::size_t from = 0;
  for (std::size_t at = raw.find('\\'); at != std::string_view::npos; at = raw.find('\\', from)) {
    out.append(raw.substr(from, at - from));
    from = at + 2;
    switch (raw[at + 1]) {
      case 'b':
        out.push_back('\b');
        break;
      case 'f':
        out.push_back('\f');
        break;
      case 'n':
        out.push_back('\n');
        break;
      case 'r':
        out.push_back('\r');
        break;
      case 't':
        out.push_back('\t');
        break;
      case 'u': {
        auto point = static_cast<std::uint32_t>(hex4(raw, at + 2));
        from = at + 6;
        if (high_surrogate(static_cast<int>(point))) {
          const auto low = static_cast<std::uint32_t>(hex4(raw, from + 2));
          point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
          from += 6;
        }
        append_utf8(out, point);
        break;
      }
      default:
        out.push_back(raw[at + 1]);
    }
  }
  out.append(raw.substr(from));
}

void append_escaped(std::string& out, std::string_view text) {
  static constexpr char digits[] = "0123456789abcdef";
  for (const char c : text) {
    switch (c) {
      case '"':
        out.append("\\\"");
        break;
      case '\\':
        out.append("\\\\");
        break;
      case '\b':
        out.append("\\b");
        break;
      case '\f':
        out.append("\\f");
        break;
      case '\n':
        out.append("\\n");
        break;
      case '\r':
        out.append("\\r");
        break;
      case '\t':
        out.append("\\t");
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          const auto byte = static_cast<unsigned char>(c);
          out.append("\\u00");
          out.push_back(digits[byte >> 4]);
          out.push_back(digits[byte & 15]);
        } else {
          out.push_back(c);
        }
    }
  }
}

bool is_number(std::string_view token) noexcept {
  std::size_t i = 0;
  const auto digit = [&] { return i < token.size() && token[i] >= '0' && token[i] <= '9'; };
  const auto digits = [&] {
    if (!digit()) return false;
    while (digit()) ++i;
    return true;
  };
  if (i < token.size() && token[i] == '-') ++i;
  if (i < token.size() && token[i] == '0') {
    ++i;
  } else if (!digits()) {
    return false;
  }
  if (i < token.size() && token[i] == '.') {
    ++i;
    if (!digits()) return false;
  }
  if (i < token.size() && (token[i] == 'e' || token[i] == 'E')) {
    ++i;
    if (i < token.size() && (token[i] == '+' || token[i] == '-')) ++i;
    if (!digits()) return false;
  }
  return i == token.size();
}

}  // namespace etl::fhir
