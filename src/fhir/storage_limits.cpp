#include "fhir/storage_limits.hpp"

#include <algorithm>

namespace etl::fhir {

bool fits_numeric(std::string_view number) noexcept {
  constexpr long long most_whole_digits = 131072;
  constexpr long long most_fraction_digits = 16383;
  constexpr long long most_exponent = 0x3FFFFFFF;  // numeric_in refuses INT_MAX / 2, whatever the digits are
  const std::size_t e = number.find_first_of("eE");
  if (e == std::string_view::npos && number.size() <= most_fraction_digits) return true;

  long long exponent = 0;
  if (e != std::string_view::npos) {
    std::string_view digits = number.substr(e + 1);
    const bool negative = digits.starts_with('-');
    if (negative || digits.starts_with('+')) digits.remove_prefix(1);
    for (const char c : digits) exponent = std::min(exponent * 10 + (c - '0'), most_exponent);
    if (exponent == most_exponent) return false;
    if (negative) exponent = -exponent;
  }
  std::string_view mantissa = number.substr(0, e);
  if (mantissa.starts_with('-')) mantissa.remove_prefix(1);
  const std::size_t point = std::min(mantissa.find('.'), mantissa.size());
  const auto fraction = static_cast<long long>(point < mantissa.size() ? mantissa.size() - point - 1 : 0);
  if (fraction - exponent > most_fraction_digits) return false;

  const std::size_t first = mantissa.find_first_not_of("0.");
  if (first == std::string_view::npos) return true;
  // How many digits stand before the decimal point, counted from the first that is not 0; 0 or less: none.
  const auto whole = static_cast<long long>(point) - static_cast<long long>(first) + (first > point ? 1 : 0);
  return whole + exponent <= most_whole_digits;
}

}  // namespace etl::fhir
