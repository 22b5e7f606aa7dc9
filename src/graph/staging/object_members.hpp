#pragma once

#include <cstddef>
#include <string_view>

namespace etl::graph {

/// Calls `take` with the name (raw JSON text, without its quotes) of every member of a JSON object that is known to be
/// valid; not with those of objects within. Nothing for what is not an object.
template <class Take>
void each_member(std::string_view object, const Take& take) {
  const char* at = object.data();
  const char* const end = at + object.size();
  const auto skip_string = [&] {  // at: behind the opening quote; then behind the closing one
    while (at < end && *at != '"') at += *at == '\\' ? 2 : 1;
    ++at;
  };
  while (at < end && *at != '{') ++at;
  int depth = 0;
  bool name = false;  // a string here is a name
  while (at < end) {
    const char c = *at++;
    switch (c) {
      case '{':
      case '[':
        ++depth;
        name = depth == 1;
        break;
      case '}':
      case ']':
        if (--depth == 0) return;
        break;
      case ',':
        name = depth == 1;
        break;
      case '"': {
        const char* const begin = at;
        skip_string();
        if (name) take(std::string_view(begin, static_cast<std::size_t>(at - 1 - begin)));
        name = false;
        break;
      }
      default:
        break;
    }
  }
}

}  // namespace etl::graph
