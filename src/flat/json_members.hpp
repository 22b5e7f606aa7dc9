#pragma once

#include <cstring>
#include <string_view>

// Takes apart JSON that is known to be valid, without a tree. All names and values are views of the text itself.

namespace etl::flat {

/// The text behind one value that begins at `at`.
[[nodiscard]] inline const char* after_value(const char* at, const char* end) noexcept {
  const auto after_string = [end](const char* p) {  // p: behind the opening quote
    while (p < end) {
      const auto* quote = static_cast<const char*>(std::memchr(p, '"', static_cast<std::size_t>(end - p)));
      if (quote == nullptr) return end;
      const char* slash = quote;
      while (slash > p && slash[-1] == '\\') --slash;
      p = quote + 1;
      if ((quote - slash) % 2 == 0) return p;
    }
    return end;
  };
  if (at == end) return end;
  if (*at == '"') return after_string(at + 1);
  if (*at == '{' || *at == '[') {
    int depth = 0;
    while (at < end) {
      const char c = *at++;
      if (c == '"') {
        at = after_string(at);
      } else if (c == '{' || c == '[') {
        ++depth;
      } else if ((c == '}' || c == ']') && --depth == 0) {
        return at;
      }
    }
    return end;
  }
  while (at < end && *at != ',' && *at != '}' && *at != ']' && *at != ' ' && *at != '\n' && *at != '\r' && *at != '\t')
    ++at;
  return at;
}

[[nodiscard]] inline const char* after_space(const char* at, const char* end) noexcept {
  while (at < end && (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t' || *at == ',' || *at == ':')) ++at;
  return at;
}

/// Calls `take(name, value)` with each member of an object: the name without its quotes, the value with them.
template <class Take>
void each_member(std::string_view object, Take&& take) {
  const char* at = object.data();
  const char* const end = at + object.size();
  at = after_space(at, end);
  if (at == end || *at != '{') return;
  ++at;
  while ((at = after_space(at, end)) < end && *at == '"') {
    const char* const name = at + 1;
    at = after_value(at, end);
    const std::string_view key(name, static_cast<std::size_t>(at - 1 - name));
    at = after_space(at, end);
    const char* const value = at;
    at = after_value(at, end);
    take(key, std::string_view(value, static_cast<std::size_t>(at - value)));
  }
}

/// Calls `take(value)` with each item of an array; with the value itself when it is no array.
template <class Take>
void each_item(std::string_view value, Take&& take) {
  if (!value.starts_with('[')) {
    take(value);
    return;
  }
  const char* at = value.data() + 1;
  const char* const end = value.data() + value.size();
  while ((at = after_space(at, end)) < end && *at != ']') {
    const char* const item = at;
    at = after_value(at, end);
    if (at == item) return;
    take(std::string_view(item, static_cast<std::size_t>(at - item)));
  }
}

}  // namespace etl::flat
