#pragma once

#include <span>
#include <string_view>

#include "base/buffer.hpp"
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

/// A simplified resource. Its views live until the next one is made.
struct Record {
  std::string_view id;
  std::string_view type;  ///< Patient
  std::string_view name;  ///< patient
  std::span<const Relation> relations;
  std::string_view object;  ///< the flat object as JSON
  fhir::Location where;
};

enum class Dialect : unsigned char {
  pfb,   ///< id, name, relations, object
  fhir,  ///< the flat object alone
};

/// Append the record as one line.
void append_line(Buffer& to, const Record& record, Dialect dialect);

}  // namespace etl::simplify
