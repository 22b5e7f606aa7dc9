#pragma once

#include <map>
#include <string>
#include <string_view>

#include "dictionary/dictionary.hpp"

namespace etl::graph {

/// What a person calls the graph's tables: `document_reference`, `task —output→ document_reference`.
class LinkNames {
 public:
  /// `dictionary` may be null: then names are made of those of the tables.
  explicit LinkNames(const dictionary::Dictionary* dictionary);

  [[nodiscard]] std::string node(const std::string& table) const;
  /// `src` and `dst`: the node tables at both ends, for a table that the dictionary does not have.
  [[nodiscard]] std::string edge(const std::string& table, const std::string& src, const std::string& dst) const;

 private:
  std::map<std::string, std::string, std::less<>> names_;  ///< by table
};

/// Per edge table that peregrine does not show in its own right: the table whose edges it shows instead. It answers
/// every link between the same two types with the edges of the first of them.
[[nodiscard]] std::map<std::string, std::string> hidden_by_peregrine(const dictionary::Dictionary& dictionary);

}  // namespace etl::graph
