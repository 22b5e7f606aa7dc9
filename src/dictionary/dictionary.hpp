#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "dictionary/names.hpp"

namespace etl::dictionary {

/// An edge as its source node declares it.
struct Link {
  std::string name;     ///< the link's name at the source: `subject_Patient`
  std::string backref;  ///< its name at the destination
  std::string label;
  std::string target_type;  ///< the destination's label
  std::string multiplicity;
  bool required = false;
};

/// What the dictionary says of one property, as far as search mappings need it.
struct Property {
  std::string name;
  std::vector<std::string> types;  ///< JSON types, `null` included where allowed; empty when nothing is said
  std::string items;               ///< the JSON type of an array's items, or empty
  std::string format;              ///< `date`, `date-time`, …, or empty
  bool enumerated = false;
};

/// A kind of record.
struct Node {
  std::string label;       ///< `id` in the dictionary: `research_study`
  std::string title;       ///< `ResearchStudy`, `Core Metadata Collection`
  std::string class_name;  ///< made of the label: `ResearchStudy`, `CoreMetadataCollection`
  std::string category;
  std::string table;        ///< `node_researchstudy`
  std::vector<Link> links;  ///< subgroups flattened; of two links of one name the later one counts
  std::vector<std::vector<std::string>> unique_keys;
  std::vector<std::string> system_properties;
  std::vector<Property> properties;
};

/// An edge table.
struct Edge {
  std::string table;
  std::string label;
  std::string src_class, dst_class;
  std::string src_table, dst_table;
  std::string name;     ///< the link's name at the source
  std::string backref;  ///< the link's name at the destination
  std::string src_label, dst_label;
};

/// A Gen3 data dictionary: a JSON object, file name -> JSON schema. The labels `root` and `data_release` (edge:
/// data_release describes root) exist in every graph and come first, unless the dictionary brings its own.
/// A value: copies share what was parsed.
class Dictionary {
 public:
  /// Reads `http(s)://…`, `file://…` or a path. Throws UsageError when the file cannot be read or is not a dictionary,
  /// and what net::fetch throws when the server does not answer or refuses.
  [[nodiscard]] static Dictionary load(const std::string& url_or_file);

  /// `where` names the source in errors. Throws InputError, with the place inside the dictionary, for what is not one.
  [[nodiscard]] static Dictionary parse(std::string_view json, const std::string& where);

  /// Nodes in the dictionary's order.
  [[nodiscard]] const std::vector<Node>& nodes() const { return content_->nodes; }
  /// By title (`Patient`), else by class name. Null when there is none.
  [[nodiscard]] const Node* by_title(std::string_view title) const;
  [[nodiscard]] const Node* by_label(std::string_view label) const;
  /// The place in nodes() of a label that the dictionary has (InternalError otherwise).
  [[nodiscard]] std::size_t number_of(std::string_view label) const;
  /// Edge tables in the dictionary's order: first by source node, then as its links stand.
  [[nodiscard]] const std::vector<Edge>& edges() const { return content_->edges; }
  /// Of the text that was read: equal digests, equal dictionaries.
  [[nodiscard]] const std::string& digest() const { return content_->digest; }

 private:
  struct Content {
    std::vector<Node> nodes;
    std::vector<Edge> edges;
    std::map<std::string, std::size_t, std::less<>> by_title, by_label;
    std::string digest;
  };
  explicit Dictionary(std::shared_ptr<const Content> content) : content_(std::move(content)) {}
  static void index(Content& content, const std::string& where);

  std::shared_ptr<const Content> content_;
};

}  // namespace etl::dictionary
