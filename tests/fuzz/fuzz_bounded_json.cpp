// The limits of foreign JSON: what is accepted is as shallow as they say, and what is as shallow is accepted.

#include <nlohmann/json.hpp>

#include "base/bounded_json.hpp"
#include "properties.hpp"

namespace {

using etl::fuzz::require;
using nlohmann::json;

constexpr etl::JsonBounds kBounds{.depth = 8, .bytes = 4000};

std::size_t depth_of(const json& value) {
  if (!value.is_structured()) return 0;
  std::size_t deepest = 0;
  for (const json& one : value) deepest = std::max(deepest, depth_of(one));
  return deepest + 1;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = etl::fuzz::text_of(data, size);
  json parsed;
  const auto refused = etl::fuzz::refusal_of([&] { parsed = etl::parse_json(text, "here", kBounds); });
  const json tried = etl::try_parse_json(text, kBounds);
  // Numbers that no double holds are refused by both; anything else must agree.
  require(tried.is_discarded() == refused.has_value(), "two readings of one text");
  if (refused) {
    require(refused->code == etl::ExitCode::invalid_input && refused->where == "here", "another error");
    // nlohmann takes a NUL for the end.
    if (size > kBounds.bytes || text.find('\0') != std::string_view::npos) return 0;
    const json unbounded = json::parse(text, nullptr, false);
    require(unbounded.is_discarded() || depth_of(unbounded) > kBounds.depth, "refused within the limits");
    return 0;
  }
  require(text.find('\0') == std::string_view::npos, "accepted with a NUL");
  require(size <= kBounds.bytes && depth_of(parsed) <= kBounds.depth, "accepted beyond the limits");
  require(tried == parsed, "two values of one text");
  return 0;
}
