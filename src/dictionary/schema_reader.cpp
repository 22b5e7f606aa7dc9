#include "dictionary/schema_reader.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/bounded_json.hpp"
#include "base/error.hpp"

namespace etl::dictionary {
namespace {

// The order of the file is the order of the edges, so it must be kept.
using Json = nlohmann::ordered_json;

constexpr auto shape_hint = "name the document that DICTIONARY_URL serves: a JSON object of file name -> JSON schema";
/// Of `$ref`, oneOf, anyOf, allOf, items and subgroup within each other. Real dictionaries need five.
constexpr int deepest = 32;
/// Steps that all properties and links of a dictionary may take. The largest real dictionary takes 30,000.
constexpr std::size_t most_steps = 2'000'000;
/// Comparisons of member names while the JSON is read: its objects are lists, in which each new name is looked for.
constexpr std::size_t most_comparisons = 500'000'000;
constexpr JsonBounds json_bounds{.depth = 64, .bytes = std::size_t{16} << 20U};

bool shared_file(std::string_view name) {
  constexpr std::array<std::string_view, 4> prefixes = {"_definitions", "_terms", "_settings", "metaschema"};
  return std::any_of(prefixes.begin(), prefixes.end(), [&](std::string_view p) { return name.starts_with(p); });
}

/// What the schemas of a dictionary share while they are read.
class Shared {
 public:
  Shared(const Json& all, std::string where) : all_(all), where_(std::move(where)) {}

  struct Target {
    const Json* schema = nullptr;       ///< null: it leads nowhere
    const std::string* file = nullptr;  ///< null: the dictionary has no such file
  };

  /// What stands at `_definitions.yaml#/UUID`, and its file; `file` is where the reference itself stands. Each address
  /// is looked up once.
  const Target& find(const std::string& address, const std::string& file) {
    const auto hash = address.find('#');
    const auto target_file = hash == 0 ? file : address.substr(0, hash);
    auto pointer = hash == std::string::npos ? std::string() : address.substr(hash + 1);
    while (!pointer.empty() && pointer.back() == '/') pointer.pop_back();
    const auto [known, fresh] = found_.try_emplace({target_file.empty() ? file : target_file, pointer});
    if (!fresh) return known->second;
    const auto root = all_.find(known->first.first);
    if (root == all_.end()) return known->second;
    known->second.file = &known->first.first;
    try {
      const Json::json_pointer at(pointer);
      if (root->contains(at)) known->second.schema = &root->at(at);
    } catch (const Json::exception&) {  // a malformed pointer ends as one that leads nowhere
    }
    return known->second;
  }

  /// False when the whole dictionary took too many steps.
  [[nodiscard]] bool step(std::size_t count) {
    steps_ += count;
    return steps_ <= most_steps;
  }

  [[nodiscard]] const Json& all() const { return all_; }
  [[nodiscard]] const std::string& where() const { return where_; }

 private:
  const Json& all_;
  std::string where_;
  std::map<std::pair<std::string, std::string>, Target> found_;
  std::size_t steps_ = 0;
};

/// Reads one schema; knows its place, for errors.
class SchemaReader {
 public:
  SchemaReader(Shared& shared, const std::string& file)
      : shared_(shared), file_(file), schema_(shared.all().at(file)), where_(shared.where() + " (" + file + ")") {}

  [[nodiscard]] Node read() {
    if (!schema_.is_object()) fail("the schema is not an object");
    Node node;
    node.label = text(schema_, "id", "");
    node.title = schema_.contains("title") ? text(schema_, "title", "") : node.label;
    if (schema_.contains("category")) node.category = text(schema_, "category", "");
    read_links(node.links, schema_, "links", 0);
    read_unique_keys(node);
    if (const auto* list = member(schema_, "systemProperties"))
      node.system_properties = strings(*list, "systemProperties");
    if (const auto* properties = member(schema_, "properties")) read_properties(node, *properties, file_, 0);
    return node;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw InputError("this is not a Gen3 dictionary: " + what, where_, shape_hint);
  }

  /// Counts work, and bounds how deep it goes; `at` names the place.
  void step(const std::string& at, int depth, std::size_t count = 1) {
    if (depth > deepest) {
      fail(at + " is nested deeper than " + std::to_string(deepest) + " levels, or refers to itself");
    }
    if (!shared_.step(count)) fail(at + ": the dictionary's references take too many steps to follow");
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
      if (!item.is_string()) fail(at + " must hold only strings");
      out.push_back(item.get<std::string>());
    }
    return out;
  }

