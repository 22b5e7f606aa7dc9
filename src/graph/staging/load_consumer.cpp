#include "graph/staging/load_consumer.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "fhir/json_text.hpp"
#include "graph/connection/copy_rows.hpp"
#include "graph/staging/object_members.hpp"
#include "graph/staging/project_id_member.hpp"

namespace etl::graph {

/// The rows that one block gives, by table.
class LoadRows final : public simplify::Consumer::Part {
 public:
  explicit LoadRows(const LoadConsumer& consumer) : consumer_(consumer) {
    nodes.resize(consumer.dictionary_.nodes().size());
    edges.resize(consumer.dictionary_.edges().size());
    unknown.resize(nodes.size());
  }

  void record(const simplify::Record& record) override {
    const dictionary::Node* node = node_of(record.type);
    if (node == nullptr || node->label == "project" || node->label == "program") {  // those are the commons' own
      ++without_node[std::string(record.type)];
      return;
    }
    const auto number = static_cast<std::size_t>(node - consumer_.dictionary_.nodes().data());
    const std::string_view id = text_of(record.id, id_);
    slot_ = consumer_.snapshot_.mark_seen(number, id);
    if (slot_ != GraphSnapshot::none && is_equal(record.object)) {
      consumer_.snapshot_.mark_unchanged(slot_);
    } else {
      append_node(nodes[number], number, id, place_of(record.where.file, record.where.line), record.object,
                  consumer_.project_id_member_);
    }
    if (const auto& known = consumer_.known_[number]; !known.empty()) {
      each_member(record.object, [&](std::string_view name) {
        name_.assign(name);
        if (!known.contains(name_)) ++unknown[number][name_];
      });
    }
    written_.clear();
    bool of_project = node->label == "research_study";
    for (const simplify::Relation& relation : record.relations) {
      if (relation.dst_name == "project") {
        of_project = true;  // this load's, whatever the reference says
      } else {
        edge(*node, id, relation);
      }
    }
    if (!of_project) return;
    const std::size_t to_project = consumer_.choice_.choose(node->label, "project", {});
    if (to_project != EdgeChoice::none) {
      stage(to_project, id, consumer_.target_.project_node);
    } else if (node->label != "research_study") {
      ++without_edge[fmt::format("{} -> project", node->label)];
    }
  }

  std::vector<Buffer> nodes;
  std::vector<Buffer> edges;
  std::vector<std::map<std::string, std::uint64_t>> unknown;  ///< per node: properties that it should not have
  std::map<std::string, std::uint64_t> without_node;
  std::map<std::string, std::uint64_t> without_edge;

 private:
  const dictionary::Node* node_of(std::string_view type) {
    if (last_type_ == type) return last_node_;
    last_type_ = type;
    last_node_ = consumer_.dictionary_.by_title(type);
    return last_node_;
  }

  bool is_equal(std::string_view object) {
    const auto digest = digest_.of(object, consumer_.project_id_member_);
    return digest && *digest == consumer_.snapshot_.digest(slot_);
  }

  void edge(const dictionary::Node& src, std::string_view src_id, const simplify::Relation& relation) {
    const std::string_view dst_id = text_of(relation.dst_id, dst_);

    bool found = false;
    if (relation.keys.empty()) {
      const std::string_view element = relation.element == nullptr ? std::string_view{} : relation.element->name;
      const std::size_t edge = consumer_.choice_.choose(src.label, relation.dst_name, {element, relation.key});
      if (edge != EdgeChoice::none) write(edge, src_id, dst_id, relation.dst_id);
      found = edge != EdgeChoice::none;
    } else {
      found = by_keys(src, src_id, dst_id, relation);
    }
    if (!found) ++without_edge[fmt::format("{} -> {}", src.label, relation.dst_name)];
  }

  /// Two fields of one record may lead to the same place by the same table: that is one edge.
  void write(std::size_t edge, std::string_view src_id, std::string_view dst_id, std::string_view raw) {
    const std::pair<std::size_t, std::string_view> key(edge, raw);
    if (std::ranges::find(written_, key) != written_.end()) return;
    written_.push_back(key);
    stage(edge, src_id, dst_id);
  }

  void stage(std::size_t edge, std::string_view src_id, std::string_view dst_id) {
    if (consumer_.snapshot_.mark_edge_seen(edge, slot_, consumer_.dst_types_[edge], dst_id)) return;
    append_edge(edges[edge], edge, src_id, dst_id);
  }

