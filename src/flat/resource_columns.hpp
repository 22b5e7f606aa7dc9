#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "fhir/cursor.hpp"
#include "fhir/model.hpp"
#include "flat/column_list.hpp"
#include "flat/personal_identifiers.hpp"
#include "flat/rows.hpp"

namespace etl::flat {

/// Turns resources into columns of the layout `dataframe`. One object serves one thread.
class ResourceColumns {
 public:
  explicit ResourceColumns(std::vector<std::string> personal) : personal_(std::move(personal)) {}

  /// The resource's own columns, in this order: identifiers, simple elements, codings, extensions, and what its type
  /// has besides (attachments, dosages). `id`: the resource's id as records have it. What gives no column is counted.
  void own(const fhir::Type& type, std::string_view id, fhir::Cursor document, ColumnList& out, Losses& losses);

  /// The columns that an Observation adds to the row that it is about, whose resource is of type `row`.
  void observation(const fhir::Type& row, fhir::Cursor document, ColumnList& out, Losses& losses);

 private:
  /// Servers take no longer names of fields.
  static constexpr std::size_t longest_name = 255;

  struct Member {
    std::string name;
    const std::uint32_t* at = nullptr;
  };
  /// What codings a value has.
  struct Codings {
    std::string_view last;  ///< the last one's display, else its code
    std::size_t count = 0;
  };

  void find_members(fhir::Cursor document);
  [[nodiscard]] const Member* find(std::string_view name) const;
  [[nodiscard]] fhir::Cursor at(const Member& member) const;

  void identifiers();
  void scalars(std::string_view id);
  void codings();
  void condition_coding();
  void extensions(fhir::Cursor& cursor);
  void extension(fhir::Cursor& cursor, const std::string& outer);
  void attachments();
  void medication_administration();
  void value_of_observation();

  void find_codings(fhir::Cursor& cursor, const fhir::Type* type, bool in_list, bool coding_list, Codings& out);
  void find_codings_below(fhir::Cursor& cursor, const fhir::Element* element, std::string_view name, Codings& out);
  void coding_member(const fhir::Type& type, std::string_view name, fhir::Cursor cursor);
  void attachment(fhir::Cursor cursor);

  /// Set a column that may not take the place of the resource's id or of a number; then it becomes `name__origin`.
  void set(std::string_view name, std::string_view value, std::string_view origin);
  void set_text(std::string_view name, std::string_view raw, std::string_view origin);
  void lose(Loss loss, std::string_view name) { losses_->add(loss, type_->name, name); }
  [[nodiscard]] static bool is_kept(const fhir::Type& type, std::string_view name);

  PersonalIdentifiers personal_;
  const fhir::Type* type_ = nullptr;
  ColumnList* out_ = nullptr;
  Losses* losses_ = nullptr;
  fhir::Cursor document_;
  std::vector<Member> members_;
  std::size_t member_count_ = 0;
  std::string scratch_;
  std::string value_;
  Buffer number_;
};

/// The last segment of a url or system: what follows its last `/`.
[[nodiscard]] std::string_view last_segment(std::string_view url) noexcept;

/// `us-core-race` and `HTTPServerName` -> `us_core_race`, `http_server_name`.
[[nodiscard]] std::string extension_column(std::string_view url);

}  // namespace etl::flat
