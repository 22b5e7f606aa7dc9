#include "fhir/primitive_format.hpp"

#include <array>
#include <charconv>
#include <cstdint>

#include "fhir/storage_limits.hpp"

namespace etl::fhir {
namespace {

constexpr unsigned char digit_class = 1;
constexpr unsigned char letter_class = 2;
constexpr unsigned char space_class = 4;
constexpr unsigned char id_class = 8;
constexpr unsigned char base64_class = 16;

constexpr std::array<unsigned char, 256> make_classes() {
  std::array<unsigned char, 256> classes{};
  for (unsigned c = '0'; c <= '9'; ++c) classes[c] = digit_class | id_class | base64_class;
  for (unsigned c = 'a'; c <= 'z'; ++c) classes[c] = letter_class | id_class | base64_class;
  for (unsigned c = 'A'; c <= 'Z'; ++c) classes[c] = letter_class | id_class | base64_class;
  classes['-'] = id_class;
  classes['.'] = id_class;
  classes['+'] = base64_class;
  classes['/'] = base64_class;
  classes['='] = base64_class;
  for (const char c : {' ', '\t', '\n', '\r', '\f', '\v'}) classes[static_cast<unsigned char>(c)] = space_class;
  return classes;
}
constexpr auto classes = make_classes();

bool is(char c, unsigned char wanted) noexcept { return (classes[static_cast<unsigned char>(c)] & wanted) != 0; }

bool all(std::string_view text, unsigned char wanted) noexcept {
  for (const char c : text) {
    if (!is(c, wanted)) return false;
  }
  return true;
}

bool has_space(std::string_view text) noexcept {
  for (const char c : text) {
    if (is(c, space_class)) return true;
  }
  return false;
}

/// Single spaces only, and only inside.
bool is_code(std::string_view text) noexcept {
  bool after_space = true;
  for (const char c : text) {
    const bool space = is(c, space_class);
    if (space && (after_space || c != ' ')) return false;
    after_space = space;
  }
  return !after_space;
}

/// `count` digits at the front of `text`, as a number; -1 when they are not digits.
int digits(std::string_view text, std::size_t at, std::size_t count) noexcept {
  if (text.size() < at + count) return -1;
  int value = 0;
  for (std::size_t i = at; i < at + count; ++i) {
    if (!is(text[i], digit_class)) return -1;
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

int days_in(int year, int month) noexcept {
  static constexpr std::array<int, 12> days{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return month == 2 && leap ? 29 : days[static_cast<std::size_t>(month - 1)];
}

/// How many bytes of `text` are a date (4, 7 or 10), or 0.
std::size_t date_prefix(std::string_view text) noexcept {
  const int year = digits(text, 0, 4);
  if (year < 1) return 0;
  if (text.size() == 4 || text[4] != '-') return 4;
  const int month = digits(text, 5, 2);
  if (month < 1 || month > 12) return 0;
  if (text.size() == 7 || text[7] != '-') return 7;
  const int day = digits(text, 8, 2);
  if (day < 1 || day > days_in(year, month)) return 0;
  return 10;
}

/// How many bytes of `text` are `HH:MM:SS[.fraction]`, or 0.
std::size_t time_prefix(std::string_view text) noexcept {
  const int hour = digits(text, 0, 2);
  const int minute = digits(text, 3, 2);
  const int second = digits(text, 6, 2);
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60) return 0;
  if (text[2] != ':' || text[5] != ':') return 0;
  std::size_t at = 8;
  if (at < text.size() && text[at] == '.') {
    std::size_t fraction = at + 1;
    while (fraction < text.size() && is(text[fraction], digit_class)) ++fraction;
    if (fraction == at + 1) return 0;
    at = fraction;
  }
  return at;
}

bool is_zone(std::string_view text) noexcept {
  if (text == "Z") return true;
  if (text.size() != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':') return false;
  const int hour = digits(text, 1, 2);
  const int minute = digits(text, 4, 2);
  return hour >= 0 && minute >= 0 && minute <= 59 && (hour <= 13 || (hour == 14 && minute == 0));
}

bool is_date_time(std::string_view text, bool date_alone) noexcept {
  const std::size_t date = date_prefix(text);
  if (date == 0) return false;
  if (date == text.size()) return date_alone;
  if (date != 10 || text[10] != 'T') return false;
  text.remove_prefix(11);
  const std::size_t time = time_prefix(text);
  return time != 0 && is_zone(text.substr(time));
}

template <class Int>
bool is_integer(std::string_view text, Int least) noexcept {
  Int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() && value >= least;
}

bool is_base64(std::string_view text) noexcept {
  std::size_t significant = 0;
  std::size_t padding = 0;
  for (const char c : text) {
    if (is(c, space_class)) continue;
    if (!is(c, base64_class) || (padding > 0 && c != '=')) return false;
    ++significant;
    if (c == '=') ++padding;
  }
  return significant > 0 && significant % 4 == 0 && padding <= 2;
}

bool is_oid(std::string_view text) noexcept {
  if (!text.starts_with("urn:oid:")) return false;
  text.remove_prefix(8);
  if (text.size() < 3 || text[0] < '0' || text[0] > '2') return false;
  text.remove_prefix(1);
  while (!text.empty()) {
    if (text[0] != '.') return false;
    std::size_t end = 1;
    while (end < text.size() && is(text[end], digit_class)) ++end;
    if (end == 1 || (end > 2 && text[1] == '0')) return false;
    text.remove_prefix(end);
  }
  return true;
}

bool is_uuid(std::string_view text) noexcept {
  if (!text.starts_with("urn:uuid:") || text.size() != 45) return false;
  text.remove_prefix(9);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    const char c = text[i];
    const bool hex = is(c, digit_class) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    if (dash ? c != '-' : !hex) return false;
  }
  return true;
}

}  // namespace

JsonKind json_kind(Primitive primitive) noexcept {
  switch (primitive) {
    case Primitive::boolean:
      return JsonKind::boolean;
    case Primitive::decimal:
    case Primitive::integer:
    case Primitive::positiveInt:
    case Primitive::unsignedInt:
    case Primitive::integer64:
      return JsonKind::number;
    default:
      return JsonKind::string;
  }
}

bool is_language_tag(std::string_view text) noexcept {
  // Parts in order: language with up to three extensions, script, region, variants, extensions, private use. "i-" and
  // other grandfathered tags are the exception, and are registered one by one.
  if (text.starts_with("i-") && text.size() > 2) return all(text.substr(2), letter_class);
  enum Place : unsigned char { start, language, script, region, variant, singleton, extension, private_use };
  Place place = start;
  int extensions = 0;
  std::size_t language_size = 0;
  while (true) {
    const std::size_t dash = text.find('-');
    const std::string_view part = text.substr(0, dash);
    const std::size_t size = part.size();
    const bool letters = all(part, letter_class);
    if (size == 0 || size > 8 || !all(part, letter_class | digit_class)) return false;
    const bool a_variant = size >= 5 || (size == 4 && is(part[0], digit_class));
    if (place == private_use) {
      // any part
    } else if (size == 1) {
      if (place == singleton) return false;
      if (place == start && part != "x" && part != "X") return false;
      place = part == "x" || part == "X" ? private_use : singleton;
      if (dash == std::string_view::npos) return false;
    } else if (place == singleton || place == extension) {
      place = extension;
    } else if (place == start) {
      if (!letters) return false;
      place = language;
      language_size = size;
    } else if (place == language && size == 3 && letters && language_size <= 3 && extensions < 3) {
      ++extensions;
    } else if (place == language && size == 4 && letters) {
      place = script;
    } else if (place <= script && ((size == 2 && letters) || (size == 3 && all(part, digit_class)))) {
      place = region;
    } else if (a_variant) {
      place = variant;
    } else {
      return false;
    }
    if (dash == std::string_view::npos) return place != singleton;
    text.remove_prefix(dash + 1);
  }
}

bool has_visible(std::string_view text) noexcept { return !all(text, space_class); }

bool has_control(std::string_view text) noexcept {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r') return true;
  }
  return false;
}

bool is_path_with_blanks(std::string_view text) noexcept {
  if (text.empty() || text.front() == ' ' || text.back() == ' ') return false;
  for (const char c : text) {
    if (c != ' ' && is(c, space_class)) return false;
  }
  const std::size_t colon = text.find(':');
  return colon == std::string_view::npos || text.starts_with("file:") || text.find('/') < colon;
}

bool is_id(std::string_view text) noexcept { return !text.empty() && text.size() <= 64 && all(text, id_class); }

bool fits(Primitive primitive, std::string_view text) noexcept {
  switch (primitive) {
    case Primitive::boolean:
      return text == "true" || text == "false";
    case Primitive::decimal:
      return fits_numeric(text);  // its form is that of any JSON number
    case Primitive::integer:
      return is_integer<std::int32_t>(text, INT32_MIN);
    case Primitive::integer64:
      return is_integer<std::int64_t>(text, INT64_MIN);
    case Primitive::positiveInt:
      return is_integer<std::int32_t>(text, 1);
    case Primitive::unsignedInt:
      return is_integer<std::int32_t>(text, 0);
    case Primitive::base64Binary:
      return is_base64(text);
    case Primitive::code:
      return is_code(text);
    case Primitive::canonical:
    case Primitive::uri:
    case Primitive::url:
      return !text.empty() && !has_space(text);
    case Primitive::date:
      return date_prefix(text) == text.size() && !text.empty();
    case Primitive::dateTime:
      return is_date_time(text, true);
    case Primitive::instant:
      return is_date_time(text, false);
    case Primitive::time:
      return time_prefix(text) == text.size() && !text.empty();
    case Primitive::id:
      return is_id(text);
    case Primitive::oid:
      return is_oid(text);
    case Primitive::uuid:
      return is_uuid(text);
    case Primitive::markdown:
    case Primitive::string:
    case Primitive::system_string:
    case Primitive::xhtml:
      return !text.empty();
  }
  return false;
}

std::string_view json_type(Primitive primitive) noexcept {
  switch (primitive) {
    case Primitive::boolean:
      return "true or false";
    case Primitive::decimal:
      return "a number (decimal)";
    case Primitive::integer:
      return "a number (integer)";
    case Primitive::positiveInt:
      return "a number (positiveInt)";
    case Primitive::unsignedInt:
      return "a number (unsignedInt)";
    case Primitive::integer64:
      return "a string (integer64)";
    case Primitive::base64Binary:
      return "a string (base64Binary)";
    case Primitive::code:
      return "a string (code)";
    case Primitive::canonical:
      return "a string (canonical)";
    case Primitive::uri:
      return "a string (uri)";
    case Primitive::url:
      return "a string (url)";
    case Primitive::date:
      return "a string (date)";
    case Primitive::dateTime:
      return "a string (dateTime)";
    case Primitive::instant:
      return "a string (instant)";
    case Primitive::time:
      return "a string (time)";
    case Primitive::id:
      return "a string (id)";
    case Primitive::oid:
      return "a string (oid)";
    case Primitive::uuid:
      return "a string (uuid)";
    case Primitive::markdown:
      return "a string (markdown)";
    case Primitive::string:
      return "a string (string)";
    case Primitive::xhtml:
      return "a string (xhtml)";
    case Primitive::system_string:
      return "a string";
  }
  return "a value";
}

std::string_view describe(Primitive primitive) noexcept {
  switch (primitive) {
    case Primitive::boolean:
      return "true or false";
    case Primitive::decimal:
      return "a number that PostgreSQL can hold: at most 131,072 digits before and 16,383 after the decimal point";
    case Primitive::integer:
      return "a whole number of 32 bits";
    case Primitive::integer64:
      return "a whole number of 64 bits";
    case Primitive::positiveInt:
      return "a whole number from 1 to 2147483647";
    case Primitive::unsignedInt:
      return "a whole number from 0 to 2147483647";
    case Primitive::base64Binary:
      return "base64";
    case Primitive::code:
      return "a code without white space, except for single spaces between words";
    case Primitive::canonical:
    case Primitive::uri:
    case Primitive::url:
      return "a URI without white space";
    case Primitive::date:
      return "an existing date, as YYYY, YYYY-MM or YYYY-MM-DD";
    case Primitive::dateTime:
      return "an existing date, as YYYY[-MM[-DD]] or YYYY-MM-DDThh:mm:ss[.fff] with Z or an offset";
    case Primitive::instant:
      return "a moment as YYYY-MM-DDThh:mm:ss[.fff] with Z or an offset";
    case Primitive::time:
      return "a time as hh:mm:ss[.fff]";
    case Primitive::id:
      return "an id: 1 to 64 of A-Z a-z 0-9 - .";
    case Primitive::oid:
      return "urn:oid: and a dotted number";
    case Primitive::uuid:
      return "urn:uuid: and a UUID";
    case Primitive::markdown:
    case Primitive::string:
    case Primitive::system_string:
    case Primitive::xhtml:
      return "text that is not empty";
  }
  return "a value";
}

RelativeReference relative_reference(std::string_view text) noexcept {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos || slash < 2) return {};
  const std::string_view type = text.substr(0, slash);
  const std::string_view id = text.substr(slash + 1);
  if (type[0] < 'A' || type[0] > 'Z' || !all(type, letter_class) || id.empty() || !all(id, id_class)) return {};
  return {type, id};
}

}  // namespace etl::fhir
