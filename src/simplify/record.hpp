#pragma once

#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/buffer.hpp"
#include "fhir/cursor.hpp"
#include "fhir/findings.hpp"
#include "fhir/model.hpp"

namespace etl::simplify {

/// A reference that the graph can hold as an edge. Ids are raw JSON text (an id has no character that needs an escape).
struct Relation {
  std::string_view dst_id;
  std::string_view dst_type;     ///< Patient
  std::string_view dst_name;     ///< patient
  const fhir::Element* element;  ///< the reference's element: Observation.subject; null in a record read back
  std::string_view key;          ///< the record's key for it: for_fhir, input_valueReference, …
  std::span<const std::string_view> keys = {};  ///< of a record read back: the keys whose value is this reference
};

struct StudyFacts;

/// The FHIR resource that a record was made of, for a consumer that needs more of it than the record has.
struct Source {
  fhir::Cursor document;                                        ///< at the resource; its JSON is known to be correct
  const std::unordered_map<std::string, std::string>* links{};  ///< fhir::BundleLinks of its Bundle, or null
  const StudyFacts* facts{};                                    ///< null on the first reading
};

/// A simplified resource. Its views live until the next one is made.
struct Record {
  std::string_view id;
  std::string_view type;  ///< Patient
  std::string_view name;  ///< patient
  std::span<const Relation> relations;
  std::string_view object;  ///< the flat object as JSON
  fhir::Location where;
  const Source* source = nullptr;  ///< null in a record that was read back
};

enum class Dialect : unsigned char {
  pfb,   ///< id, name, relations, object
  fhir,  ///< the flat object alone
};

/// Append the record as one line.
void append_line(Buffer& to, const Record& record, Dialect dialect);

}  // namespace etl::simplify
