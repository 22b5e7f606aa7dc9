#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace etl::documents {

/// What a DocumentReference says of its file: what its first content's attachment says.
struct Reference {
  std::string id;
  std::string url;                    ///< attachment.url; may be empty
  std::string source_path;            ///< extension http://aced-idp.org/fhir/StructureDefinition/source_path
  std::string md5;                    ///< extension http://aced-idp.org/fhir/StructureDefinition/md5
  std::optional<std::uint64_t> size;  ///< a number, or as R5 writes it: an integer64 in a string
  bool has_data = false;              ///< the content itself is in the resource
  std::uint64_t contents = 0;         ///< only the first counts
};

/// Does it name a file of the study?
enum class ReferenceKind : unsigned char {
  file,
  elsewhere,  ///< the url leads to a store or a server
  inlined,    ///< the content is in the resource
  reference,  ///< the url is a reference to a Binary resource
  no_url,     ///< nothing says where the file is: a title alone, for example
};
[[nodiscard]] ReferenceKind kind_of(const Reference& reference);

}  // namespace etl::documents
