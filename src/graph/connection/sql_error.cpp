#include "graph/connection/sql_error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "base/text.hpp"

namespace etl::graph {
namespace {

std::string describe(const ServerMessage& said) {
  std::string what = said.message.empty() ? "the database reports an error without a message" : said.message;
  if (!said.detail.empty()) what += "; " + said.detail;
  std::string names;
  const auto add = [&](std::string_view kind, const std::string& name) {
    if (name.empty() || what.find(name) != std::string::npos) return;
    names += (names.empty() ? "" : ", ") + std::string(kind) + " " + name;
  };
  add("table", said.table);
  add("column", said.column);
  add("constraint", said.constraint);
  if (!names.empty()) what += " (" + names + ")";
  if (!said.context.empty()) what += "; " + said.context;
  if (!said.sqlstate.empty()) what += " [SQLSTATE " + said.sqlstate + "]";
  return what;
}

/// The server's own hint comes first: it knows more about this case than we do. A hint is a sentence with a full stop.
std::string advice(const ServerMessage& said, const std::string& ours) {
  if (said.hint.empty()) return ours;
  if (ours.empty()) return said.hint;
  const std::size_t end = said.hint.find_last_not_of(". \n");
  return said.hint.substr(0, end == std::string::npos ? 0 : end + 1) + "; " + ours;
}

constexpr auto check_credentials = "check the database's user and password (PGUSER, PGPASSWORD or the mounted secret)";

/// A pooler reports its own errors as protocol violations, with English texts.
void raise_pooler(const ServerMessage& said, const std::string& what, const std::string& where) {
  const auto says = [&](std::string_view text) { return said.message.find(text) != std::string::npos; };
  if (says("pooling mode")) {
    throw RefusedError("the pooler hands each statement to another session: " + what, where,
                       "set its pool_mode to transaction or session, or connect to the server itself");
  }
  struct Limit {
    std::string_view text;
    const char* name;
  };
  constexpr std::array limits{Limit{"query timeout", "query_timeout"},
                              Limit{"query_timeout", "query_timeout"},
                              Limit{"idle transaction timeout", "idle_transaction_timeout"},
                              Limit{"idle_transaction_timeout", "idle_transaction_timeout"},
                              Limit{"transaction timeout", "transaction_timeout"},
                              Limit{"transaction_timeout", "transaction_timeout"}};
  for (const Limit& limit : limits) {
    if (!says(limit.text)) continue;
    throw RefusedError(fmt::format("the pooler's {} ended the session: {}", limit.name, what), where,
                       fmt::format("a client cannot lift it: raise {} in the pooler's configuration, or connect to the "
                                   "server itself",
                                   limit.name));
  }
  if (says("query_wait_timeout")) {
    throw UnavailableError("the pooler has no free connection: " + what, where,
                           "raise its pool size (a run needs two connections), or run again when others have ended");
  }
  if (says("startup parameter")) {
    throw RefusedError(what, where, "unset PGOPTIONS, or list the parameter in the pooler's ignore_startup_parameters");
  }
}

/// A timeout that Transaction could not lift; running again would end the same way.
void raise_timeout(const ServerMessage& said, const std::string& what, const std::string& where) {
  const char* name = nullptr;
  if (said.sqlstate == "25P03") name = "idle_in_transaction_session_timeout";
  if (said.sqlstate == "25P04") name = "transaction_timeout";
  if (said.sqlstate == "57P05") name = "idle_session_timeout";
  if (said.sqlstate == "57014" && said.message.find("statement timeout") != std::string::npos) {
    name = "statement_timeout";
  }
  if (name == nullptr) return;
  throw RefusedError(
      what, where, fmt::format("{} could not be lifted for this session: raise it for the role or the database", name));
}

}  // namespace

void raise(const ServerMessage& said, const std::string& where) {
  const std::string_view state = said.sqlstate;
  const auto what = describe(said);
  const auto is_class = [&](std::string_view prefix) { return state.starts_with(prefix); };

  if (state == "08P01") raise_pooler(said, what, where);
  if (state.empty() || is_class("08")) {
    throw UnavailableError(what, where,
                           advice(said, "check that the database runs and can be reached, then run again"));
  }
  if (is_class("28")) throw NotAllowedError(what, where, advice(said, check_credentials));
  if (state == "42501") {
    throw NotAllowedError(
        what, where,
        advice(said, "connect as the owner of the graph's tables, or grant the user the missing privilege"));
  }
  if (state == "3D000") {
    throw RefusedError(what, where,
                       advice(said, "check the database's name (PGDATABASE or the mounted secret), or create it"));
  }
  if (state == "42P01" || state == "3F000") {
    throw RefusedError(what, where, advice(said, "`aced-etl graph init` creates the tables of the dictionary"));
  }
  if (state == "42703") {
    throw RefusedError(
        what, where,
        advice(said, "the table was not created by Gen3: `aced-etl graph init --dry-run` shows what differs"));
  }
  if (state == "53100" || state == "53400") {
    throw ExhaustedError(
        state == "53100" ? "the disk of the database is full: " + what : what, where,
        advice(said, state == "53100"
                         ? "make room on the database's disk, then run again; nothing of this load was written"
                         : "raise the limit that the database names (such as temp_file_limit), then run again"));
  }
  if (is_class("53")) {
    throw UnavailableError(what, where,
                           advice(said, "the database is out of a resource: free it or wait, then run again"));
  }
  raise_timeout(said, what, where);
  if (is_class("57P") || state == "57014") {
    throw UnavailableError(what, where, advice(said, "the database ended the session or the statement: run again"));
  }
  if (is_class("40")) throw UnavailableError(what, where, advice(said, "another session was in the way: run again"));
  if (is_class("55")) {
    throw LockedError(what, where,
                      advice(said, "another session holds a lock that is needed: wait for it, then run again"));
  }
  if (state == "25006") {
    throw RefusedError(what, where, advice(said, "the database is read-only: connect to the primary server"));
  }
  if (state == "22P05") {
    throw RefusedError(what, where,
                       advice(said, "the database's encoding cannot hold this text: the graph needs a UTF8 database"));
  }
  if (is_class("22") || is_class("54"))
    throw InputError(what, where, advice(said, "correct the record: the database cannot store this value"));
  if (state == "23505") {
    throw UniqueViolation(what, where,
                          advice(said, "change one of the records: two have the same value of a unique key"));
  }
  if (is_class("23") || is_class("0A") || is_class("2B")) {
    throw RefusedError(what, where,
                       advice(said, "correct what the message names: a constraint of the database forbids it"));
  }
  throw InternalError(what, where, said.hint);
}

void raise_connect_failure(const std::string& text, bool password_missing, const std::string& where,
                           const std::string& note) {
  // libpq chains one paragraph per address it tried; `LOCATION:` lines name the server's source and help nobody.
  ServerMessage said;
  std::string_view rest = text;
  while (!rest.empty()) {
    const auto end = std::min(rest.find('\n'), rest.size());
    auto line = trim(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line.empty() || line.starts_with("LOCATION:")) continue;
    const auto fatal = line.find("FATAL:  ");
    if (fatal != std::string_view::npos) {
      const auto after = line.substr(fatal + 8);
      if (after.size() > 7 && after[5] == ':' && after[6] == ' ') {
        said.sqlstate = after.substr(0, 5);
        line = after.substr(7);
      }
    }
    said.message += (said.message.empty() ? "" : "; ") + std::string(line);
  }
  if (said.sqlstate.empty() && password_missing) {
    throw NotAllowedError("the database asks for a password, and none is set", where,
                          note.empty() ? check_credentials : note);
  }
  for (const std::string_view usage : {"invalid ", "missing ", "definition of service", "could not match"}) {
    if (said.sqlstate.empty() && said.message.starts_with(usage)) {
      throw UsageError(said.message, where, "check the PG… variables and the settings of the database");
    }
  }
  const bool refused = said.sqlstate.starts_with("28") && !note.empty();
  if (refused) said.hint = said.hint.empty() ? note : said.hint + "; " + note;
  raise(said, where);
}

}  // namespace etl::graph
