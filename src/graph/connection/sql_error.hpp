#pragma once

#include <string>

#include "base/error.hpp"

namespace etl::graph {

/// What PostgreSQL said of a failure. The texts are the server's; none holds a password.
struct ServerMessage {
  std::string sqlstate;  ///< five characters, or empty when the failure is the client's (a lost connection, …)
  std::string message;
  std::string detail;
  std::string hint;
  std::string context;  ///< e.g. the line of a COPY
  std::string table;
  std::string column;
  std::string constraint;
};

/// The connection went away while COMMIT was under way: the load may or may not be in the database. Running again
/// tells, since a load whose content is there changes nothing.
class InDoubtError : public UnavailableError {
 public:
  using UnavailableError::UnavailableError;
};

/// Two records have the same value of a unique index (SQLSTATE 23505).
class UniqueViolation : public RefusedError {
 public:
  using RefusedError::RefusedError;
};

/// Throws the error whose exit code fits the SQLSTATE: not allowed (28, 42501), refused (no database, no table,
/// constraints), unavailable (08, 53, 57, serialization), locked (55P03), bad input (22), else an issue of ours.
/// `where` names the database.
[[noreturn]] void raise(const ServerMessage& said, const std::string& where);

/// As raise(), for a failure to connect, which libpq reports as text only: `FATAL:  28P01: …` at verbose verbosity.
/// `note` begins the advice when the server does not accept the user or the password.
[[noreturn]] void raise_connect_failure(const std::string& text, bool password_missing, const std::string& where,
                                        const std::string& note = {});

}  // namespace etl::graph
