#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "fhir/json_text.hpp"

namespace etl::fhir {

/// The text is not JSON: thrown while a document is read, caught once per document.
struct SyntaxError {
  std::uint32_t offset;  ///< into the indexed buffer
  const char* expected;
};

/// Reads JSON values in order over the offsets that Structurals found, with no tree and no copy: strings and numbers
/// come as views of the source's own text. Everything passed over is checked against the grammar of RFC 8259 all the
/// same.
class Cursor {
 public:
  static constexpr int max_depth = 1024;

  Cursor() = default;
  /// `check_strings`: the document has a backslash somewhere, so that every string must be looked at for its escapes.
  Cursor(const char* base, const std::uint32_t* at, bool check_strings) noexcept
      : base_(base), at_(at), check_strings_(check_strings) {}

  [[nodiscard]] char peek() const noexcept { return base_[*at_]; }
  [[nodiscard]] std::uint32_t offset() const noexcept { return *at_; }
  [[nodiscard]] const std::uint32_t* position() const noexcept { return at_; }
  void rewind(const std::uint32_t* position) noexcept { at_ = position; }
  [[nodiscard]] bool checks_strings() const noexcept { return check_strings_; }
  [[nodiscard]] const char* base() const noexcept { return base_; }

  void expect(char c, const char* expected) {
    if (peek() != c) fail(expected);
    ++at_;
  }

  /// After `{` or `[`: is the container empty? Then its end is consumed.
  [[nodiscard]] bool empty(char close) noexcept {
    if (peek() != close) return false;
    ++at_;
    return true;
  }

  /// After a value: true when `,` and another value follow, false when `close` ends the container.
  [[nodiscard]] bool more(char close) {
    const char c = peek();
    if (c != ',' && c != close) fail(close == '}' ? "',' or '}' after a value" : "',' or ']' after a value");
    ++at_;
    return c == ',';
  }

  /// A string: the raw bytes between its quotes. Inlined everywhere, and so is key(): most of a resource is strings,
  /// and a call for each would cost validation several percent.
  [[nodiscard, gnu::always_inline]] std::string_view string(const char* expected = "a string") {
    if (peek() != '"') fail(expected);
    const std::uint32_t begin = *at_ + 1;
    std::uint32_t end = at_[1];
    // Only white space can stand between the closing quote and the next structural character.
    while (base_[end - 1] != '"') --end;
    const std::string_view raw(base_ + begin, end - 1 - begin);
    if (check_strings_) [[unlikely]]
      check(raw);
    ++at_;
    return raw;
  }

  /// The name of an object's member, and its colon.
  [[nodiscard, gnu::always_inline]] std::string_view key() {
    const std::string_view name = string("a string as the member's name");
    expect(':', "':' after the member's name");
    return name;
  }

  /// A number or one of true, false, null: its text.
  [[nodiscard]] std::string_view scalar() {
    const std::string_view token = raw_token();
    const char c = token.empty() ? '\0' : token[0];
    if (c == '-' || (c >= '0' && c <= '9')) {
      if (!is_number(token)) fail("a number");
    } else if (token != "true" && token != "false" && token != "null") {
      fail("a value");
    }
    ++at_;
    return token;
  }

  /// Pass over one value of any kind, checking its grammar.
  void skip() {
    const char c = peek();
    if (c == '"') {
      static_cast<void>(string());
    } else if (c == '{' || c == '[') {
      skip_container();
    } else {
      static_cast<void>(scalar());
    }
  }

  [[noreturn]] void fail(const char* expected) const { throw SyntaxError{*at_, expected}; }

 private:
  void check(std::string_view raw) const {
    if (std::memchr(raw.data(), '\\', raw.size()) == nullptr) return;
    const EscapeError issue = check_escapes(raw);
    if (issue.expected != nullptr) {
      throw SyntaxError{static_cast<std::uint32_t>(raw.data() - base_ + static_cast<std::ptrdiff_t>(issue.offset)),
                        issue.expected};
    }
  }

  [[nodiscard]] std::string_view raw_token() const noexcept {
    const std::uint32_t begin = *at_;
    std::uint32_t end = at_[1];
    while (end > begin &&
           (base_[end - 1] == ' ' || base_[end - 1] == '\n' || base_[end - 1] == '\r' || base_[end - 1] == '\t')) {
      --end;
    }
    return {base_ + begin, end - begin};
  }

  void skip_container();

  const char* base_ = nullptr;
  const std::uint32_t* at_ = nullptr;
  bool check_strings_ = false;
};

inline void Cursor::skip_container() {
  // Which bracket ends each open container; clearing it would cost more than most values.
  std::array<char, max_depth> closes;  // NOLINT(cppcoreguidelines-pro-type-member-init)
  int depth = 0;
  for (;;) {
    // Here a value begins.
    const char c = peek();
    if (c == '{' || c == '[') {
      if (depth == max_depth) fail("at most 1,024 levels of nesting");
      const char close = c == '{' ? '}' : ']';
      ++at_;
      if (!empty(close)) {
        closes[static_cast<std::size_t>(depth++)] = close;
        if (c == '{') static_cast<void>(key());
        continue;
      }
    } else if (c == '"') {
      static_cast<void>(string());
    } else {
      static_cast<void>(scalar());
    }
    // Here a value ended: close what it ends, then go on to the next one.
    for (;;) {
      if (depth == 0) return;
      const char close = closes[static_cast<std::size_t>(depth - 1)];
      if (more(close)) {
        if (close == '}') static_cast<void>(key());
        break;
      }
      --depth;
    }
  }
}

}  // namespace etl::fhir
