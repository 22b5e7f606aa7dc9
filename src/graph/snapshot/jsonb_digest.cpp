#include "graph/snapshot/jsonb_digest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "fhir/json_text.hpp"
#include "graph/connection/copy_rows.hpp"

namespace etl::graph {
namespace {

/// Beyond it the copies would cost more memory than they spare time.
constexpr std::size_t largest = std::size_t{256} << 10;
/// An object's members are found before they are written, so each level reads what lies below once more.
constexpr int deepest_json = 16;

/// What this class does not write: caught in of().
struct LeftOut {};

/// jsonb's order of members (lengthCompareJsonbStringValue).
bool before(std::string_view a, std::string_view b) {
  return a.size() != b.size() ? a.size() < b.size() : std::memcmp(a.data(), b.data(), a.size()) < 0;
}

}  // namespace

std::string JsonbDigest::sql(std::string_view column) {
  return fmt::format("substring(sha256(jsonb_send({})) from 1 for {})", column, std::tuple_size_v<Value>);
}

std::optional<JsonbDigest::Value> JsonbDigest::of(std::string_view object, std::string_view project_id_member) {
  if (object.size() > largest) return std::nullopt;
  in_.clear();
  append_with_project(in_, object, project_id_member);
  in_.pad();
  if (!structurals_.index(in_.view()).empty()) return std::nullopt;
  out_.clear();
  out_.append('\1');  // the version of jsonb's binary form
  members_.clear();
  try {
    // Whether a string has an escape is asked where it is written.
    fhir::Cursor cursor(in_.data(), structurals_.begin(), true);
    write(cursor, 0);
    if (cursor.offset() != in_.size()) return std::nullopt;
  } catch (const fhir::SyntaxError&) {
    return std::nullopt;
  } catch (const LeftOut&) {
    return std::nullopt;
  }
  Value value{};
  digest_.add(out_.view());
  digest_.take(value);
  return value;
}

void JsonbDigest::write(fhir::Cursor& cursor, int depth) {
  switch (cursor.peek()) {
    case '{':
      write_object(cursor, depth + 1);
      break;
    case '[':
      write_array(cursor, depth + 1);
      break;
    case '"':
      write_string(cursor.string());
      break;
    default:
      write_scalar(cursor.scalar());
  }
}

void JsonbDigest::write_object(fhir::Cursor& cursor, int depth) {
  if (depth > deepest_json) throw LeftOut();
  const std::size_t first = members_.size();
  cursor.expect('{', "an object");
  if (!cursor.empty('}')) {
    do {
      const std::string_view key = cursor.key();
      if (key.find('\\') != std::string_view::npos) throw LeftOut();
      members_.push_back({key, cursor.position()});
      cursor.skip();
    } while (cursor.more('}'));
  }
  const std::uint32_t* const end = cursor.position();
  const std::size_t last = members_.size();
  std::sort(members_.begin() + static_cast<std::ptrdiff_t>(first), members_.end(),
            [](const Member& a, const Member& b) { return a.key == b.key ? a.value < b.value : before(a.key, b.key); });
  out_.append('{');
  bool any = false;
  for (std::size_t i = first; i < last; ++i) {
    const Member member = members_[i];
    if (i + 1 < last && members_[i + 1].key == member.key) continue;
    if (any) out_.append(std::string_view(", "));
    any = true;
    write_string(member.key);
    out_.append(std::string_view(": "));
    cursor.rewind(member.value);
    write(cursor, depth);
  }
  out_.append('}');
  members_.resize(first);
  cursor.rewind(end);
}

void JsonbDigest::write_array(fhir::Cursor& cursor, int depth) {
  if (depth > deepest_json) throw LeftOut();
  cursor.expect('[', "an array");
  out_.append('[');
  if (!cursor.empty(']')) {
    for (;;) {
      write(cursor, depth);
      if (!cursor.more(']')) break;
      out_.append(std::string_view(", "));
    }
  }
  out_.append(']');
}

void JsonbDigest::write_string(std::string_view raw) {
  out_.append('"');
  if (raw.find('\\') == std::string_view::npos) {
    out_.append(raw);
  } else {
    fhir::unescape(raw, text_);
    escaped_.clear();
    fhir::append_escaped(escaped_, text_);
    out_.append(std::string_view(escaped_));
  }
  out_.append('"');
}

void JsonbDigest::write_scalar(std::string_view token) {
  // numeric knows no negative zero.
  if (token.front() == '-' && token.find_first_not_of("-0.") == std::string_view::npos) token.remove_prefix(1);
  out_.append(token);
}

}  // namespace etl::graph
