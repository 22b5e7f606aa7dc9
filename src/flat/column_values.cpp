#include "flat/column_values.hpp"

#include <charconv>
#include <cmath>
#include <cstdint>
#include <string>

#include "fhir/json_text.hpp"
#include "flat/json_members.hpp"

namespace etl::flat {
namespace {

bool is_all_digits(std::string_view number) {
  if (number.starts_with('-')) number.remove_prefix(1);
  return !number.empty() && number.find_first_not_of("0123456789") == std::string_view::npos;
}

/// The number of a JSON number, or of a string that holds one; empty otherwise.
std::string_view number_in(std::string_view value) {
  if (value.size() >= 2 && value.front() == '"') value = value.substr(1, value.size() - 2);
  return fhir::is_number(value) ? value : std::string_view{};
}

}  // namespace

Written write_scalar(Buffer& to, Kind kind, std::string_view value) {
  if (value.empty() || value == "null") return {};
  if (value.front() == '{' || value.front() == '[') return {false, Loss::object};
  if (kind == Kind::keyword) {
    to.append(value);
    return {true};
  }
  const std::string_view number = number_in(value);
  if (number.empty()) return {false, Loss::no_number};
  const char* const end = number.data() + number.size();
  if (kind == Kind::long_integer && is_all_digits(number)) {
    std::int64_t integer = 0;
    if (std::from_chars(number.data(), end, integer).ec != std::errc{}) return {false, Loss::no_number};
    to.append(number);
    return {true};
  }
  double decimal = 0;
  if (std::from_chars(number.data(), end, decimal).ec != std::errc{} || !std::isfinite(decimal))
    return {false, Loss::no_number};
  if (kind == Kind::double_decimal) {
    to.append(number);
    return {true};
  }
  // 2.0 and 1e3 are integers, too; the server would cut the fraction of others.
  constexpr double beyond = 9.2e18;
  if (decimal != std::floor(decimal) || std::abs(decimal) > beyond) return {false, Loss::no_number};
  to.append(std::string_view(std::to_string(static_cast<std::int64_t>(decimal))));
  return {true};
}

Written write_value(Buffer& to, const Column& column, std::string_view value) {
  Written out;
  if (!column.array && !value.starts_with('[')) return write_scalar(to, column.kind, value);
  if (column.array) to.append('[');
  each_item(value, [&](std::string_view item) {
    if (!column.array && out.any) {
      out.loss = Loss::more_values;
      return;
    }
    const std::size_t begin = to.size();
    if (out.any) to.append(',');
    const Written one = write_scalar(to, column.kind, item);
    if (one.loss) out.loss = one.loss;
    if (one.any) {
      out.any = true;
    } else {
      to.resize(begin);
    }
  });
  if (column.array) {
    if (out.any) {
      to.append(']');
    } else {
      to.resize(to.size() - 1);
    }
  }
  return out;
}

}  // namespace etl::flat
