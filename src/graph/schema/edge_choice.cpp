#include "graph/schema/edge_choice.hpp"

namespace etl::graph {

EdgeChoice::EdgeChoice(const dictionary::Dictionary& dictionary, EdgeRule rule) : dictionary_(dictionary), rule_(rule) {
  const auto& edges = dictionary.edges();
  for (std::size_t i = 0; i < edges.size(); ++i) between_[{edges[i].src_label, edges[i].dst_label}].push_back(i);
}

const std::vector<std::size_t>& EdgeChoice::between(std::string_view src, std::string_view dst) const {
  const auto found = between_.find(std::pair<std::string, std::string>(src, dst));
  return found == between_.end() ? nothing_ : found->second;
}

bool EdgeChoice::fits(std::size_t edge, std::string_view field) const {
  const std::string_view link = dictionary_.edges()[edge].name;
  if (field.empty() || !link.starts_with(field)) return false;
  if (link.size() == field.size()) return true;
  const std::string_view rest = link.substr(field.size());
  return rest.substr(1) == dictionary_.edges()[edge].dst_class ? rest.front() == '_' : rest.starts_with("_value");
}

std::size_t EdgeChoice::choose(std::string_view src, std::string_view dst,
                               std::initializer_list<std::string_view> names) const {
  const auto& edges = between(src, dst);
  if (edges.empty()) return none;
  if (edges.size() > 1 && rule_ == EdgeRule::link) {
    for (const std::size_t edge : edges) {
      for (const std::string_view name : names) {
        if (fits(edge, name)) return edge;
      }
    }
  }
  return edges.front();
}

}  // namespace etl::graph
