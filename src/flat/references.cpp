#include "flat/references.hpp"

#include <cstring>

#include "base/text.hpp"
#include "fhir/reference_syntax.hpp"
#include "fhir/resource_reference.hpp"
#include "flat/column_values.hpp"
#include "flat/resource_columns.hpp"
#include "simplify/study_facts.hpp"

namespace etl::flat {

std::optional<Target> References::target(std::string_view raw, const simplify::Source& source) {
  std::string_view text = plain_text(raw, scratch_);
  if (text.empty()) return std::nullopt;
  if (source.links != nullptr && text.find(':') != std::string_view::npos) {
    if (const auto found = source.links->find(std::string(text)); found != source.links->end()) text = found->second;
  }
  fhir::RelativeReference parts = fhir::relative_reference(text);
  if (!parts) {
    const fhir::ResourceReference other = fhir::resource_reference(text);
    const bool outside = !other.address.empty() && source.facts != nullptr &&
                         source.facts->is_outside(fhir::address_hash(other.address));
    if (other.target.empty() || outside) return Target{{}, std::string(last_segment(text))};
    parts = {other.type, other.id};
    return Target{std::string(parts.type), id_of(other.id)};
  }
  return Target{std::string(parts.type), id_of(parts.id)};
}

std::string_view reference_at(fhir::Cursor& cursor) {
  std::string_view out;
  each_member(cursor, [&](std::string_view name) {
    if (name == "reference") {
      out = string_at(cursor);
    } else {
      cursor.skip();
    }
  });
  return out;
}

void append_reference(Buffer& to, const std::optional<Target>& target) {
  if (!target || target->type.empty() || target->type.size() > 100) {
    to.append('\0');
    return;
  }
  const std::string lower = lower_case(target->type);
  const Key key = target->key();
  to.append(static_cast<char>(lower.size()));
  to.append(std::string_view(lower));
  to.append({reinterpret_cast<const char*>(&key.high), sizeof key.high});
  to.append({reinterpret_cast<const char*>(&key.low), sizeof key.low});
}

StoredReference take_reference(std::string_view& text) {
  StoredReference out;
  const auto size = static_cast<std::size_t>(static_cast<unsigned char>(text.front()));
  text.remove_prefix(1);
  if (size == 0) return out;
  out.type = text.substr(0, size);
  std::memcpy(&out.key.high, text.data() + size, sizeof out.key.high);
  std::memcpy(&out.key.low, text.data() + size + sizeof out.key.high, sizeof out.key.low);
  text.remove_prefix(size + sizeof out.key.high + sizeof out.key.low);
  return out;
}

}  // namespace etl::flat
