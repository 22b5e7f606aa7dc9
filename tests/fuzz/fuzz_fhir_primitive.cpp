// FHIR's primitive formats, compared with the regular expressions of the specification. The first byte chooses the
// format, or a relative reference.

#include <array>
#include <chrono>
#include <regex>

#include "fhir/primitive_format.hpp"
#include "properties.hpp"

namespace {

using namespace etl;
using fhir::Primitive;
using fuzz::require;

struct Format {
  Primitive primitive;
  const char* pattern;
};

// FHIR R5, datatypes. `date` and its like must also exist in the calendar, which the patterns do not ask for; that the
// seconds may be 60, they do. base64Binary has no pattern there.
constexpr std::array kFormats{
    Format{Primitive::date, R"(\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[1-2]\d|3[0-1]))?)?)"},
    Format{Primitive::dateTime,
           R"(\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[1-2]\d|3[0-1])(T([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?)"
           R"((Z|[+-]((0\d|1[0-3]):[0-5]\d|14:00)))?)?)?)"},
    Format{Primitive::instant,
           R"(\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[1-2]\d|3[0-1])T([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?)"
           R"((Z|[+-]((0\d|1[0-3]):[0-5]\d|14:00)))"},
    Format{Primitive::time, R"(([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?)"},
    Format{Primitive::oid, R"(urn:oid:[0-2](\.(0|[1-9]\d*))+)"},
    Format{Primitive::uuid, R"(urn:uuid:[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})"},
    Format{Primitive::id, R"([A-Za-z0-9\-.]{1,64})"},
    Format{Primitive::code, R"([^\s]+( [^\s]+)*)"},
    Format{Primitive::base64Binary, nullptr},
    Format{Primitive::integer, R"(0|-?[1-9]\d*|-0)"},
    Format{Primitive::positiveInt, R"([1-9]\d*)"},
    Format{Primitive::unsignedInt, R"(0|[1-9]\d*)"},
    Format{Primitive::uri, R"(\S+)"},
};

bool exists(std::string_view text) {
  using namespace std::chrono;
  const auto number = [&](std::size_t at, std::size_t count) { return std::stoi(std::string(text.substr(at, count))); };
  if (number(0, 4) == 0) return false;
  if (text.size() < 10) return true;
  return year_month_day(year(number(0, 4)), month(static_cast<unsigned>(number(5, 2))),
                        day(static_cast<unsigned>(number(8, 2))))
      .ok();
}

bool is_date(Primitive primitive) {
  return primitive == Primitive::date || primitive == Primitive::dateTime || primitive == Primitive::instant;
}

/// The number fits into 32 bits: the patterns say nothing of that.
bool is_small(std::string_view text) {
  if (text.size() > 12) return false;
  const long long value = std::stoll(std::string(text));
  return value >= INT32_MIN && value <= INT32_MAX;
}

void compare(const Format& format, const std::regex& pattern, const std::string& text) {
  const bool said = fhir::fits(format.primitive, text);
  // std::regex recurses, and its classes are those of ASCII only.
  if (format.pattern == nullptr || text.size() > 200) return;
  bool is = std::regex_match(text, pattern);
  if (is && is_date(format.primitive)) is = exists(text);
  const bool whole = format.primitive == Primitive::integer || format.primitive == Primitive::positiveInt ||
                     format.primitive == Primitive::unsignedInt;
  // Numbers come from JSON, whose grammar has no leading zeros.
  if (whole && !std::regex_match(text, std::regex(R"(-?(0|[1-9]\d*))"))) return;
  if (whole && text != "-0") is = is && is_small(text);
  if (whole && text == "-0") return;
  require(said == is, std::string(fhir::describe(format.primitive)) +
                          (said ? " is what this is not: " : " is what this is: ") + text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  static const auto patterns = [] {
    std::vector<std::regex> out;
    for (const Format& format : kFormats) out.emplace_back(format.pattern == nullptr ? "" : format.pattern);
    return out;
  }();
  const std::string text(fuzz::text_of(data + 1, size - 1));
  // Seeds are easier to write with letters: 'a' is the first format.
  const std::size_t choice = static_cast<unsigned char>(data[0] - 'a') % (kFormats.size() + 1);
  if (choice < kFormats.size()) {
    compare(kFormats[choice], patterns[choice], text);
  } else if (const auto reference = fhir::relative_reference(text)) {
    require(std::string(reference.type) + '/' + std::string(reference.id) == text, "a reference of other parts");
    require(reference.id.find_first_of("/%?#\\") == std::string_view::npos, "an id that is a path");
  }
  return 0;
}
