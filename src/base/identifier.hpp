#pragma once

#include <string_view>

/// Names from outside that become parts of paths. They are checked before a path is built of them: percent-encoding
/// alone does not protect, since proxies and web frameworks decode %2F and resolve dot segments.
namespace etl {

/// A FHIR id (https://hl7.org/fhir/R5/datatypes.html#id), `[A-Za-z0-9\-\.]{1,64}`, except `.` and `..`.
[[nodiscard]] bool is_fhir_id(std::string_view text);

/// A GUID of indexd: an optional prefix `[A-Za-z0-9._-]+/` (as `dg.4DFC/`), then one path segment of letters,
/// digits and `._-`, 128 bytes each at most; neither is `.` or `..`.
[[nodiscard]] bool is_guid(std::string_view text);

/// A program's name or a project's code: letters, digits, `_`, `-` and `.`, not `.` or `..`, 255 bytes at most. Every
/// name that Gen3's own tools and the dbGaP accession numbers use fits. A `/` would name another resource path; blanks,
/// quotes and characters outside ASCII are compared differently by arborist, sheepdog and PostgreSQL.
[[nodiscard]] bool is_project_part(std::string_view text);

/// A bucket's name: letters, digits, `.`, `-`, `_`, not `.` or `..`, 255 bytes at most. Only what keeps it one part of
/// an address; S3's own rules are narrower.
[[nodiscard]] bool is_bucket_name(std::string_view text);

/// A token that a service hands out and takes back (an upload's id, a record's revision): printable ASCII without
/// blanks, `most` bytes at most.
[[nodiscard]] bool is_opaque_token(std::string_view text, std::size_t most = 2048);

/// A file name that keeps to its place: it neither begins nor ends with `/`, no part is `.` or `..`, and no character
/// is a control character. (`a//b` is a name that S3 takes.)
[[nodiscard]] bool is_relative_name(std::string_view text);

}  // namespace etl
