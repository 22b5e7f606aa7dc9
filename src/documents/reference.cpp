#include "documents/reference.hpp"

#include "documents/names.hpp"

namespace etl::documents {

ReferenceKind kind_of(const Reference& reference) {
  if (reference.url.empty()) {
    if (reference.has_data) return ReferenceKind::inlined;
    // A source path or an md5 is of a file: then the url was forgotten.
    return reference.source_path.empty() && reference.md5.empty() ? ReferenceKind::no_url : ReferenceKind::file;
  }
  switch (kind_of(reference.url)) {
    case AddressKind::elsewhere:
      return ReferenceKind::elsewhere;
    case AddressKind::reference:
      // Who gives an md5 describes a file, which may well be in a folder `Binary`.
      return reference.md5.empty() ? ReferenceKind::reference : ReferenceKind::file;
    case AddressKind::file:
      break;
  }
  return ReferenceKind::file;
}

}  // namespace etl::documents
