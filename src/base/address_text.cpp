#include "base/address_text.hpp"

#include <algorithm>

#include "base/ascii.hpp"

namespace etl {
namespace {

bool is_scheme_character(char c) { return is_ascii_alphanumeric(c) || c == '+' || c == '-' || c == '.'; }

/// `scheme:` at the beginning, as a length; 0 when there is none. One letter is a drive, not a scheme.
std::size_t scheme_length(std::string_view text) {
  const auto end = std::find_if_not(text.begin(), text.end(), is_scheme_character);
  if (end - text.begin() < 2 || end == text.end() || *end != ':') return 0;
  return static_cast<std::size_t>(end - text.begin()) + 1;
}

/// host, host:port, [v6] or [v6]:port. What follows a colon and is no port may be a password.
bool is_host(std::string_view authority) {
  if (authority.starts_with('[')) {
    const std::size_t end = authority.find(']');
    if (end == std::string_view::npos) return false;
    authority.remove_prefix(end + 1);
    if (!authority.empty() && !authority.starts_with(':')) return false;
  }
  const std::size_t colon = authority.find(':');
  if (colon == std::string_view::npos) return true;
  const std::string_view port = authority.substr(colon + 1);
  return port.size() <= 5 && std::all_of(port.begin(), port.end(), is_ascii_digit);
}

}  // namespace

std::string shown_address(std::string_view address, Hidden hidden) {
  const std::size_t scheme = scheme_length(address);
  const bool has_authority = scheme > 0 && address.substr(scheme).starts_with("//");
  if (!has_authority) {
    // Without `//` this is a path or a mistyped address. Only the latter has both a colon and, after it, an `@`.
    const std::size_t colon = address.find(':');
    const std::size_t at = address.rfind('@');
    const bool is_path = (address.starts_with('/') || address.starts_with("./") || address.starts_with("../")) &&
                         address.find("://") == std::string_view::npos;
    if (is_path || colon == std::string_view::npos || at == std::string_view::npos || at < colon) {
      return std::string(address);
    }
    const std::string_view rest = address.substr(at + 1);
    std::string out(address.substr(0, address.find(":/") == colon ? scheme : 0));
    out += hidden == Hidden::marked ? "***@" : "";
    return out += rest.substr(0, rest.find_first_of("?#"));
  }
  std::string out(address.substr(0, scheme + 2));
  std::string_view rest = address.substr(scheme + 2);
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  const std::string_view path = rest.substr(0, rest.find_first_of("?#"));
  // Where there is a user or a colon, an `@` in the path may end a password with a slash. One behind a `?` or `#`
  // counts only where the host is no host, or the path begins a second address: https://https://user:pass?word@host.
  const bool nested = path.find("://") != std::string_view::npos;
  const bool plain = !nested && authority.find_first_of(":@") == std::string_view::npos;
  const std::string_view searched = is_host(authority) && !nested ? path : rest;
  if (const std::size_t at = searched.rfind('@'); !plain && at != std::string_view::npos) {
    out += hidden == Hidden::marked ? "***@" : "";
    rest.remove_prefix(at + 1);
  }
  const std::size_t query = rest.find_first_of("?#");
  out += rest.substr(0, query);
  if (query != std::string_view::npos && hidden == Hidden::marked) out += "?***";
  return out;
}

}  // namespace etl
