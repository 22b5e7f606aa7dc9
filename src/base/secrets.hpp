#pragma once

#include <string>
#include <string_view>

/// The secrets that this process knows, so that none of them is printed, logged or stored, whoever put it into a text:
/// a server that echoes a token, a library's message, a path. Whoever reads a secret adds it; whoever writes text
/// to people or to files passes it through redact(). Safe from any thread.
namespace etl::secrets {

/// Shorter ones are not replaced: a password such as `a` would make every message unreadable, and hides nothing.
inline constexpr std::size_t shortest = 8;

/// From now on `secret` is replaced in whatever redact() gets, also where it is percent-encoded, escaped as JSON, or
/// part of a Base64 text (as in HTTP's Basic authorization).
void add(std::string_view secret);

/// Adds the password of an address (`scheme://user:password@host`) or of a libpq connection string (`password=…`).
void add_from_address(std::string_view address);

/// The text with `***` in place of every secret that was added, and of what is a secret by its place, whether it was
/// added or not: the password of `scheme://user:password@`, the signature and the session token of presigned URLs
/// (`X-Amz-Signature=`, `X-Amz-Security-Token=`, `X-Goog-Signature=`, `sig=`), and `password=` of a connection string.
[[nodiscard]] std::string redact(std::string_view text);

/// For tests: forgets every secret.
void clear();

}  // namespace etl::secrets
