// The record of the discovery page, as metadata-service may answer it. A record that is accepted is JSON before and
// after the edit, everything that is curated keeps its value, and a second edit changes nothing.

#include <algorithm>
#include <nlohmann/json.hpp>

#include "discovery/record.hpp"
#include "properties.hpp"

namespace {

using etl::fuzz::require;
using nlohmann::json;
namespace discovery = etl::discovery;

discovery::Description description() {
  discovery::Description wanted{.project = etl::ProjectId::parse("aced-Lung")};
  wanted.study.title = "A title with \"quotes\"";
  wanted.study.patients = 7;
  wanted.commons_url = "commons.example.org";
  wanted.manifest = discovery::Description::Manifest::remove;
  return wanted;
}

/// Objects that name a member twice mean different things to different readers; numbers that no double holds are
/// refused by nlohmann alone.
bool has_one_meaning(std::string_view text, json& value) {
  bool twice = false;
  std::vector<std::vector<std::string>> names;
  const auto note = [&](int, json::parse_event_t event, json& parsed) {
    if (event == json::parse_event_t::object_start) names.emplace_back();
    if (event == json::parse_event_t::object_end) names.pop_back();
    if (event == json::parse_event_t::key) {
      auto& known = names.back();
      twice = twice || std::ranges::find(known, parsed.get<std::string>()) != known.end();
      known.push_back(parsed.get<std::string>());
    }
    return true;
  };
  value = json::parse(text, note, false);
  return !value.is_discarded() && !twice;
}

bool is_json(std::string_view text) {
  try {
    static_cast<void>(json::parse(text));
    return true;
  } catch (const json::out_of_range&) {  // a number that no double holds
    return true;
  } catch (const json::exception&) {
    return false;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string record(etl::fuzz::text_of(data, size));
  if (etl::fuzz::holds_secret(record)) return 0;  // a message may name the type of another document
  json before;
  if (!has_one_meaning(record, before)) {
    const auto refused = etl::fuzz::refusal_of([&] { static_cast<void>(discovery::edit(record, description())); });
    require(refused || is_json(record), "accepted what is not JSON");
    return 0;
  }
  discovery::Edited edited;
  if (etl::fuzz::refusal_of([&] { edited = discovery::edit(record, description()); })) return 0;

  json after = json::parse(edited.record);
  require(after.at("_guid_type") == "discovery_metadata", "another type of document");
  require(after.at("gen3_discovery").at("authz") == "/programs/aced/projects/Lung", "another project's record");
  for (const auto& [name, value] : before.items()) {
    if (name == "_guid_type" || name == "gen3_discovery") continue;
    require(after.at(name) == value, "a curated member of the top level changed: " + name);
  }
  const json members = json::parse(edited.members);
  require(members.size() == 2, "more is written than is ours");
  require(members.at("gen3_discovery") == after.at("gen3_discovery"), "the record and what is written differ");
  require(discovery::edit(edited.record, description()).changed.empty(), "a second edit changes something");
  static_cast<void>(etl::fuzz::refusal_of([&] { static_cast<void>(discovery::curated_members(edited.record)); }));
  return 0;
}
