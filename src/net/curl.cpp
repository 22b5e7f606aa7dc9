#include "net/curl.hpp"

#include <cstdlib>
#include <mutex>

#include "base/error.hpp"

namespace etl::net {
namespace {

void set_from_environment(CURL* easy, CURLoption option, const char* variable) {
  const char* value = std::getenv(variable);  // NOLINT(concurrency-mt-unsafe): nobody sets it
  if (value != nullptr && *value != '\0') curl_easy_setopt(easy, option, value);
}

}  // namespace

Easy make_easy() {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
  Easy easy(curl_easy_init());
  if (!easy) throw InternalError("libcurl does not start");
  return easy;
}

void set_common(CURL* easy, const std::string& user_agent) {
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
  set_from_environment(easy, CURLOPT_CAINFO, "SSL_CERT_FILE");
  set_from_environment(easy, CURLOPT_CAPATH, "SSL_CERT_DIR");
  curl_easy_setopt(easy, CURLOPT_USERAGENT, user_agent.c_str());
}

void refuse_if_permanent(CURLcode code, const std::string& where) {
  switch (code) {
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
      throw UsageError("this address cannot be fetched", where, "use https://, http://, file:// or a path");
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
      throw UnavailableError("cannot verify the server's certificate", where,
                             "add its certificate authority to those of the system, or name its file in SSL_CERT_FILE");
    default:
      return;
  }
}

}  // namespace etl::net
