#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "dictionary/dictionary.hpp"

namespace etl::fhir {
struct Type;
}

namespace etl::flat {

/// Which documents are made of a study.
enum class Layout : std::uint8_t {
  dictionary,  ///< patient, observation, file: the records, as the Gen3 dictionary describes them
  dataframe,  ///< research_subject, specimen, document_reference, …: a row for each, with what belongs to it folded in
};

/// The field type of a column in the index: only types that guppy accepts. Dates and booleans are keywords.
enum class Kind : std::uint8_t {
  keyword,
  long_integer,    ///< `long`
  double_decimal,  ///< `double`
};

/// `keyword`, `long`, `double`.
[[nodiscard]] std::string_view name_of(Kind kind) noexcept;

/// A field of the documents of one type.
struct Column {
  std::string name;
  Kind kind = Kind::keyword;
  bool array = false;  ///< in every document a list (or missing); otherwise never a list

  friend bool operator==(const Column&, const Column&) = default;
};

/// The document types of a layout, in the order in which they are loaded. Their names are the names of the indexes.
[[nodiscard]] const std::vector<std::string>& document_types(Layout layout);

/// The columns that documents of `type` always may have, by name. They come from the dictionary (layout `dictionary`,
/// which needs one) or from the definitions of FHIR R5 (layout `dataframe`), never from data. Documents of the layout
/// `dataframe` have more columns, whose names the study decides (DocumentSink::begin lists them); their kind is
/// kind_of_column(). Throws InternalError for a type that the layout does not have.
[[nodiscard]] std::vector<Column> fixed_columns(Layout layout, std::string_view type,
                                                const dictionary::Dictionary* dictionary);

/// The kind of any column of the layout `dataframe`. It depends on the name alone: elements of FHIR that are integers
/// or decimals are numbers, everything else is a keyword.
[[nodiscard]] Kind kind_of_column(std::string_view type, std::string_view column);

/// The same for a column of the resource itself, without the type before it: `size` of a DocumentReference.
[[nodiscard]] Kind kind_of_own_column(const fhir::Type& resource, std::string_view name);

/// `research_subject` -> ResearchSubject, `group_member` -> Group; null for what is no type of the layout `dataframe`.
[[nodiscard]] const fhir::Type* resource_of(std::string_view type);

/// As the columns of a subject begin: ResearchStudy -> `researchstudy`.
[[nodiscard]] std::string lower_case(std::string_view type);

/// Is it a name of GraphQL (`[_A-Za-z][_0-9A-Za-z]*`, no `__` at its beginning) that guppy does not use itself?
[[nodiscard]] bool is_column_name(std::string_view name) noexcept;

/// The name that is nearest to `text`: every character outside `[A-Za-z0-9_]` becomes `_`, and so does the empty text.
/// A digit at the beginning gets a `_` before it. GraphQL's own `__typename`, `__schema` and `__type` lose one `_`.
[[nodiscard]] std::string column_name(std::string_view text);

}  // namespace etl::flat
