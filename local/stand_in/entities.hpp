#pragma once

#include <string>
#include <vector>

#include "base/project_id.hpp"
#include "dictionary/dictionary.hpp"
#include "graph/connection/connection.hpp"
#include "stand_in/request.hpp"

namespace etl::stand_in {

/// One submission of sheepdog: entities of one project, all of them or none, written as nodes and edges of the graph.
/// Small ones: every entity is looked up by itself.
class Submission {
 public:
  enum class Mode { put, post, dry_run };
  /// `schemas`: the dictionary's, by label. `number`: the transaction's.
  Submission(graph::Connection& connection, const dictionary::Dictionary& dictionary, const Json& schemas,
             ProjectId project, std::int64_t number, Mode mode);

  /// What sheepdog answers; `code` in it is the status.
  [[nodiscard]] Json submit(const std::vector<Json>& entities);

 private:
  struct Edge {
    std::string table, destination;
  };
  struct Entity {
    Json said;
    const dictionary::Node* node = nullptr;
    std::string id;
    Json submitter_id;  ///< null when it was not said
    Json action;        ///< create, update; null when it was not looked for
    Json errors = Json::array();
    std::vector<Edge> edges;
  };

  void check(Entity& entity) const;
  void find(Entity& entity);
  void link(Entity& entity);
  /// The node that a link names; empty: there is none.
  [[nodiscard]] std::string destination(const dictionary::Link& link, const Json& named);
  void write(const Entity& entity);
  [[nodiscard]] Json report(const Json& transactional) const;
  [[nodiscard]] Json report(const Entity& entity) const;

  graph::Connection& connection_;
  const dictionary::Dictionary& dictionary_;
  const Json& schemas_;
  ProjectId project_;
  std::int64_t number_;
  Mode mode_;
  std::vector<Entity> entities_;
};

/// The entities of a body: a JSON object or a list of them, or the lines of a table (TSV, CSV) whose first names the
/// columns, `LINK.submitter_id` for a link. Refuses with 400 what is neither.
[[nodiscard]] std::vector<Json> read_entities(const Request& request);

/// Removes nodes of a project by their ids, unless others that stay hang on them; sheepdog's answer.
[[nodiscard]] Json remove_entities(graph::Connection& connection, const dictionary::Dictionary& dictionary,
                                   const ProjectId& project, const std::vector<std::string>& ids, std::int64_t number,
                                   bool dry_run);

}  // namespace etl::stand_in
