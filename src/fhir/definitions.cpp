#include "fhir/definitions.hpp"

#include <algorithm>
#include <functional>

namespace etl::fhir {
namespace {

// The tables are sorted by their key, in bytes.
template <typename Row>
const Row* find(std::span<const Row> rows, std::string_view Row::*key, std::string_view wanted) noexcept {
  const auto found = std::ranges::lower_bound(rows, wanted, std::less<>{}, key);
  return found != rows.end() && std::invoke(key, *found) == wanted ? &*found : nullptr;
}

}  // namespace

std::uint16_t find_type(std::string_view name) noexcept {
  // Primitives stand before all others (and begin with a small letter), so each part is sorted for itself;
  // system_string, the last primitive, is not a name that anyone looks up.
  const auto all = types();
  constexpr auto named_primitives = static_cast<std::size_t>(Primitive::system_string);
  const bool primitive = !name.empty() && name.front() >= 'a' && name.front() <= 'z';
  const auto part = primitive ? all.first(named_primitives) : all.subspan(named_primitives + 1);
  const TypeRow* row = find(part, &TypeRow::name, name);
  return row == nullptr ? no_type : static_cast<std::uint16_t>(row - all.data());
}

std::span<const ElementRow> elements_of(std::uint16_t type) noexcept {
  const auto all = types();
  if (type >= all.size()) return {};
  return elements().subspan(all[type].first, all[type].count);
}

std::string_view oid_name(std::string_view oid) noexcept {
  const OidRow* row = find(oids(), &OidRow::oid, oid);
  return row == nullptr ? std::string_view{} : row->name;
}

}  // namespace etl::fhir
