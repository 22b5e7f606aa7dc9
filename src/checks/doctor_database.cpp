#include <fmt/format.h>

#include "checks/doctor.hpp"
#include "config/database.hpp"
#include "dictionary/dictionary.hpp"
#include "graph/connection.hpp"
#include "graph/counts.hpp"
#include "graph/schema.hpp"

namespace etl::checks {

void check_database(Report& report, const config::Settings& settings) {
  std::optional<graph::Connection> connection;
  const bool connected = report.guard("database", [&] {
    connection.emplace(config::database_address(settings));
    report.ok("database", fmt::format("{}, PostgreSQL {}", connection->where(),
                                      connection->value("show server_version").value_or("")));
  });
  if (!settings.get("dictionary")) {
    report.fail("dictionary", "none is named", "set DICTIONARY_URL to the commons' dictionary", ExitCode::usage);
    return;
  }
  std::optional<dictionary::Dictionary> dictionary;
  const bool read = report.guard("dictionary", [&] {
    dictionary = dictionary::Dictionary::load(settings.require("dictionary"));
    report.ok("dictionary", fmt::format("{} nodes, {} links", dictionary->nodes().size(), dictionary->edges().size()));
  });
  if (!connected || !read) return;
  report.guard("tables", [&] {
    const auto found = graph::init_schema(*connection, graph::plan_schema(*dictionary), true);
    const std::size_t missing = found.tables_created.size();
    if (missing == 0 && found.indexes_created.empty()) {
      report.ok("tables", fmt::format("all {} of the dictionary's", found.tables_present.size()));
    } else {
      report.fail(
          "tables",
          fmt::format("{} tables and {} indexes of the dictionary are missing{}", missing, found.indexes_created.size(),
                      missing > 0 ? ", " + found.tables_created.front() + " among them" : ""),
          "`aced-etl graph init` makes them; check that DICTIONARY_URL is the commons' own", ExitCode::refused);
    }
  });
}

}  // namespace etl::checks
