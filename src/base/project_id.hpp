#pragma once

#include <string>
#include <string_view>

namespace etl {

/// A project as Gen3 names it: `program-code`. The program ends at the first `-`; the code may hold more of them
/// (`aced-my-study` is the project `my-study` of the program `aced`).
struct ProjectId {
  std::string program;
  std::string code;

  /// UsageError for a text without `-`, with an empty part, or with a part that is_project_part() does not take: a `/`
  /// or a dot segment would change the resource path.
  [[nodiscard]] static ProjectId parse(std::string_view text);

  [[nodiscard]] std::string str() const { return program + "-" + code; }
  /// What user.yaml, indexd's `authz` and guppy's `auth_resource_path` call it.
  [[nodiscard]] std::string resource_path() const { return "/programs/" + program + "/projects/" + code; }

  friend bool operator==(const ProjectId&, const ProjectId&) = default;
  friend auto operator<=>(const ProjectId&, const ProjectId&) = default;
};

}  // namespace etl
