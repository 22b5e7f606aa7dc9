#pragma once

#include <curl/curl.h>

#include <memory>
#include <string>

/// What every use of libcurl in this program has in common.
namespace etl::net {

struct EasyDeleter {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
using Easy = std::unique_ptr<CURL, EasyDeleter>;

[[nodiscard]] Easy make_easy();

/// http and https alone; certificates verified, also against the authorities that SSL_CERT_FILE and SSL_CERT_DIR name,
/// as for curl's own program; no signals.
void set_common(CURL* easy, const std::string& user_agent);

/// Throws UsageError or UnavailableError for what no attempt will change (an address that is none, a certificate that
/// cannot be verified); returns for the rest.
void refuse_if_permanent(CURLcode code, const std::string& where);

}  // namespace etl::net
