#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/buffer.hpp"
#include "base/digest.hpp"
#include "fhir/cursor.hpp"
#include "fhir/structurals.hpp"

namespace etl::graph {

/// The digest of a jsonb value as PostgreSQL would compute it (`sql`), without asking it: of the bytes that jsonb_send
/// gives. jsonb's text is a value's own: members sorted by the length of their names, then by bytes, the last of a name
/// alone; `": "` and `", "`; short escapes, and none where none must be (PostgreSQL's src/backend/utils/adt/jsonb.c,
/// jsonb_util.c and json.c). So equal digests are equal values, down to the scale of a number.
class JsonbDigest {
 public:
  using Value = std::array<char, 16>;

  /// Of a jsonb column: an expression of type bytea. PostgreSQL 11 and later.
  [[nodiscard]] static std::string sql(std::string_view column);

  /// Of the record's object with its project put in at the end. Nothing for what only PostgreSQL can tell: very large
  /// or deep values, names with escapes, and what is no JSON object. A number with an exponent, which PostgreSQL writes
  /// without, gives a digest that is no value's.
  [[nodiscard]] std::optional<Value> of(std::string_view object, std::string_view project_id_member);

 private:
  struct Member {
    std::string_view key;
    const std::uint32_t* value = nullptr;  ///< where it begins
  };

  void write(fhir::Cursor& cursor, int depth);
  void write_object(fhir::Cursor& cursor, int depth);
  void write_array(fhir::Cursor& cursor, int depth);
  void write_string(std::string_view raw);
  void write_scalar(std::string_view token);

  fhir::Structurals structurals_;
  Sha256 digest_;
  Buffer in_;
  Buffer out_;
  std::vector<Member> members_;  ///< of all objects that are open
  std::string text_;
  std::string escaped_;
};

}  // namespace etl::graph
