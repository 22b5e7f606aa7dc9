#include <fmt/format.h>

#include "base/counted.hpp"
#include "base/secrets.hpp"
#include "checks/doctor.hpp"
#include "config/search_address.hpp"
#include "search/check.hpp"
#include "search/server.hpp"

namespace etl::checks {

void check_search(Report& report, const config::Settings& settings, const config::Environment& environment,
                  const std::stop_token& stop) {
  if (!config::search_address(settings, environment)) {
    if (settings.flag("destinations.search") || settings.flag("destinations.fhir")) {
      report.warn("search server", "none is configured; runs leave the steps search and fhir out",
                  "set ELASTICSEARCH_URL, or `destinations: {search: no, fhir: no}` where this commons has no search "
                  "indexes");
    }
    return;
  }
  report.guard("search server", [&] {
    search::Server server(search::server_address(settings, environment), stop);
    report.ok("search server", fmt::format("{}: {}", net::without_query(server.url()), server.version().str()));
    report.guard("search indexes", [&] {
      const auto found = search::check_indexes(server, settings.require("search.prefix"), {});
      for (const search::Finding& finding : found.findings) {
        const std::string detail = fmt::format("{}: {}", finding.about, finding.what);
        if (finding.level == search::Finding::Level::warning) {
          report.warn("search indexes", detail, finding.advice);
        } else {
          report.fail("search indexes", fmt::format("{} ({})", detail, search::name_of(finding.level)), finding.advice,
                      ExitCode::refused);
        }
      }
      if (!found.findings.empty()) return;
      report.ok("search indexes",
                fmt::format("{} behind {}", counted(found.indexes, "index"), counted(found.aliases.size(), "alias")));
    });
  });
}

}  // namespace etl::checks
