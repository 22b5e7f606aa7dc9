#include "net/url.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <memory>

#include "base/address_text.hpp"
#include "base/ascii.hpp"
#include "base/error.hpp"

namespace etl::net {
namespace {

struct UrlDeleter {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using Url = std::unique_ptr<CURLU, UrlDeleter>;

std::string part(CURLU* url, CURLUPart which) {
  char* text = nullptr;
  if (curl_url_get(url, which, &text, CURLU_DEFAULT_PORT) != CURLUE_OK) return {};
  std::string result(text);
  curl_free(text);
  return result;
}

}  // namespace

std::string without_query(std::string_view url) { return shown_address(url); }

std::string origin_of(const std::string& url) {
  const Url parsed(curl_url());
  // libcurl stops at a NUL and takes "https:/host" and "https:///host" for "https://host"; others read other hosts
  // there.
  const std::string_view after_scheme = std::string_view(url).substr(std::min(url.find(':'), url.size()));
  const bool plain =
      after_scheme.starts_with("://") && !after_scheme.starts_with(":///") && url.find('\0') == std::string::npos;
  const bool understood = parsed && plain && curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0) == CURLUE_OK;
  const auto scheme = understood ? part(parsed.get(), CURLUPART_SCHEME) : "";
  if (scheme != "http" && scheme != "https") {
    throw UsageError("this is not the address of a web service", without_query(url), "use http:// or https://");
  }
  return ascii_lower(scheme + "://" + part(parsed.get(), CURLUPART_HOST) + ':' + part(parsed.get(), CURLUPART_PORT));
}

}  // namespace etl::net
