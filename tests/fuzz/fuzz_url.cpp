// Addresses as they are shown and compared. Lines of the input: what comes before the user, the user's name, the host,
// the path. The password, the query and the fragment are secrets.

#include "base/ascii.hpp"
#include "curl_url.hpp"
#include "net/url.hpp"
#include "properties.hpp"

namespace {

using namespace etl;
using fuzz::require;

/// The host to which libcurl would connect.
std::string host_of(const std::string& url) { return ascii_lower(fuzz::curl_part(url, CURLUPART_HOST).value_or("")); }

void shows_no_secret(std::string_view scheme, std::string_view user, std::string_view host, std::string_view path) {
  const std::string secret(fuzz::kSecret);
  for (const std::string& password : {secret, "a/" + secret, "a@" + secret, secret + "?b", secret + "#b"}) {
    for (const char* const tail : {"", "?token=", "#"}) {
      std::string url = std::string(scheme) + std::string(user) + ':' + password + '@' + std::string(host);
      if (!path.empty()) url += '/' + std::string(path);
      if (*tail != '\0') url += tail + secret;
      fuzz::require_no_secret(net::without_query(url));
      static_cast<void>(fuzz::refusal_of([&] { fuzz::require_no_secret(net::origin_of(url)); }));
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view all = fuzz::text_of(data, size);
  if (fuzz::holds_secret(all)) return 0;
  std::string_view text = all;
  const std::string_view scheme = fuzz::take_field(text);
  const std::string_view user = fuzz::take_field(text);
  const std::string_view host = fuzz::take_field(text);
  const std::string_view path = fuzz::take_field(text);

  // As an address with a user: whatever stands around the password, it is not shown.
  constexpr std::string_view ends = "/?#@:";
  if (scheme.ends_with("://") && user.find_first_of(ends) == std::string_view::npos &&
      host.find_first_of("?#") == std::string_view::npos && path.find_first_of("?#") == std::string_view::npos) {
    shows_no_secret(scheme, user, host, path);
  }

  // As any text: what is shown is shown the same again, and an origin is the host that libcurl takes.
  const std::string shown = net::without_query(all);
  require(shown.size() <= all.size() + 16, "an address that grows");
  require(net::without_query(shown) == shown, "what may be shown may not be shown: " + shown);
  const std::string url(all);
  static_cast<void>(fuzz::refusal_of([&] {
    const std::string origin = net::origin_of(url);
    require(origin.starts_with("http://" + host_of(url) + ':') || origin.starts_with("https://" + host_of(url) + ':'),
            "another host than libcurl's: " + origin);
    require(net::origin_of(origin) == origin, "an origin that is not its own origin: " + origin);
  }));
  return 0;
}
