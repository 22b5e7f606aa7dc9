#pragma once

#include <concepts>
#include <nlohmann/json.hpp>
#include <string>
#include <type_traits>
#include <utility>

/// Members of what a server answers. A member of another type than expected counts as missing: nlohmann's own value()
/// throws then.
namespace etl::search {

namespace detail {

/// `value` where it has the type of `otherwise`: text, boolean, a number that fits, or the same kind of JSON (any
/// kind where `otherwise` is null).
template <typename T>
T value_or(const nlohmann::json& value, T otherwise) {
  if constexpr (std::is_same_v<T, std::string>) {
    return value.is_string() ? value.get<std::string>() : otherwise;
  } else if constexpr (std::is_same_v<T, bool>) {
    return value.is_boolean() ? value.get<bool>() : otherwise;
  } else if constexpr (std::is_same_v<T, nlohmann::json>) {
    return otherwise.is_null() || value.type() == otherwise.type() ? value : otherwise;
  } else {
    static_assert(std::integral<T>);
    if (!value.is_number_integer()) return otherwise;
    const bool fits = value.is_number_unsigned() ? std::in_range<T>(value.get<std::uint64_t>())
                                                 : std::in_range<T>(value.get<std::int64_t>());
    return fits ? value.get<T>() : otherwise;
  }
}

}  // namespace detail

template <typename T>
[[nodiscard]] T member(const nlohmann::json& object, const char* name, T otherwise) {
  const auto found = object.find(name);  // end() where it is no object
  return found == object.end() ? otherwise : detail::value_or(*found, std::move(otherwise));
}

template <typename T>
[[nodiscard]] T member(const nlohmann::json& object, const nlohmann::json::json_pointer& at, T otherwise) {
  return object.contains(at) ? detail::value_or(object[at], std::move(otherwise)) : otherwise;
}

[[nodiscard]] inline std::string text_member(const nlohmann::json& object, const char* name) {
  return member(object, name, std::string());
}

}  // namespace etl::search
