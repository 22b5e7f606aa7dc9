#include "dictionary/schema_reader.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "base/error.hpp"

namespace etl::dictionary {
namespace {

// The order of the file is the order of the edges, so it must be kept.
using Json = nlohmann::ordered_json;

constexpr auto shape_hint =
    "a Gen3 dictionary is a JSON object of file name -> JSON schema, as DICTIONARY_URL serves it";
constexpr int deepest_ref = 32;

bool shared_file(std::string_view name) {
  constexpr std::array<std::string_view, 4> prefixes = {"_definitions", "_terms", "_settings", "metaschema"};
  return std::any_of(prefixes.begin(), prefixes.end(), [&](std::string_view p) { return name.starts_with(p); });
}

/// Reads one schema; knows where it stands, for errors.
class SchemaReader {
 public:
  SchemaReader(const Json& all, const std::string& file, const std::string& where)
      : all_(all), file_(file), schema_(all.at(file)), where_(where + " (" + file + ")") {}

  [[nodiscard]] Node read() const {
    if (!schema_.is_object()) fail("the schema is not an object");
    Node node;
    node.label = text(schema_, "id", "");
    node.title = schema_.contains("title") ? text(schema_, "title", "") : node.label;
    if (schema_.contains("category")) node.category = text(schema_, "category", "");
    read_links(node.links, schema_, "links");
    read_unique_keys(node);
    if (const auto* list = member(schema_, "systemProperties"))
      node.system_properties = strings(*list, "systemProperties");
    if (const auto* properties = member(schema_, "properties")) read_properties(node, *properties, file_, 0);
    return node;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw InputError("not a Gen3 dictionary: " + what, where_, shape_hint);
  }

  /// The member, or null when it is absent or null (`nodeTerms: null` is common).
  static const Json* member(const Json& object, const char* key) {
    const auto found = object.find(key);
    return found == object.end() || found->is_null() ? nullptr : &*found;
  }

  [[nodiscard]] std::string text(const Json& object, const char* key, const std::string& at) const {
    const auto* value = member(object, key);
    if (value == nullptr) fail(at + (at.empty() ? "" : ": ") + "'" + key + "' is missing");
    if (!value->is_string()) fail(at + (at.empty() ? "" : ": ") + "'" + key + "' is not a string");
    return value->get<std::string>();
  }

  [[nodiscard]] std::vector<std::string> strings(const Json& list, const std::string& at) const {
    if (!list.is_array()) fail(at + " is not a list");
    std::vector<std::string> out;
    for (const auto& item : list) {
      if (!item.is_string()) fail(at + " holds something else than strings");
      out.push_back(item.get<std::string>());
    }
    return out;
  }

  void read_links(std::vector<Link>& links, const Json& owner, const char* key) const {
    const auto* list = member(owner, key);
    if (list == nullptr) return;
    if (!list->is_array()) fail(std::string(key) + " is not a list");
    for (const auto& entry : *list) {
      if (!entry.is_object()) fail("a link is not an object");
      if (entry.contains("subgroup")) {
        read_links(links, entry, "subgroup");
        continue;
      }
      Link link;
      link.name = text(entry, "name", "a link");
      const auto at = "link " + link.name;
      link.backref = text(entry, "backref", at);
      link.label = text(entry, "label", at);
      link.target_type = text(entry, "target_type", at);
      if (entry.contains("multiplicity")) link.multiplicity = text(entry, "multiplicity", at);
      const auto* required = member(entry, "required");
      link.required = required != nullptr && required->is_boolean() && required->get<bool>();
      const auto same = std::find_if(links.begin(), links.end(), [&](const Link& l) { return l.name == link.name; });
      if (same == links.end()) {
        links.push_back(std::move(link));
      } else {
        *same = std::move(link);
      }
    }
  }

  void read_unique_keys(Node& node) const {
    const auto* keys = member(schema_, "uniqueKeys");
    if (keys == nullptr) return;
    if (!keys->is_array()) fail("uniqueKeys is not a list");
    for (const auto& key : *keys) node.unique_keys.push_back(strings(key, "a unique key"));
  }

