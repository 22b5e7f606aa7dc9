// Numbers of bytes in settings ("64MiB"), compared with a slow reading of the same rules in 128 bits.

#include <limits>
#include <map>

#include "base/text.hpp"
#include "config/byte_count.hpp"
#include "properties.hpp"

namespace {

__extension__ using Wide = unsigned __int128;

std::optional<std::uint64_t> model(std::string_view text) {
  static const std::map<std::string, std::uint64_t, std::less<>> units = [] {
    std::map<std::string, std::uint64_t, std::less<>> out{{"", 1}, {"b", 1}};
    std::uint64_t decimal = 1;
    std::uint64_t binary = 1;
    for (const char prefix : std::string("kmgtpe")) {
      decimal *= 1000;
      binary *= 1024;
      for (const char* const byte : {"", "b"}) {
        out[std::string(1, prefix) + byte] = decimal;
        out[std::string(1, prefix) + 'i' + byte] = binary;
      }
    }
    return out;
  }();
  constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
  Wide value = 0;
  std::size_t digits = 0;
  while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9') {
    value = value * 10 + static_cast<unsigned>(text[digits++] - '0');
    if (value > most) return std::nullopt;
  }
  if (digits == 0) return std::nullopt;
  std::string unit(etl::trim(text.substr(digits)));
  for (char& c : unit) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  const auto found = units.find(unit);
  if (found == units.end() || value * found->second > most) return std::nullopt;
  return static_cast<std::uint64_t>(value * found->second);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using etl::fuzz::require;
  const std::string_view text = etl::fuzz::text_of(data, size);
  const auto bytes = etl::config::byte_count(text);
  require(bytes == model(text), "another number of bytes than the rules give: " + std::string(text));
  if (bytes) require(etl::config::byte_count(std::to_string(*bytes)) == bytes, "a number that is read as another");
  return 0;
}
