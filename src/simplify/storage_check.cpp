#include "simplify/storage_check.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "base/text.hpp"
#include "fhir/json_text.hpp"
#include "fhir/storage_limits.hpp"

namespace etl::simplify {
namespace {

/// The shortest that there can be.
constexpr std::string_view any_project = "a-b";

/// Calls `take` with the raw name and raw value of each member of a valid JSON object, and `number` with each number
/// at any depth, with the name of the member of the object that it is in.
template <class Take, class Number>
void each_value(std::string_view object, const Take& take, const Number& number) {
  std::string_view name;
  std::size_t begin = 0;
  int depth = 0;
  bool is_name = false;
  const auto ends = [&](std::size_t at) {
    if (depth == 1 && begin != 0) take(name, trim(object.substr(begin, at - begin)));
    begin = 0;
  };
  for (std::size_t at = object.find('{'); at < object.size();) {
    const char c = object[at];
    if (c == '"') {
      std::size_t end = at + 1;
      for (;;) {
        end = std::min(object.find_first_of("\"\\", end), object.size());
        if (end == object.size() || object[end] == '"') break;
        end += 2;
      }
      if (is_name) name = object.substr(at + 1, end - at - 1);
      is_name = false;
      at = end + 1;
    } else if (c == '-' || (c >= '0' && c <= '9')) {
      const std::size_t end = std::min(object.find_first_of(" \t\r\n,]}", at), object.size());
      number(name, object.substr(at, end - at));
      at = end;
    } else {
      ++at;
      switch (c) {
        case '{':
        case '[':
          is_name = ++depth == 1;
          break;
        case '}':
        case ']':
          ends(at - 1);
          --depth;
          break;
        case ',':
          ends(at - 1);
          is_name = depth == 1;
          break;
        case ':':
          if (depth == 1) begin = at;
          break;
        default:
          break;
      }
    }
  }
}

/// What `_props ->> 'key'` gives for a raw value: nothing for null; arrays and objects as jsonb is printed.
std::optional<std::string> as_text(std::string_view raw) {
  if (raw == "null") return std::nullopt;
  std::string text;
  if (raw.starts_with('"')) {
    fhir::unescape(raw.substr(1, raw.size() - 2), text);
    return text;
  }
  bool in_string = false;
  for (std::size_t i = 0; i < raw.size(); ++i) {
    const char c = raw[i];
    if (!in_string && (c == ' ' || c == '\t' || c == '\r' || c == '\n')) continue;
    text += c;
    if (in_string && c == '\\') text += raw[++i];
    if (c == '"') in_string = !in_string;
    if (!in_string && (c == ',' || c == ':')) text += ' ';
  }
  return text;
}

std::string lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

std::string too_long(std::size_t size) {
  return fmt::format("PostgreSQL's index holds {} bytes of it; expected at most {} once compressed", human_count(size),
                     human_count(fhir::IndexRow::most));
}

}  // namespace

StorageCheck::StorageCheck(Options options) : options_(std::move(options)) {
  if (options_.project.empty()) options_.project = any_project;
}

void StorageCheck::check_all(const Record& record, const Tell& tell) {
  const dictionary::Node* node = nullptr;
  if (options_.dictionary != nullptr) {
    node = options_.dictionary->by_title(record.type);
    if (node == nullptr) return;  // it has no table, and is left out
  }
  if (options_.ids_and_numbers) {
    fhir::IndexRow id;
    id.add(record.id);
    if (!id.fits()) tell({}, "the id is too long: " + too_long(id.size()));
    for (const Relation& relation : record.relations) {
      fhir::IndexRow edge;
      edge.add(record.id);
      edge.add(relation.dst_id);
      if (id.fits() && !edge.fits())
        tell({}, fmt::format("the ids of an edge to {} are too long: {}", relation.dst_type, too_long(edge.size())));
    }
    each_value(
        record.object, [](std::string_view, std::string_view) {},
        [&](std::string_view name, std::string_view number) {
          if (!fhir::fits_numeric(number)) {
            tell(name, fmt::format("{}…; expected a number that PostgreSQL can hold: at most 131,072 digits before the "
                                   "decimal point and 16,383 after it",
                                   number.substr(0, 40)));
          }
        });
  }
  if (node != nullptr && record.object.size() + options_.project.size() > small) check_keys(*node, record.object, tell);
  if (record.object.size() > fhir::most_jsonb_bytes / fhir::most_jsonb_growth - 1024) check_object(record.object, tell);
}

/// The indexes of graph/schema_plan: each key as it is and in small letters, and all keys of a combined key together.
void StorageCheck::check_keys(const dictionary::Node& node, std::string_view object, const Tell& tell) const {
  for (const auto& keys : node.unique_keys) {
    if (std::ranges::find(keys, "id") != keys.end()) continue;
    std::vector<std::optional<std::string>> values(keys.size());
    each_value(
        object,
        [&](std::string_view name, std::string_view value) {
          const auto at = std::ranges::find(keys, name);
          if (at != keys.end()) values[static_cast<std::size_t>(at - keys.begin())] = as_text(value);
        },
        [](std::string_view, std::string_view) {});
    fhir::IndexRow all;
    std::size_t longest = 0;
    bool told = false;
    for (std::size_t i = 0; i < keys.size(); ++i) {
      if (keys[i] == "project_id") values[i] = options_.project;
      if (!values[i]) continue;
      if (!values[longest] || values[i]->size() > values[longest]->size()) longest = i;
      fhir::IndexRow one;
      one.add(*values[i]);
      fhir::IndexRow lowered;
      lowered.add(lower(*values[i]));
      all.add(lower(*values[i]));
      if (one.fits() && lowered.fits()) continue;
      tell(keys[i], "too long: " + too_long(std::max(one.size(), lowered.size())));
      told = true;
    }
    if (!told && keys.size() > 1 && !all.fits()) {
      tell(keys[longest],
           fmt::format("too long for the unique key of {}: {}", fmt::join(keys, ", "), too_long(all.size())));
    }
  }
}

void StorageCheck::check_object(std::string_view object, const Tell& tell) const {
  const std::size_t field =
      object.size() + options_.project.size() + std::string_view(R"(,"project_id":"")").size() + 1;
  std::string text;
  text.reserve(field);
  text.append(object.substr(0, object.size() - 1));
  if (text.find_first_not_of(" \t\r\n", 1) != std::string::npos) text += ',';
  text.append(R"("project_id":")").append(options_.project).append("\"}");
  const fhir::JsonbSize size = fhir::jsonb_size(text);
  if (size.elements > fhir::most_jsonb_elements) {
    tell(size.largest, fmt::format("an array of {} items; expected at most {}, the limit of PostgreSQL's jsonb",
                                   human_count(size.elements), human_count(fhir::most_jsonb_elements)));
  } else if (size.members > fhir::most_jsonb_members) {
    tell({}, fmt::format("an object of {} members; expected at most {}, the limit of PostgreSQL's jsonb",
                         human_count(size.members), human_count(fhir::most_jsonb_members)));
  } else if (size.bytes > fhir::most_jsonb_bytes) {
    tell(size.largest,
         fmt::format(
             "the record takes {} bytes, most of them here; expected at most {}, the limit of PostgreSQL's jsonb",
             human_count(size.bytes), human_count(fhir::most_jsonb_bytes)));
  } else if (text.size() + 1 > fhir::most_field_bytes) {
    tell(size.largest, fmt::format("the record's text has {} bytes, most of them here; expected at most {}, the limit "
                                   "of a value that is sent to PostgreSQL",
                                   human_count(text.size() + 1), human_count(fhir::most_field_bytes)));
  }
}

}  // namespace etl::simplify
