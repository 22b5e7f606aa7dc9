#pragma once

#include <string>

#include "base/project_id.hpp"
#include "graph/connection/connection.hpp"

// Advisory locks of a transaction: other commands see them, readers are not disturbed, and they end with the
// transaction however that ends. A lock of the session would stay behind on a pooler's connection. All of these need an
// open Transaction; they try and do not wait, and throw LockedError with the holder where the server shows it. While
// the transaction holds a lock, its application_name names this process, its host and its command.

namespace etl::graph {

/// The lock of one project, which everything that writes or removes its records takes first. Commands for other
/// projects go on; lock_graph does not.
void lock_project(Connection& connection, const ProjectId& project);

/// The lock of all projects together: LockedError while any command holds any project.
void lock_graph(Connection& connection);

/// The lock that a run holds while it works on a project, beside the locks that its steps take.
void lock_run(Connection& connection, const ProjectId& project);

/// SQL for the key of the lock whose name is $1: any session can compute it, and so see who holds what.
inline constexpr auto lock_key_sql = "('x' || left(md5($1::text), 16))::bit(64)::bigint";

}  // namespace etl::graph
