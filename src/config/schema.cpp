#include "config/schema.hpp"

#include <string>
#include <string_view>

#include "config/etl_yaml.hpp"

namespace etl::config {
namespace {

using Json = nlohmann::ordered_json;

/// A value that the environment is put into is not known here.
constexpr std::string_view kVariable = R"(.*\$\{.*)";

Json text_like(std::string_view pattern) {
  return {{"type", "string"}, {"pattern", "^(" + std::string(pattern) + "|" + std::string(kVariable) + ")$"}};
}

Json any_of(Json first, Json second) {
  return {{"anyOf", Json::array({std::move(first), std::move(second), Json{{"type", "null"}}})}};
}

/// What a value may be. Null everywhere: a key without a value is left out.
Json value_schema(std::string_view type, unsigned most, std::string_view pattern = {}) {
  if (type == "YES|NO") {
    return any_of({{"type", "boolean"}}, text_like("[Yy][Ee][Ss]|[Nn][Oo]|[Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee]"));
  }
  if (type == "N" || type == "MIB") {
    Json number{{"type", "integer"}, {"minimum", 1}};
    if (most != 0) number["maximum"] = most;
    return any_of(std::move(number), text_like("0*[1-9][0-9]*"));
  }
  if (type == "BYTES") {
    return any_of({{"type", "integer"}, {"minimum", 0}}, text_like("[0-9]+ *([KkMmGgTtPpEe][Ii]?)?[Bb]?"));
  }
  if (!choices(type).empty()) {
    return {{"anyOf", Json::array({text_like(type), Json{{"type", "null"}}})}};
  }
  if (type == "LIST") {
    const Json text{{"type", Json::array({"string", "number"})}};
    return any_of(text, {{"type", "array"}, {"items", text}});
  }
  if (!pattern.empty()) return any_of(text_like(pattern), {{"type", "integer"}});
  // YAML takes a name of digits for a number; the program takes it as it is written.
  return {{"type", type == "TEXT" ? Json::array({"string", "number", "null"}) : Json::array({"string", "null"})}};
}

Json described(std::string_view help, const Json& value) {
  Json out{{"description", help}};
  out.update(value);
  return out;
}

/// The default, where it is the same everywhere.
bool is_literal(std::string_view fallback) { return !fallback.empty() && !fallback.starts_with('<'); }

Json closed_object(bool nullable) {
  return {{"type", nullable ? Json::array({"object", "null"}) : Json("object")},
          {"additionalProperties", false},
          {"properties", Json::object()}};
}

void add_setting(Json& root, const Key& key) {
  Json* object = &root;
  std::string_view name = key.name;
  for (auto dot = name.find('.'); dot != std::string_view::npos; dot = name.find('.')) {
    Json& group = (*object)["properties"][std::string(name.substr(0, dot))];
    if (group.is_null()) group = closed_object(true);
    object = &group;
    name.remove_prefix(dot + 1);
  }
  // Whatever else it is, a secret is named by a variable and not written out.
  static const Json secret{{"type", Json::array({"string", "null"})}, {"pattern", R"(^(\$\{[A-Za-z0-9_]+(:-)?\})?$)"}};
  Json value = described(key.help, key.secret ? secret : value_schema(key.type, key.most));
  if (is_literal(key.fallback)) value["default"] = key.fallback;
  (*object)["properties"][std::string(name)] = std::move(value);
}

Json study_list() {
  Json study = closed_object(false);
  study["required"] = Json::array({"name"});
  for (const StudyKey& key : study_keys()) {
    study["properties"][std::string(key.name)] = described(key.help, value_schema(key.type, 0, key.pattern));
  }
  return {{"description", "the studies that a run serves, in this order"},
          {"type", Json::array({"array", "null"})},
          {"items", std::move(study)}};
}

}  // namespace

Json etl_yaml_schema() {
  Json root{{"$schema", "https://json-schema.org/draft/2020-12/schema"},
            {"title", "etl.yaml"},
            {"description",
             "What aced-etl serves and with which settings. In every value ${NAME} is the environment's, ${NAME:-x} "
             "has a default, and $${ is a literal ${."}};
  root.update(closed_object(true));
  for (const Key& key : known_keys()) {
    if (key.name != kItself) add_setting(root, key);
  }
  root["properties"]["studies"] = study_list();
  return root;
}

}  // namespace etl::config
