#pragma once

#include <string>
#include <string_view>

namespace etl {

/// RFC 4122's namespace for DNS names.
inline constexpr std::string_view uuid_namespace_dns = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";

/// The UUID that a name has within a namespace, in lower case: the same name always gives the same UUID.
/// Version 5 hashes with SHA-1, version 3 with MD5. Throws InternalError when `name_space` is not a UUID.
[[nodiscard]] std::string uuid5(std::string_view name_space, std::string_view name);
[[nodiscard]] std::string uuid3(std::string_view name_space, std::string_view name);

/// A new version 4 UUID, in lower case.
[[nodiscard]] std::string random_uuid();

}  // namespace etl
