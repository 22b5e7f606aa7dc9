#pragma once

#include <string>

#include "config/settings.hpp"
#include "gen3/session.hpp"

/// Where the API key and the access token may go.
namespace etl::gen3 {

/// The commons' address without a '/' at its end: the one that was set, else where the token or the key was issued.
/// Empty when neither says.
[[nodiscard]] std::string address_of(const Session::Options& options);

/// The address of the issuer of the token, else of the key; empty when there is neither, or it does not say.
[[nodiscard]] std::string issuer_address(const Session::Options& options);

/// Whether both are the same scheme, host and port.
[[nodiscard]] bool same_origin(const std::string& one, const std::string& other);

/// Whether the host of this http(s) address is this machine: localhost, 127.0.0.0/8, ::1.
[[nodiscard]] bool is_on_loopback(const std::string& address);

/// Refuses to send a key or token where it does not belong (UsageError):
/// - an etl.yaml names another origin than the issuer's. A flag or the environment may: whoever sets them has the key;
/// - the address is plain http, not loopback, and `gen3.allow_http` is not yes.
void require_safe_endpoint(const config::Settings& settings, const Session::Options& options);

}  // namespace etl::gen3
