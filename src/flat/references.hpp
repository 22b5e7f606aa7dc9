#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/buffer.hpp"
#include "fhir/cursor.hpp"
#include "fhir/id_index.hpp"
#include "flat/cursor_values.hpp"
#include "flat/rows.hpp"
#include "simplify/id_transform.hpp"
#include "simplify/record.hpp"

namespace etl::flat {

/// What a reference of a resource leads to.
struct Target {
  std::string type;
  std::string id;  ///< as records have it; without a type, the text's last segment
  [[nodiscard]] Key key() const { return fhir::IdIndex::key_of(type + "/" + id); }
};

/// Reads references as the records show them: `Type/id`, a version of it, the fullUrl of an entry of the same Bundle,
/// or a URL that ends in `Type/id` and leads to a resource of the study.
class References {
 public:
  explicit References(const simplify::IdTransform* ids) : ids_(ids) {}

  [[nodiscard]] std::optional<Target> target(std::string_view raw, const simplify::Source& source);

 private:
  [[nodiscard]] std::string id_of(std::string_view id) const { return ids_ == nullptr ? std::string(id) : (*ids_)(id); }

  const simplify::IdTransform* ids_;
  std::string scratch_;
};

/// The text of a Reference at the cursor; raw.
[[nodiscard]] std::string_view reference_at(fhir::Cursor& cursor);

/// Calls `each(raw)` with the references of one element of the resource.
template <class Each>
void each_reference(fhir::Cursor document, std::string_view element, Each&& each) {
  each_member(document, [&](std::string_view name) {
    if (name != element) {
      document.skip();
      return;
    }
    each_item(document, [&] {
      if (const std::string_view raw = reference_at(document); !raw.empty()) each(raw);
    });
  });
}

/// A reference in a row or in a subject's text: the size of the type's name in small letters, the name, the key. No
/// reference: a size of 0 and nothing else.
void append_reference(Buffer& to, const std::optional<Target>& target);

struct StoredReference {
  std::string_view type;  ///< in small letters; empty: none
  Key key;
};

/// Takes a reference from the beginning of the text.
[[nodiscard]] StoredReference take_reference(std::string_view& text);

}  // namespace etl::flat