  void read_links(std::vector<Link>& links, const Json& owner, const char* key, int depth) {
    step(key, depth);
    const auto* list = member(owner, key);
    if (list == nullptr) return;
    if (!list->is_array()) fail(std::string(key) + " is not a list");
    for (const auto& entry : *list) {
      if (!entry.is_object()) fail("a link is not an object");
      if (entry.contains("subgroup")) {
        read_links(links, entry, "subgroup", depth + 1);
        continue;
      }
      Link link;
      link.name = text(entry, "name", "a link");
      const auto at = "link " + link.name;
      step(at, depth, links.size() + 1);
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
  void read_properties(Node& node, const Json& properties, const std::string& file, int depth) {
    if (!properties.is_object()) fail("properties is not an object");
    for (const auto& [name, schema] : properties.items()) {
      if (name == "$ref") {
        each(schema, [&](const Json& ref) {
          const auto [target, target_file] = resolve(ref, file, depth);
          read_properties(node, *target, *target_file, depth + 1);
        });
        continue;
      }
      Property property;
      property.name = name;
      describe(property, schema, file, depth);
      const auto [place, fresh] = property_places_.try_emplace(name, node.properties.size());
      if (fresh) {
        node.properties.push_back(std::move(property));
      } else {
        node.properties[place->second] = std::move(property);
      }
    }
  }

  void describe(Property& property, const Json& schema, const std::string& file, int depth) {
    step("the property " + property.name, depth, property.types.size() + 1);
    if (!schema.is_object()) return;
    for (const auto& [key, value] : schema.items()) {
      if (key == "$ref") {
        each(value, [&](const Json& ref) {
          const auto [target, target_file] = resolve(ref, file, depth);
          describe(property, *target, *target_file, depth + 1);
        });
      } else if (key == "type") {
        each(value, [&](const Json& type) {
          step("the types of " + property.name, depth, property.types.size() + 1);
          if (type.is_string()) add_type(property, type.get<std::string>());
        });
      } else if (key == "oneOf" || key == "anyOf" || key == "allOf") {
        each(value, [&](const Json& option) { describe(property, option, file, depth + 1); });
      } else if (key == "enum") {
        property.enumerated = true;
      } else if (key == "format" && value.is_string()) {
        property.format = value.get<std::string>();
      } else if (key == "items") {
        Property items;
        items.name = property.name;
        describe(items, value, file, depth + 1);
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

  /// The value's items where it is a list, else the value.
  template <typename Take>
  static void each(const Json& value, Take&& take) {
    if (!value.is_array()) return take(value);
    for (const Json& item : value) take(item);
  }

  /// `_definitions.yaml#/UUID` -> what stands there, and its file.
  [[nodiscard]] std::pair<const Json*, const std::string*> resolve(const Json& ref, const std::string& file,
                                                                   int depth) {
    if (!ref.is_string()) fail("a $ref is not a string");
    const auto& address = ref.get_ref<const std::string&>();
    step("the $ref '" + address + "'", depth);
    const auto& target = shared_.find(address, file);
    if (target.file == nullptr) fail("the $ref '" + address + "' names a file that is not part of the dictionary");
    if (target.schema == nullptr) fail("the $ref '" + address + "' does not resolve");
    return {target.schema, target.file};
  }

  Shared& shared_;
  const std::string& file_;
  const Json& schema_;
  std::string where_;
  std::map<std::string, std::size_t, std::less<>> property_places_;
};

/// How many comparisons of names the parser makes for the text's objects, which it keeps as lists; an estimate from the
/// colons outside of strings. Stops counting beyond most_comparisons.
std::size_t comparisons(std::string_view json) {
  std::vector<std::size_t> names;  // of each open object or array
  std::size_t sum = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < json.size() && sum <= most_comparisons; ++i) {
    const char c = json[i];
    if (in_string) {
      if (c == '\\') ++i;
      in_string = c != '"';
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      names.push_back(0);
    } else if ((c == '}' || c == ']') && !names.empty()) {
      names.pop_back();
    } else if (c == ':' && !names.empty()) {
      sum += names.back()++;
    }
  }
  return sum;
}

Json parse_bounded(std::string_view json, const std::string& where) {
  if (const auto broken = out_of_bounds(json, json_bounds)) {
    throw InputError("the dictionary cannot be read: it is " + *broken, where, shape_hint);
  }
  if (comparisons(json) > most_comparisons) {
    throw InputError("the dictionary cannot be read: its objects have too many members", where, shape_hint);
  }
  try {
    return parse_ordered_json(json, where, json_bounds);
  } catch (const InputError& error) {
    throw InputError(error.what(), where, shape_hint);
  }
}

Json parse_object(std::string_view json, const std::string& where) {
  Json all = parse_bounded(json, where);
  if (!all.is_object()) throw InputError("this is not a Gen3 dictionary: it is not a JSON object", where, shape_hint);
  if (all.contains("id") && all.contains("properties") && all.at("id").is_string()) {
    throw InputError("this is not a Gen3 dictionary: it is the schema of a single node", where, shape_hint);
  }
  return all;
}

}  // namespace

std::vector<Node> read_schemas(std::string_view json, const std::string& where) {
  const auto all = parse_object(json, where);
  Shared shared(all, where);
  std::vector<Node> nodes;
  for (const auto& [file, schema] : all.items()) {
    if (shared_file(file)) continue;
    nodes.push_back(SchemaReader(shared, file).read());
  }
  if (nodes.empty()) throw InputError("this is not a Gen3 dictionary: it describes no nodes", where, shape_hint);
  return nodes;
}

}  // namespace etl::dictionary