  /// A relation of a record that was simplified earlier: the fields whose value is the reference tell the tables.
  bool by_keys(const dictionary::Node& src, std::string_view src_id, std::string_view dst_id,
               const simplify::Relation& relation) {
    for (const std::string_view key : relation.keys) {
      const std::string_view element = key.ends_with("_fhir") ? key.substr(0, key.size() - 5) : key;
      const std::size_t edge = consumer_.choice_.choose(src.label, relation.dst_name, {element, key});
      if (edge == EdgeChoice::none) return false;
      write(edge, src_id, dst_id, relation.dst_id);
    }
    return true;
  }

  /// Raw JSON text as text; ids that passed the checks have no escapes.
  static std::string_view text_of(std::string_view raw, std::string& keep) {
    if (raw.find('\\') == std::string_view::npos) return raw;
    fhir::unescape(raw, keep);
    return keep;
  }

  const LoadConsumer& consumer_;
  std::string_view last_type_;
  const dictionary::Node* last_node_ = nullptr;
  JsonbDigest digest_;
  GraphSnapshot::Slot slot_ = GraphSnapshot::none;                 ///< the record at hand
  std::vector<std::pair<std::size_t, std::string_view>> written_;  ///< edges of the record at hand
  std::string id_;
  std::string dst_;
  std::string name_;
};

}  // namespace etl::graph

template class etl::simplify::ConsumerOf<etl::graph::LoadRows>;

namespace etl::graph {

LoadConsumer::LoadConsumer(const dictionary::Dictionary& dictionary, Target target, GraphSnapshot& snapshot,
                           Staging& staging, std::function<void(std::uint64_t)> on_bytes)
    : dictionary_(dictionary),
      choice_(dictionary, target.edge_rule),
      target_(std::move(target)),
      project_id_member_(project_id_member(target_.project_id)),
      snapshot_(snapshot),
      staging_(staging),
      on_bytes_(std::move(on_bytes)) {
  unknown_.resize(dictionary.nodes().size());
  for (const auto& node : dictionary.nodes()) {
    auto& known = known_.emplace_back();
    if (node.properties.empty()) continue;  // a dictionary that says nothing of properties lacks none
    known = {"id", "type", "project_id"};
    for (const auto& property : node.properties) known.insert(property.name);
    for (const auto& link : node.links) known.insert(link.name);
    known.insert(node.system_properties.begin(), node.system_properties.end());
  }
  for (const auto& edge : dictionary.edges()) dst_types_.push_back(dictionary.number_of(edge.dst_label));
}

LoadConsumer::~LoadConsumer() = default;

std::unique_ptr<LoadRows> LoadConsumer::make_part() { return std::make_unique<LoadRows>(*this); }

void LoadConsumer::take_part(LoadRows& rows) {
  const auto send = [&](RowKind kind, std::vector<Buffer>& tables) {
    for (std::size_t number = 0; number < tables.size(); ++number) {
      if (tables[number].empty()) continue;
      if (valid_) staging_.add(kind, number, tables[number].view());
      tables[number] = Buffer();  // the next block is of another type soon, and would find room kept for all of them
    }
  };
  send(RowKind::node, rows.nodes);
  send(RowKind::edge, rows.edges);
  for (const auto& [type, count] : rows.without_node) without_node_[type] += count;
  for (const auto& [pair, count] : rows.without_edge) without_edge_[pair] += count;
  for (std::size_t number = 0; number < rows.unknown.size(); ++number) {
    for (const auto& [property, count] : rows.unknown[number]) unknown_[number][property] += count;
    rows.unknown[number].clear();
  }
  rows.without_node.clear();
  rows.without_edge.clear();
}

bool LoadConsumer::restart() {
  staging_.restart();
  snapshot_.restart();
  without_node_.clear();
  without_edge_.clear();
  for (auto& counts : unknown_) counts.clear();
  return true;
}

UnknownProperties LoadConsumer::unknown_properties() const {
  UnknownProperties out;
  for (std::size_t number = 0; number < unknown_.size(); ++number) {
    if (!unknown_[number].empty()) out[dictionary_.nodes()[number].label] = unknown_[number];
  }
  return out;
}

}  // namespace etl::graph
