#include "base/project_id.hpp"

#include "base/error.hpp"
#include "base/identifier.hpp"
#include "base/text.hpp"

namespace etl {

ProjectId ProjectId::parse(std::string_view text) {
  const std::string shown = printable(text.substr(0, 200));
  const auto dash = text.find('-');
  if (dash == std::string_view::npos || dash == 0 || dash + 1 == text.size()) {
    throw UsageError("'" + shown + "' is not a project id", {},
                     "write it as PROGRAM-CODE, e.g. aced-Diabetes; the program ends at the first '-'");
  }
  ProjectId id{std::string(text.substr(0, dash)), std::string(text.substr(dash + 1))};
  if (!is_project_part(id.program) || !is_project_part(id.code)) {
    throw UsageError("'" + shown + "' is not a project id: it contains a character that is not allowed", {},
                     "use letters, digits, '_', '-' and '.' (not '.' or '..' alone)");
  }
  return id;
}

}  // namespace etl
