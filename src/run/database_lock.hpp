#pragma once

#include <optional>

#include "base/project_id.hpp"
#include "config/settings.hpp"
#include "graph/connection/connection.hpp"

namespace etl::run {

/// A project's lock in the graph's database, which processes see that share no state dir: held by a run for all of its
/// steps, and by the commands that change a project's files. It reads and writes nothing.
class DatabaseLock {
 public:
  enum class Need : unsigned char {
    required,     ///< whoever holds it will use the database: an error of the database is one of the command
    if_possible,  ///< without a database, nothing is locked; when it cannot be reached, a warning says so
  };

  /// LockedError names the holder: its process, host, command and since when. As graph::Connection otherwise.
  DatabaseLock(const config::Settings& settings, const ProjectId& project, Need need);

 private:
  void take(const config::DatabaseAddress& address, const ProjectId& project);

  std::optional<graph::Connection> connection_;
  std::optional<graph::Transaction> transaction_;
};

}  // namespace etl::run
