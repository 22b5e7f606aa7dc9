#include "gen3/guid.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/identifier.hpp"
#include "base/secrets.hpp"
#include "base/text.hpp"
#include "net/encode.hpp"

namespace etl::gen3 {

std::string guid_path(const std::string& guid) {
  if (!is_guid(guid)) {
    throw RefusedError(
        fmt::format("`{}` is not a GUID", printable(secrets::redact(guid).substr(0, 200))), {},
        "a GUID is an optional prefix such as `dg.4DFC/` and an id of letters, digits, '.', '_' and '-'");
  }
  const std::size_t slash = guid.find('/');
  if (slash == std::string::npos) return net::path_segment(guid);
  return net::path_segment(guid.substr(0, slash)) + '/' + net::path_segment(guid.substr(slash + 1));
}

}  // namespace etl::gen3
