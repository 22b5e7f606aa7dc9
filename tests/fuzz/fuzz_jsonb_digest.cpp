// Digests of JSON as PostgreSQL would store it: how it is written must not matter, what it says must.

#include <nlohmann/json.hpp>

#include "graph/snapshot/jsonb_digest.hpp"
#include "properties.hpp"

namespace {

using etl::fuzz::require;
using nlohmann::json;

/// nlohmann writes doubles in its own way, which is another number to PostgreSQL, and keeps one of two equal names.
bool is_plain(const json& value) {
  if (value.is_number_float()) return false;
  if (!value.is_structured()) return true;
  return std::all_of(value.begin(), value.end(), is_plain);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = etl::fuzz::text_of(data, size);
  static etl::graph::JsonbDigest digest;
  const std::string project = R"("project_id":"p-c")";
  const auto value = digest.of(text, project);
  require(digest.of(text, project) == value, "a digest that depends on what came before");
  if (!value) return 0;
  const json parsed = json::parse(text, nullptr, false);
  if (parsed.is_discarded() || !parsed.is_object() || parsed.contains("project_id") || !is_plain(parsed)) return 0;
  const std::string compact = parsed.dump();
  const auto again = digest.of(compact, project);
  if (again) require(again == value, "how it is written changes the digest: " + compact);
  if (const auto wide = digest.of(parsed.dump(2), project)) require(wide == value, "white space changes the digest");
  json other = parsed;
  other["another member"] = 1;
  if (const auto more = digest.of(other.dump(), project)) {
    require(parsed.contains("another member") || more != value, "another object of the same digest");
  }
  return 0;
}
