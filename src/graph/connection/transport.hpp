#pragma once

#include <libpq-fe.h>

#include <string_view>

namespace etl::graph {

/// How well a connection to PostgreSQL is protected on its way.
enum class Transport {
  local,       ///< a Unix socket or a loopback address: it does not leave this machine
  verified,    ///< encrypted, and the server has proved who it is (sslmode verify-ca or verify-full, or GSSAPI)
  unverified,  ///< encrypted, but with whoever answered: libpq checked no certificate
  clear,       ///< not encrypted
};

/// `address`: the numeric address of the server, empty for a Unix socket. `sslmode`: as libpq applied it.
[[nodiscard]] Transport judge_transport(std::string_view address, bool tls, bool gss, std::string_view sslmode);

/// Of an open connection. libpq's own default, `prefer`, encrypts where the server offers it and verifies nothing
/// (PostgreSQL's documentation, "SSL Support", "Protection Provided in Different Modes").
[[nodiscard]] Transport transport_of(PGconn* connection);

}  // namespace etl::graph
