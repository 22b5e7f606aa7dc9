#pragma once

#include <string>

#include "base/project_id.hpp"
#include "graph/connection.hpp"

namespace etl::graph {

/// An advisory lock of the session: other runs see it, readers are not disturbed, and it ends with the session
/// however that ends. (A pooler that hands a session on after each transaction breaks it: connect to the server.)
/// Released at the end of the scope, which must not be inside a failed transaction: declare it before the Transaction.
class AdvisoryLock {
 public:
  enum class Mode { shared, exclusive };
  /// Tries, does not wait. Throws LockedError with `what` and, where the server shows it, the holder.
  AdvisoryLock(Connection& connection, std::string name, Mode mode, const std::string& what);
  ~AdvisoryLock();
  AdvisoryLock(const AdvisoryLock&) = delete;
  AdvisoryLock& operator=(const AdvisoryLock&) = delete;

 private:
  Connection& connection_;
  std::string name_;
  Mode mode_;
};

/// The lock of one project, which everything that writes or removes its records takes first. Runs for other projects
/// go on; GraphLock does not. LockedError when another run holds the project or the whole graph.
class ProjectLock {
 public:
  ProjectLock(Connection& connection, const ProjectId& project);

 private:
  AdvisoryLock graph_;
  AdvisoryLock project_;
};

/// The lock of all projects together. LockedError when any run holds any project.
class GraphLock {
 public:
  explicit GraphLock(Connection& connection);

 private:
  AdvisoryLock graph_;
};

/// SQL for the key of the lock whose name is $1: any session can compute it, and so see who holds what.
inline constexpr auto lock_key_sql = "('x' || left(md5($1::text), 16))::bit(64)::bigint";

}  // namespace etl::graph
