// Flat objects whose members come more than once, compared with a map.

#include <fuzzer/FuzzedDataProvider.h>

#include <map>
#include <nlohmann/json.hpp>

#include "properties.hpp"
#include "simplify/object_writer.hpp"

namespace {

using namespace etl;
using fuzz::require;
using nlohmann::json;
using simplify::Rank;

struct Member {
  std::string name;
  Rank rank;
  json value;
};

/// Of one name the latest step wins, of one step the last; extensions under one name become one array.
json model(const std::vector<Member>& members) {
  std::map<std::string, std::vector<const Member*>> by_name;
  for (const Member& member : members) by_name[member.name].push_back(&member);
  json out = json::object();
  for (const auto& [name, all] : by_name) {
    const Member* last = all.front();
    for (const Member* const one : all) {
      if (one->rank >= last->rank) last = one;
    }
    if (last->rank != Rank::extension || all.size() == 1) {
      out[name] = last->value;
      continue;
    }
    json list = json::array();
    for (const Member* const one : all) {
      if (one->value.is_array()) {
        list.insert(list.end(), one->value.begin(), one->value.end());
      } else {
        list.push_back(one->value);
      }
    }
    out[name] = list;
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzedDataProvider from(data, size);
  static simplify::ObjectWriter writer;
  writer.clear();
  std::vector<Member> members;
  while (from.remaining_bytes() > 0 && members.size() < 2000) {
    const auto kind = from.ConsumeIntegral<std::uint8_t>();
    const auto choice = from.ConsumeIntegral<std::uint8_t>();
    const std::string name = "n" + std::to_string(from.ConsumeIntegral<std::uint8_t>() | (kind & 0x80U) << 1U);
    const Rank rank = static_cast<Rank>(kind % 9U);
    const json value = (choice & 3U) == 0   ? json::array({choice, "x"})
                       : (choice & 3U) == 1 ? json::array()
                       : (choice & 3U) == 2 ? json("text " + std::to_string(choice))
                                            : json(choice);
    const simplify::Key key(name);
    if ((choice & 4U) != 0) {
      writer.begin(key, rank);
    } else {
      writer.begin(std::string_view(name), rank);
    }
    if ((choice & 0xF8U) == 0xF8U) {
      writer.put("1");
      writer.drop();
      continue;
    }
    writer.put(value.dump());
    writer.end();
    require(writer.has(key.hash), "a member that is not there");
    members.push_back({name, rank, value});
  }
  Buffer out;
  writer.finish(out);
  const std::string text(out.view(0, out.size()));
  const json parsed = json::parse(text, nullptr, false);
  require(!parsed.is_discarded(), "no JSON: " + text);
  require(parsed == model(members), "another object than a map's: " + text);
  // Each name once: what is written again is as long.
  require(json(parsed).dump().size() == text.size(), "a name that comes twice: " + text);
  return 0;
}
