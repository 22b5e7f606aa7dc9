#pragma once

#include <mutex>
#include <optional>
#include <string>

#include "dictionary/dictionary.hpp"
#include "stand_in/commons.hpp"
#include "stand_in/router.hpp"

namespace etl::stand_in {

/// sheepdog: programs, projects and entities, in the graph's own tables. Paths begin with /api/v0/submission.
class Sheepdog {
 public:
  /// `dictionary_path`: a file or an address. Throws what Dictionary::load throws.
  Sheepdog(Commons& commons, const std::string& dictionary_path);

  void add_routes(Router& router);

 private:
  void add_dictionary_routes(Router& router);

  Answer put_program(const Request& request);
  Answer put_project(const Request& request);
  Answer list_programs(const Request& request);
  Answer list_projects(const Request& request);
  Answer remove_program(const Request& request);
  Answer remove_project(const Request& request);
  void add_entity_routes(Router& router);
  Answer submit(const Request& request, bool dry_run);
  Answer remove_entities(const Request& request, bool dry_run);

  /// Refuses with 401, as routes that only read do, unless someone is logged in.
  [[nodiscard]] Token reader(const Request& request);
  /// Refuses with 401 or 403 unless the request may do `method` on the resource.
  Token require_right(const Request& request, const std::string& method, const std::string& resource,
                      const std::string& otherwise);
  Token require_admin(const Request& request, const std::string& what);

  /// A session with a database that has the graph's tables: as in a real commons, they are there before the service.
  [[nodiscard]] Database::Session graph();
  [[nodiscard]] static std::optional<std::string> program_node(graph::Connection& connection, const std::string& name);
  /// The node of a project of this program.
  [[nodiscard]] static std::optional<std::string> project_node(graph::Connection& connection,
                                                               const std::string& program, const std::string& code);

  Commons& commons_;
  dictionary::Dictionary dictionary_;
  Json schemas_;  ///< by label
  std::once_flag tables_;
};

/// sheepdog's own number for what a user does to a project.
[[nodiscard]] std::int64_t new_transaction(graph::Connection& connection, const std::string& project,
                                           const std::string& user);

/// {"message": …}
[[nodiscard]] Answer sheepdog_error(int status, const std::string& message);

}  // namespace etl::stand_in
