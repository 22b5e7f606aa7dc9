#include "search/document_load.hpp"

#include <nlohmann/json.hpp>
#include <utility>

#include "base/error.hpp"
#include "fhir/json_text.hpp"
#include "search/array_config.hpp"
#include "search/mapping.hpp"

namespace etl::search {
namespace {

using nlohmann::json;

constexpr int kLongestTerm = 8191;

json keyword_field() { return {{"type", "keyword"}, {"ignore_above", kLongestTerm}}; }

}  // namespace

std::vector<DocumentType> document_types(flat::Layout layout, const std::vector<std::string>& types,
                                         const std::string& prefix) {
  std::vector<DocumentType> made;
  for (const std::string& name : types.empty() ? flat::document_types(layout) : types) {
    made.push_back({.name = name, .aliases = guppy_names(prefix, name)});
  }
  return made;
}

json properties_of_columns(const std::vector<flat::Column>& columns) {
  json properties{{"project_id", keyword_field()}, {"auth_resource_path", keyword_field()}};
  for (const flat::Column& column : columns) {
    if (!is_guppy_name(column.name))
      throw InternalError("a column has a name that guppy does not take: " + column.name);
    properties[column.name] =
        column.kind == flat::Kind::keyword ? keyword_field() : json{{"type", std::string(flat::name_of(column.kind))}};
  }
  return properties;
}

DocumentLoad::DocumentLoad(Server& server, LoadRequest request)
    : types_(request.types), dry_run_(request.dry_run), load_(make_load(server, std::move(request))) {}

bool DocumentLoad::begin(std::span<const flat::DocumentSet> sets, std::string_view digest) {
  sets_.assign(sets.begin(), sets.end());
  for (std::size_t n = 0; n < sets.size(); ++n) {
    types_.at(n).properties = properties_of_columns(sets[n].columns);
    std::vector<std::string> lists;
    for (const flat::Column& column : sets[n].columns) {
      if (column.array) lists.push_back(column.name);
    }
    types_[n].list_fields = std::move(lists);
  }
  load_->describe(std::string(digest), types_);
  if (load_->is_unchanged()) return false;
  load_->begin();
  return !dry_run_;
}

void DocumentLoad::take(std::size_t set, std::span<const flat::Document> documents) {
  std::string plain;
  for (const flat::Document& document : documents) {
    std::string_view id = document.id;
    if (id.find('\\') != std::string_view::npos) {
      plain.clear();
      fhir::unescape(id, plain);
      id = plain;
    }
    load_->add(set, id, document.json);
  }
}

}  // namespace etl::search
