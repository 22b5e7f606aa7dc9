#pragma once

#include <string>

#include "stand_in/html.hpp"
#include "stand_in/request.hpp"

// How the metadata service answers in case of a fault.

namespace etl::stand_in {

inline Answer detail(int status, const Json& what) { return json_answer({{"detail", what}}, status); }
inline Answer internal_error() { return {500, status_phrase(500), kTextType, {}}; }

/// One of pydantic's complaints. `where` is the place: {"query", name} or {"body", index}.
inline Json complaint(const std::string& type, const Json& where, const std::string& what, const Json& input) {
  return {{"type", type}, {"loc", where}, {"msg", what}, {"input", input}};
}

}  // namespace etl::stand_in
