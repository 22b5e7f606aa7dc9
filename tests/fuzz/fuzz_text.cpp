// Foreign text on its way to terminals, logs and JSON.

#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "properties.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using etl::fuzz::require;
  const std::string_view text = etl::fuzz::text_of(data, size);

  const std::string shown = etl::printable(text);
  for (const char c : shown) {
    const auto code = static_cast<unsigned char>(c);
    require((code >= 0x20 && code != 0x7F) || c == '\n' || c == '\t', "a control character is shown");
  }
  require(etl::fuzz::is_utf8(shown), "bytes are shown that are not UTF-8");
  for (const std::string_view hidden : {"\xC2\x85", "\xC2\x9B", "\xE2\x80\x8F", "\xE2\x80\xAE", "\xE2\x81\xA6"}) {
    require(shown.find(hidden) == std::string::npos, "a character is shown that changes how others are shown");
  }
  require(etl::printable(shown) == shown, "what is printable is not printable");

  const auto parsed = nlohmann::json::parse(etl::json_quote(text), nullptr, false);
  require(parsed.is_string(), "a quoted text that is no JSON");
  if (etl::fuzz::is_utf8(text)) require(parsed == std::string(text), "a quoted text is another one");

  const std::string_view trimmed = etl::trim(text);
  require(etl::trim(trimmed) == trimmed, "a trimmed text that can be trimmed");
  require(etl::width_of(text) <= size, "wider than its bytes");
  static const std::vector<std::string> words{"database.host", "dictionary", "studies", "x"};
  if (size < 200) {
    const std::string nearest = etl::nearest(text, words);
    require(nearest.empty() || std::find(words.begin(), words.end(), nearest) != words.end(), "a word of its own");
  }
  const std::string snake = etl::snake_case(text);
  require(etl::snake_case(snake) == snake, "a snake-case name that changes");
  return 0;
}
