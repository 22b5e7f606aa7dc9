#include "search/mapping.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/error.hpp"
#include "base/text.hpp"

namespace etl::search {
namespace {

using nlohmann::json;

/// Types that guppy 0.20 maps to GraphQL; any other one ends it.
constexpr std::array<std::string_view, 11> kGuppyTypes{
    "text", "keyword", "integer", "long", "short", "byte", "double", "float", "half_float", "scaled_float", "nested"};

constexpr std::array<std::string_view, 4> kWholeNumbers{"byte", "short", "integer", "long"};

/// Does a field of type `there` take every value that one of type `wanted` would?
bool takes_all(std::string_view there, std::string_view wanted) {
  if (there == wanted) return true;
  if (there == "keyword" || there == "text") return wanted != "nested" && wanted != "object";
  if (there == "double") return wanted == "float" || std::ranges::find(kWholeNumbers, wanted) != kWholeNumbers.end();
  const auto* const wide = std::ranges::find(kWholeNumbers, there);
  const auto* const narrow = std::ranges::find(kWholeNumbers, wanted);
  return wide != kWholeNumbers.end() && narrow != kWholeNumbers.end() && narrow <= wide;
}

}  // namespace

void UnionMapping::add_existing(const json& fields, const std::string& from) { add(fields, from, false); }

void UnionMapping::add_wanted(const json& fields) { add(fields, "the documents to load", true); }

void UnionMapping::add(const json& fields, const std::string& from, bool wanted) {
  for (const auto& [name, field] : fields.items()) {
    const auto there = properties.find(name);
    if (there == properties.end()) {
      properties[name] = field;
      origins[name] = from;
      continue;
    }
    const std::string type = type_of_field(*there);
    const std::string other = type_of_field(field);
    if (type == other && (type == "nested" || type == "object")) {
      UnionMapping inner;
      inner.properties = properties_of(*there);
      inner.add(properties_of(field), from, wanted);
      (*there)["properties"] = inner.properties;
    } else if (wanted && !takes_all(type, other)) {
      throw RefusedError(
          fmt::format("the field {} has the type {} in {}, but must be {}", name, type, origins.value(name, "an index"),
                      other),
          {},
          "all indexes behind one alias must agree: load the project of that index again, or remove the index with "
          "`aced-etl search rm`; nothing was sent");
    }
  }
}

json UnionMapping::missing_in(const json& have) const {
  json missing = json::object();
  for (const auto& [name, field] : properties.items()) {
    const auto there = have.find(name);
    if (there == have.end()) {
      missing[name] = field;
    } else if (const json inner = properties_of(field); !inner.empty()) {
      UnionMapping whole;
      whole.properties = inner;
      const json lacks = whole.missing_in(properties_of(*there));
      if (!lacks.empty()) missing[name] = {{"type", type_of_field(field)}, {"properties", lacks}};
    }
  }
  return missing;
}

std::vector<std::string> UnionMapping::fields_unknown_to(const std::vector<const Index*>& indexes) const {
  std::vector<std::string> unknown;
  for (const std::string& name : names_of_fields(properties)) {
    const auto has_field = [&](const Index* index) { return properties_of(index->mapping).contains(name); };
    if (std::ranges::none_of(indexes, has_field)) unknown.push_back(name);
  }
  return unknown;
}

UnionMapping plan_fields(const Server& server, const std::vector<const Index*>& indexes, const DocumentType& type) {
  UnionMapping mapping;
  std::uint64_t limit = UINT64_MAX;
  for (const Index* index : indexes) {
    mapping.add_existing(properties_of(index->mapping), index->name);
    limit = std::min(limit, index->field_limit);
  }
  mapping.add_wanted(type.properties);
  const std::uint64_t fields = count_fields(mapping.properties);
  if (fields > limit) {
    throw RefusedError(fmt::format("the type {} has {} fields, but an index behind the alias {} takes {}", type.name,
                                   human_count(fields), type.aliases.front(), human_count(limit)),
                       net::without_query(server.url()),
                       "raise index.mapping.total_fields.limit of all indexes behind the alias; nothing was sent");
  }
  return mapping;
}

json properties_of(const json& mapping) {
  if (!mapping.is_object()) return json::object();
  const auto found = mapping.find("properties");
  return found != mapping.end() && found->is_object() ? *found : json::object();
}

std::vector<std::string> names_of_fields(const json& properties) {
  std::vector<std::string> names;
  for (const auto& [name, field] : properties.items()) names.push_back(name);
  return names;
}

std::string type_of_field(const json& field) {
  const auto type = field.is_object() ? field.find("type") : field.end();
  return field.is_object() && type != field.end() && type->is_string() ? type->get<std::string>() : "object";
}

std::uint64_t count_fields(const json& properties) {
  std::uint64_t count = 0;
  for (const auto& [name, field] : properties.items()) {
    count += 1 + count_fields(properties_of(field));
    if (field.is_object() && field.contains("fields")) count += field["fields"].size();
  }
  return count;
}

bool is_guppy_type(std::string_view type) { return std::ranges::find(kGuppyTypes, type) != kGuppyTypes.end(); }

bool is_guppy_name(std::string_view name) {
  const auto letter = [](char c) { return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  if (name.empty() || !letter(name.front()) || name.starts_with("__") || name == "_matched") return false;
  return std::ranges::all_of(name, [&](char c) { return letter(c) || digit(c); });
}

}  // namespace etl::search
