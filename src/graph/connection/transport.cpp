#include "graph/connection/transport.hpp"

#include <memory>
#include <string>

#include "base/loopback.hpp"

namespace etl::graph {
namespace {

std::string option(PGconn* connection, std::string_view keyword) {
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(PQconninfo(connection), PQconninfoFree);
  for (const auto* each = options.get(); each != nullptr && each->keyword != nullptr; ++each) {
    if (keyword == each->keyword) return each->val == nullptr ? std::string() : each->val;
  }
  return {};
}

}  // namespace

Transport judge_transport(std::string_view address, bool tls, bool gss, std::string_view sslmode) {
  if (address.empty() || is_loopback(address)) return Transport::local;
  if (gss) return Transport::verified;
  if (!tls) return Transport::clear;
  return sslmode == "verify-full" || sslmode == "verify-ca" ? Transport::verified : Transport::unverified;
}

Transport transport_of(PGconn* connection) {
  const char* address = PQhostaddr(connection);
  return judge_transport(address == nullptr ? "" : address, PQsslInUse(connection) == 1, PQgssEncInUse(connection) == 1,
                         option(connection, "sslmode"));
}

}  // namespace etl::graph
