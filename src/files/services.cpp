#include "files/services.hpp"

namespace etl::files {

net::HttpOptions http_options(const config::Settings& settings) {
  constexpr unsigned parts_at_once = 32;
  net::HttpOptions http;
  http.bytes_per_second = settings.bytes("limits.bandwidth");
  http.connections_per_host = settings.number("limits.file_jobs") + parts_at_once;
  return http;
}

}  // namespace etl::files
