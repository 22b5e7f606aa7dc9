#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "search/generations.hpp"
#include "search/load.hpp"

/// The mappings of all indexes behind one alias. guppy reads that of any one of them, and fields that differ give wrong
/// answers or stop it, so they all have the same fields.
namespace etl::search {

/// What the indexes behind an alias have in common, as far as it is known.
struct UnionMapping {
  nlohmann::json properties = nlohmann::json::object();

  /// Adds the fields of an index that is there already. Of two types for one field the first counts.
  void add_existing(const nlohmann::json& fields, const std::string& from);
  /// Adds the fields of the documents that are to be loaded. The type of a field that is there already wins when it
  /// takes every value; else RefusedError that names both.
  void add_wanted(const nlohmann::json& fields);
  /// Those of the fields that `have` lacks.
  [[nodiscard]] nlohmann::json missing_in(const nlohmann::json& have) const;
  /// Names of the fields that none of these indexes has.
  [[nodiscard]] std::vector<std::string> fields_unknown_to(const std::vector<const Index*>& indexes) const;

  nlohmann::json origins = nlohmann::json::object();  ///< by field: which index it was first found in

 private:
  void add(const nlohmann::json& fields, const std::string& from, bool wanted);
};

/// The fields that all indexes behind the first alias of `type` are to have: those of `indexes`, which are there, and
/// those of the type. Changes nothing. RefusedError when a field has a type that does not take the type's values, or
/// when one of the indexes does not take so many fields.
[[nodiscard]] UnionMapping plan_fields(const Server& server, const std::vector<const Index*>& indexes,
                                       const DocumentType& type);

/// `properties` of a mapping; an empty object when it has none.
[[nodiscard]] nlohmann::json properties_of(const nlohmann::json& mapping);
/// The names of these fields.
[[nodiscard]] std::vector<std::string> names_of_fields(const nlohmann::json& properties);
/// The type of a field; "object" when it has none.
[[nodiscard]] std::string type_of_field(const nlohmann::json& field);
/// How many fields count for index.mapping.total_fields.limit: all, with those inside others and below `fields`.
[[nodiscard]] std::uint64_t count_fields(const nlohmann::json& properties);

/// Does guppy accept a field of this type? It ends at the first one that it does not know.
[[nodiscard]] bool is_guppy_type(std::string_view type);
/// Does guppy accept a field of this name? It must be a name in GraphQL.
[[nodiscard]] bool is_guppy_name(std::string_view name);

}  // namespace etl::search
