// Long dictionaries, grown from few bytes: many nodes, links and properties, with references that branch, nest and lead
// back. Whatever they are, the work is bounded, and what is accepted holds together.

#include <fuzzer/FuzzedDataProvider.h>

#include <nlohmann/json.hpp>
#include <set>

#include "dictionary/dictionary.hpp"
#include "properties.hpp"

namespace {

using namespace etl;
using fuzz::require;
using Json = nlohmann::ordered_json;

std::string node_name(unsigned number) { return "node_" + std::to_string(number); }
std::string definition(unsigned number) { return "_definitions.yaml#/d" + std::to_string(number); }

/// A schema that leads on to other definitions.
Json schema(FuzzedDataProvider& from, unsigned definitions, int depth) {
  Json out = Json::object();
  const unsigned next = from.ConsumeIntegralInRange<unsigned>(0, definitions);
  switch (from.ConsumeIntegralInRange(0, 6)) {
    case 0:
      out["type"] = "string";
      break;
    case 1:
      out["type"] = Json::array({"null", "integer"});
      break;
    case 2:
      out["$ref"] = definition(next);
      break;
    case 3:
      out["$ref"] = Json::array();
      for (unsigned i = 0; i < 4; ++i) out["$ref"].push_back(definition(next + i));
      break;
    case 4: {
      out["oneOf"] = Json::array();
      const int options = depth > 4 ? 0 : from.ConsumeIntegralInRange(0, 4);
      for (int i = 0; i < options; ++i) out["oneOf"].push_back(schema(from, definitions, depth + 1));
      break;
    }
    case 5:
      out["items"] = depth > 4 ? Json::object() : schema(from, definitions, depth + 1);
      break;
    default:
      out["enum"] = Json::array({"a", "b"});
      break;
  }
  return out;
}

Json link(FuzzedDataProvider& from, unsigned nodes, unsigned number) {
  return {{"name", "link_" + std::to_string(from.ConsumeBool() ? number : 0)},
          {"backref", "back_" + std::to_string(number)},
          {"label", from.ConsumeBool() ? "describes" : "of"},
          {"target_type", node_name(from.ConsumeIntegralInRange<unsigned>(0, nodes))},
          {"multiplicity", "many_to_one"},
          {"required", from.ConsumeBool()}};
}

Json grow(FuzzedDataProvider& from) {
  const unsigned nodes = from.ConsumeIntegralInRange<unsigned>(1, 200);
  const unsigned definitions = from.ConsumeIntegralInRange<unsigned>(0, 60);
  const unsigned properties = from.ConsumeIntegralInRange<unsigned>(0, 60);
  const unsigned links = from.ConsumeIntegralInRange<unsigned>(0, 30);
  const int subgroups = from.ConsumeIntegralInRange(0, 40);
  Json shared = Json::object();
  for (unsigned i = 0; i < definitions; ++i) shared["d" + std::to_string(i)] = schema(from, definitions, 0);
  Json out = {{"_definitions.yaml", std::move(shared)}};
  for (unsigned n = 0; n < nodes; ++n) {
    Json node = {{"id", node_name(from.ConsumeBool() ? n / 2 : n)}, {"title", "Node" + std::to_string(n)}};
    node["links"] = Json::array();
    for (unsigned i = 0; i < links && from.remaining_bytes() > 0; ++i) node["links"].push_back(link(from, nodes, i));
    if (n == 0) {
      for (int i = 0; i < subgroups; ++i) node["links"] = Json::array({{{"subgroup", std::move(node["links"])}}});
    }
    node["properties"] = Json::object();
    for (unsigned i = 0; i < properties && from.remaining_bytes() > 0; ++i) {
      const std::string name = from.ConsumeIntegralInRange(0, 9) == 0 ? "$ref" : "p" + std::to_string(i);
      node["properties"][name] = name == "$ref"
                                     ? Json(definition(from.ConsumeIntegralInRange<unsigned>(0, definitions)))
                                     : schema(from, definitions, 0);
    }
    out[node_name(n) + ".yaml"] = std::move(node);
  }
  return out;
}

void holds_together(const dictionary::Dictionary& dictionary) {
  std::set<std::string> labels;
  for (const auto& node : dictionary.nodes()) {
    require(labels.insert(node.label).second, "two nodes of one label: " + node.label);
    require(node.table.size() <= 63, "a table whose name PostgreSQL cuts: " + node.table);
    std::set<std::string> links;
    for (const auto& link : node.links) require(links.insert(link.name).second, "two links of one name: " + link.name);
    std::set<std::string> properties;
    for (const auto& one : node.properties)
      require(properties.insert(one.name).second, "a property twice: " + one.name);
  }
  for (const auto& edge : dictionary.edges()) {
    require(edge.table.size() <= 63, "a table whose name PostgreSQL cuts: " + edge.table);
    require(labels.contains(edge.src_label) && labels.contains(edge.dst_label), "an edge to no node: " + edge.table);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzedDataProvider from(data, size);
  const std::string text = grow(from).dump();
  const auto refused = fuzz::refusal_of([&] { holds_together(dictionary::Dictionary::parse(text, "d.json")); });
  if (refused)
    require(refused->code == ExitCode::invalid_input && refused->where.starts_with("d.json"), "another error");
  return 0;
}
