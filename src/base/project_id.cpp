#include "base/project_id.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace etl {
namespace {

bool odd_character(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte <= 0x20 || byte == 0x7f || c == '/';
}

}  // namespace

ProjectId ProjectId::parse(std::string_view text) {
  constexpr auto hint = "write it as PROGRAM-CODE, e.g. aced-Diabetes; the program ends at the first '-'";
  const auto dash = text.find('-');
  if (dash == std::string_view::npos || dash == 0 || dash + 1 == text.size()) {
    throw UsageError("'" + std::string(text) + "' is not a project id", {}, hint);
  }
  if (std::any_of(text.begin(), text.end(), odd_character)) {
    throw UsageError("a project id has a space, a control character or a '/' in it: '" + std::string(text) + "'", {},
                     hint);
  }
  return {std::string(text.substr(0, dash)), std::string(text.substr(dash + 1))};
}

}  // namespace etl