  /// `file` is the schema that `properties` stands in: a `$ref` without a file name means that one.
  void read_properties(Node& node, const Json& properties, const std::string& file, int depth) const {
    if (!properties.is_object()) fail("properties is not an object");
    for (const auto& [name, schema] : properties.items()) {
      if (name == "$ref") {
        for (const auto& ref : as_list(schema)) {
          const auto [target, target_file] = resolve(ref, file, depth);
          read_properties(node, *target, target_file, depth + 1);
        }
        continue;
      }
      Property property;
      property.name = name;
      describe(property, schema, file, depth);
      const auto same = std::find_if(node.properties.begin(), node.properties.end(),
                                     [&](const Property& p) { return p.name == property.name; });
      if (same == node.properties.end()) {
        node.properties.push_back(std::move(property));
      } else {
        *same = std::move(property);
      }
    }
  }

  void describe(Property& property, const Json& schema, const std::string& file, int depth) const {
    if (!schema.is_object()) return;
    for (const auto& [key, value] : schema.items()) {
      if (key == "$ref") {
        for (const auto& ref : as_list(value)) {
          const auto [target, target_file] = resolve(ref, file, depth);
          describe(property, *target, target_file, depth + 1);
        }
      } else if (key == "type") {
        for (const auto& type : as_list(value)) {
          if (type.is_string()) add_type(property, type.get<std::string>());
        }
      } else if (key == "oneOf" || key == "anyOf" || key == "allOf") {
        for (const auto& option : as_list(value)) describe(property, option, file, depth);
      } else if (key == "enum") {
        property.enumerated = true;
      } else if (key == "format" && value.is_string()) {
        property.format = value.get<std::string>();
      } else if (key == "items") {
        Property items;
        describe(items, value, file, depth);
        if (!items.types.empty()) property.items = items.types.front();
      }
    }
    if (property.types.empty() && property.enumerated) property.types = {"string"};
  }

  static void add_type(Property& property, const std::string& type) {
    if (std::find(property.types.begin(), property.types.end(), type) == property.types.end()) {
      property.types.push_back(type);
    }
  }

  static std::vector<Json> as_list(const Json& value) {
    if (value.is_array()) return value.get<std::vector<Json>>();
    return {value};
  }

  /// `_definitions.yaml#/UUID` -> what stands there, and its file.
  [[nodiscard]] std::pair<const Json*, std::string> resolve(const Json& ref, const std::string& file, int depth) const {
    if (!ref.is_string()) fail("a $ref is not a string");
    const auto address = ref.get<std::string>();
    if (depth > deepest_ref) fail("the $ref '" + address + "' leads back to itself");
    const auto hash = address.find('#');
    auto target_file = address.substr(0, hash);
    if (target_file.empty()) target_file = file;
    if (!all_.contains(target_file)) fail("the $ref '" + address + "' names a file that the dictionary does not have");
    const auto& root = all_.at(target_file);
    auto pointer = hash == std::string::npos ? std::string() : address.substr(hash + 1);
    while (!pointer.empty() && pointer.back() == '/') pointer.pop_back();
    try {
      const Json::json_pointer at(pointer);
      if (root.contains(at)) return {&root.at(at), target_file};
    } catch (const Json::exception&) {  // a pointer that is none ends as one that leads nowhere
    }
    fail("the $ref '" + address + "' leads nowhere");
  }

  const Json& all_;
  const std::string& file_;
  const Json& schema_;
  std::string where_;
};

Json parse_object(std::string_view json, const std::string& where) {
  Json all;
  try {
    all = Json::parse(json);
  } catch (const Json::parse_error& error) {
    throw InputError("not JSON: the parser stops at byte " + std::to_string(error.byte), where, shape_hint);
  } catch (const Json::out_of_range&) {
    throw InputError("not JSON that can be read: it holds a number that is too large", where, shape_hint);
  }
  if (!all.is_object()) throw InputError("not a Gen3 dictionary: the JSON is not an object", where, shape_hint);
  if (all.contains("id") && all.contains("properties") && all.at("id").is_string()) {
    throw InputError("not a Gen3 dictionary: this is the schema of one node", where, shape_hint);
  }
  return all;
}

}  // namespace

std::vector<Node> read_schemas(std::string_view json, const std::string& where) {
  const auto all = parse_object(json, where);
  std::vector<Node> nodes;
  for (const auto& [file, schema] : all.items()) {
    if (shared_file(file)) continue;
    nodes.push_back(SchemaReader(all, file, where).read());
  }
  if (nodes.empty()) throw InputError("not a Gen3 dictionary: it describes no node", where, shape_hint);
  return nodes;
}

}  // namespace etl::dictionary
