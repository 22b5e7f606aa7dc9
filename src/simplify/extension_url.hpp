#pragma once

#include <cstdint>
#include <string_view>

namespace etl::simplify {

/// The url of the Extension at the walker's cursor, which does not move; empty when there is none.
template <class W>
std::string_view extension_url(W& walker) {
  if (walker.cursor.peek() != '{') return {};
  const std::uint32_t* const begin = walker.cursor.position();
  walker.cursor.expect('{', "'{'");
  std::string_view url;
  if (!walker.cursor.empty('}')) {
    do {
      const std::string_view name = walker.plain(walker.cursor.key());
      if (name == "url" && walker.cursor.peek() == '"') {
        url = walker.cursor.string();
        break;
      }
      walker.cursor.skip();
    } while (walker.cursor.more('}'));
  }
  walker.cursor.rewind(begin);
  return url;
}

}  // namespace etl::simplify
