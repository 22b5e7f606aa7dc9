#include "checks/doctor.hpp"

namespace etl::checks {

Report examine(const config::Settings& settings, const config::Environment& environment, const std::stop_token& stop) {
  Report report;
  check_mounts(report, settings);
  check_commons(report, settings, stop);
  check_aws(report, settings, environment, stop);
  check_studies(report, settings, environment, stop);
  check_database(report, settings);
  check_search(report, settings, environment, stop);
  check_folders(report, settings);
  return report;
}

}  // namespace etl::checks
