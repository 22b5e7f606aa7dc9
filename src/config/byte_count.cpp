#include "config/byte_count.hpp"

#include <charconv>
#include <limits>
#include <string>

#include "base/ascii.hpp"
#include "base/text.hpp"

namespace etl::config {
namespace {

std::optional<std::uint64_t> unit_value(std::string_view text) {
  std::string unit = ascii_lower(text);
  if (unit.ends_with('b')) unit.pop_back();
  if (unit.empty()) return 1;
  const bool binary = unit.size() == 2 && unit[1] == 'i';
  if (unit.size() != 1 && !binary) return std::nullopt;
  constexpr std::string_view prefixes = "kmgtpe";
  const auto power = prefixes.find(unit[0]);
  if (power == std::string_view::npos) return std::nullopt;
  std::uint64_t value = 1;
  for (std::size_t i = 0; i <= power; ++i) value *= binary ? 1024 : 1000;
  return value;
}

}  // namespace

std::optional<std::uint64_t> byte_count(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return std::nullopt;
  const auto unit = unit_value(trim(text.substr(static_cast<std::size_t>(end - text.data()))));
  if (!unit || number > std::numeric_limits<std::uint64_t>::max() / *unit) return std::nullopt;
  return number * *unit;
}

}  // namespace etl::config
