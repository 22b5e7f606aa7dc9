#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "stand_in/entities.hpp"

namespace etl::stand_in {
namespace {

struct Found {
  const dictionary::Node* node = nullptr;
  std::string submitter_id;
};

std::optional<Found> find(graph::Connection& connection, const dictionary::Dictionary& dictionary,
                          const ProjectId& project, const std::string& id) {
  for (const auto& node : dictionary.nodes()) {
    const auto row = connection.exec("select _props->>'submitter_id' from " + graph::quote_name(node.table) +
                                         " where node_id = $1 and _props->>'project_id' = $2",
                                     {id, project.str()});
    if (row.rows() > 0) return Found{&node, std::string(row.text(0, 0))};
  }
  return std::nullopt;
}

/// Nodes that point at this one and are not going with it.
Json dependents(graph::Connection& connection, const dictionary::Dictionary& dictionary, const dictionary::Node& node,
                const std::string& id, const std::vector<std::string>& going) {
  Json all = Json::array();
  for (const auto& edge : dictionary.edges()) {
    if (edge.dst_label != node.label) continue;
    const auto rows =
        connection.exec("select src_id from " + graph::quote_name(edge.table) + " where dst_id = $1", {id});
    for (int i = 0; i < rows.rows(); ++i) {
      if (std::ranges::find(going, rows.text(i, 0)) != going.end()) continue;
      all.push_back({{"id", rows.text(i, 0)}, {"type", edge.src_label}});
    }
  }
  return all;
}

}  // namespace

Json remove_entities(graph::Connection& connection, const dictionary::Dictionary& dictionary, const ProjectId& project,
                     const std::vector<std::string>& ids, std::int64_t number, bool dry_run) {
  Json entities = Json::array();
  std::string hanging;
  std::size_t wrong = 0;
  graph::Transaction transaction(connection);
  for (const auto& id : ids) {
    Json entity = {{"action", "delete"},       {"errors", Json::array()},      {"id", nullptr},
                   {"type", nullptr},          {"unique_keys", Json::array()}, {"valid", true},
                   {"warnings", Json::array()}};
    if (const auto found = find(connection, dictionary, project, id)) {
      entity["id"] = id;
      entity["type"] = found->node->label;
      entity["unique_keys"].push_back({{"project_id", project.str()}, {"submitter_id", found->submitter_id}});
      const auto others = dependents(connection, dictionary, *found->node, id, ids);
      for (const auto& other : others) hanging += (hanging.empty() ? "" : ",") + other["id"].get<std::string>();
      if (!others.empty()) {
        entity["errors"].push_back({{"dependents", others},
                                    {"keys", Json::array()},
                                    {"message", fmt::format("Unable to delete entity because at least {} other(s) "
                                                            "directly or indirectly depend on it.",
                                                            others.size())},
                                    {"type", "INVALID_LINK"}});
      }
      // Edges go with their nodes.
      connection.exec("delete from " + graph::quote_name(found->node->table) + " where node_id = $1", {id});
    } else {
      entity["errors"].push_back(
          {{"id", id}, {"keys", Json::array({"id"})}, {"message", "Entity not found."}, {"type", "NOT_FOUND"}});
    }
    entity["valid"] = entity["errors"].empty();
    if (!entity["errors"].empty()) ++wrong;
    entities.push_back(entity);
  }
  const bool good = wrong == 0;
  if (good && !dry_run) transaction.commit();
  const auto message = !good     ? "Deletion transaction failed."
                       : dry_run ? fmt::format("Dry run successful. Would have deleted {} entities", ids.size())
                                 : fmt::format("Successfully deleted {} entities", ids.size());
  return {{"code", good ? 200 : 400},
          {"deleted_entity_count", good ? ids.size() : 0},
          {"dependent_ids", hanging},
          {"entities", entities},
          {"entity_error_count", wrong},
          {"message", message},
          {"success", good},
          {"transaction_id", number},
          {"transactional_error_count", 0},
          {"transactional_errors", Json::array()}};
}

}  // namespace etl::stand_in
