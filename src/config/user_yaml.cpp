#include "config/user_yaml.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <set>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "config/yaml_document.hpp"

namespace etl::config {
namespace {

constexpr auto hint = "the projects are read from authz.resources: programs/<program>/projects/<code>";
/// Large commons have some thousand projects and users; a project takes about ten nodes.
constexpr YamlLimits limits{.bytes = std::uint64_t{16} << 20U, .depth = 100, .nodes = 500'000};
constexpr std::size_t parts_of_project = 4;  // programs/<program>/projects/<code>
constexpr std::size_t most_warnings = 20;

/// A name may itself be a path (`programs/aced`); a leading `/` means nothing.
std::vector<std::string> segments(const std::string& name) {
  std::vector<std::string> out;
  std::string segment;
  for (const char c : name + "/") {
    if (c != '/') {
      segment += c;
    } else if (!segment.empty()) {
      out.push_back(std::move(segment));
      segment.clear();
    }
  }
  return out;
}

class ResourceWalk {
 public:
  explicit ResourceWalk(const std::string& where) : where_(where) {}

  void walk(const YamlNode* list, const std::vector<std::string>& parent) {
    if (list == nullptr || list->is_null()) return;
    if (!list->is_sequence()) {
      warn(fmt::format("the resources of `{}` must be a list", path_of(parent)), *list);
      return;
    }
    for (const YamlNode* entry : list->items()) {
      const YamlNode* name = entry->find("name");
      if (name == nullptr || !name->is_scalar()) {
        warn(fmt::format("a resource of `{}` has no name", path_of(parent)), *entry);
        continue;
      }
      auto path = parent;
      for (auto& segment : segments(name->text())) path.push_back(std::move(segment));
      // Only what can still become a project is of interest.
      if (path.size() > parts_of_project || path.empty() || path[0] != "programs") continue;
      take(path, *entry);
      walk(entry->find("subresources"), path);
    }
  }

  /// InputError when there is no project.
  UserYaml finish() {
    if (found_.projects.empty()) {
      throw InputError("user.yaml names no projects", where_,
                       found_.warnings.empty() ? hint : fmt::format("{}; {}", found_.warnings.front(), hint));
    }
    if (unsaid_ > 0) found_.warnings.push_back(fmt::format("{}: {} more of this kind", where_, unsaid_));
    return std::move(found_);
  }

 private:
  static std::string path_of(const std::vector<std::string>& path) {
    return path.empty() ? "authz" : printable(fmt::format("{}", fmt::join(path, "/")));
  }

  void take(const std::vector<std::string>& path, const YamlNode& at) {
    if (path.size() != parts_of_project || path[2] != "projects") return;
    // The id must mean the same when it is read back: a program with '-' would end too early.
    if (path[1].find('-') != std::string::npos) {
      warn(fmt::format("`{}` is left out: the name of its program contains '-', which ends the program in a project id",
                       path_of(path)),
           at);
      return;
    }
    try {
      auto project = ProjectId::parse(path[1] + "-" + path[3]);
      if (known_.insert(project).second) found_.projects.push_back(std::move(project));
    } catch (const UsageError& error) {
      warn(fmt::format("`{}` is left out: {}", path_of(path), error.what()), at);
    }
  }

  void warn(const std::string& what, const YamlNode& at) {
    if (found_.warnings.size() < most_warnings) {
      found_.warnings.push_back(fmt::format("{}:{}: {}", where_, at.line(), what));
    } else {
      ++unsaid_;
    }
  }

  std::string where_;
  UserYaml found_;
  std::set<ProjectId> known_;
  std::size_t unsaid_ = 0;
};

}  // namespace

UserYaml parse_user_yaml(std::string_view text, const std::string& where) {
  const auto document = YamlDocument::parse(text, where, limits);
  const YamlNode* authz = document.root().find("authz");
  if (authz == nullptr || !authz->is_map()) throw InputError("this is not a user.yaml: it has no `authz`", where, hint);
  ResourceWalk walk(where);
  walk.walk(authz->find("resources"), {});
  return walk.finish();
}

UserYaml read_user_yaml(const std::string& path) {
  try {
    return parse_user_yaml(read_file(path, limits.bytes), path);
  } catch (const InputError& error) {
    throw UsageError(
        fmt::format("cannot read user.yaml: {}", error.what()), error.where(),
        error.hint().empty() ? "mount the configMap useryaml, or name the file with --user-yaml" : error.hint());
  }
}

}  // namespace etl::config
