#include "simplify/resource_version.hpp"

#include <charconv>
#include <chrono>
#include <cstring>
#include <string>

#include "base/buffer.hpp"
#include "fhir/cursor.hpp"
#include "fhir/json_text.hpp"
#include "fhir/structurals.hpp"

namespace etl::simplify {
namespace {

std::string plain(std::string_view raw) {
  std::string out;
  fhir::unescape(raw, out);
  return out;
}

bool number(std::string_view text, auto& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size();
}

/// An instant (YYYY-MM-DDThh:mm:ss[.fff] with Z or an offset) in microseconds since the year 0; 0 when it is none.
std::uint64_t microseconds(std::string_view text) {
  int year = 0;
  unsigned month = 0;
  unsigned day = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;
  if (text.size() < 20 || !number(text.substr(0, 4), year) || !number(text.substr(5, 2), month) ||
      !number(text.substr(8, 2), day) || !number(text.substr(11, 2), hour) || !number(text.substr(14, 2), minute) ||
      !number(text.substr(17, 2), second)) {
    return 0;
  }
  text.remove_prefix(19);
  std::int64_t fraction = 0;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    std::int64_t unit = 100'000;
    while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
      fraction += unit * (text.front() - '0');
      unit /= 10;
      text.remove_prefix(1);
    }
  }
  int offset = 0;
  if (text.size() == 6) {
    int hours = 0;
    int minutes = 0;
    if (!number(text.substr(1, 2), hours) || !number(text.substr(4, 2), minutes)) return 0;
    offset = (hours * 60 + minutes) * (text.front() == '-' ? -1 : 1);
  } else if (text != "Z") {
    return 0;
  }
  using namespace std::chrono;
  const sys_days date = std::chrono::year(year) / std::chrono::month(month) / std::chrono::day(day);
  const sys_days zero = std::chrono::year(0) / 1 / 1;
  const auto passed = (date - zero) + hours(hour) + minutes(minute - offset) + seconds(second);
  const std::int64_t out = duration_cast<std::chrono::microseconds>(passed).count() + fraction;
  return out > 0 ? static_cast<std::uint64_t>(out) : 0;
}

void read_meta(fhir::Cursor& cursor, fhir::IdIndex::Version& out) {
  cursor.expect('{', "'{'");
  if (cursor.empty('}')) return;
  do {
    const std::string name = plain(cursor.key());
    const bool text = cursor.peek() == '"';
    if (name == "versionId" && text) {
      std::uint64_t version = 0;
      // The highest number is kept for `none`.
      if (number(plain(cursor.string()), version) && version < ~std::uint64_t{0}) out.number = version;
    } else if (name == "lastUpdated" && text) {
      out.updated = microseconds(plain(cursor.string()));
    } else {
      cursor.skip();
    }
  } while (cursor.more('}'));
}

}  // namespace

fhir::IdIndex::Version resource_version(std::string_view resource) {
  fhir::IdIndex::Version out;
  Buffer text;
  text.append(resource);
  text.pad();
  fhir::Structurals structurals;
  if (!structurals.index(text.view()).empty()) return out;
  fhir::Cursor cursor(text.data(), structurals.begin(), true);
  cursor.expect('{', "'{'");
  if (cursor.empty('}')) return out;
  do {
    if (plain(cursor.key()) == "meta" && cursor.peek() == '{') {
      read_meta(cursor, out);
    } else {
      cursor.skip();
    }
  } while (cursor.more('}'));
  return out;
}

}  // namespace etl::simplify
