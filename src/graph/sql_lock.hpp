#pragma once

#include <cstdint>
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
  AdvisoryLock(Connection& connection, std::int64_t key, Mode mode, const std::string& what);
  ~AdvisoryLock();
  AdvisoryLock(const AdvisoryLock&) = delete;
  AdvisoryLock& operator=(const AdvisoryLock&) = delete;

 private:
  Connection& connection_;
  std::int64_t key_;
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

/// The 64-bit key of a name, the same on every machine.
[[nodiscard]] std::int64_t lock_key(const std::string& name);

}  // namespace etl::graph
