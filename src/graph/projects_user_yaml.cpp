#include "graph/projects_user_yaml.hpp"

#include <yaml-cpp/yaml.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/file.hpp"

namespace etl::graph {
namespace {

constexpr auto hint = "the projects are read from authz.resources: programs/<program>/projects/<code>";
constexpr std::size_t deepest = 64;

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

  void walk(const YAML::Node& list, const std::vector<std::string>& parent) {
    if (!list || list.IsNull()) return;
    if (!list.IsSequence()) fail("resources must be a list", list);
    if (parent.size() > deepest) fail("resources are nested too deep", list);
    for (const auto& entry : list) {
      if (!entry.IsMap() || !entry["name"] || !entry["name"].IsScalar()) fail("a resource needs a name", entry);
      auto path = parent;
      for (auto& segment : segments(entry["name"].as<std::string>())) path.push_back(std::move(segment));
      take(path, entry);
      walk(entry["subresources"], path);
    }
  }

  std::vector<ProjectId> found;

 private:
  void take(const std::vector<std::string>& path, const YAML::Node& at) {
    if (path.size() != 4 || path[0] != "programs" || path[2] != "projects") return;
    // The id must mean the same when it is read back: a program with '-' would end too early.
    if (path[1].find('-') != std::string::npos) fail("the program '" + path[1] + "' has a '-' in its name", at);
    const auto project = ProjectId{path[1], path[3]};
    if (std::find(found.begin(), found.end(), project) == found.end()) found.push_back(project);
  }

  [[noreturn]] void fail(const std::string& what, const YAML::Node& at) const {
    const auto mark = at.Mark();
    throw InputError(what, mark.is_null() ? where_ : where_ + ":" + std::to_string(mark.line + 1), hint);
  }

  std::string where_;
};

}  // namespace

std::vector<ProjectId> parse_user_yaml(std::string_view text, const std::string& where) {
  ResourceWalk walk(where);
  try {
    const auto root = YAML::Load(std::string(text));
    if (!root.IsMap() || !root["authz"] || !root["authz"].IsMap())
      throw InputError("no user.yaml: it has no `authz`", where, hint);
    walk.walk(root["authz"]["resources"], {});
  } catch (const YAML::Exception& error) {
    throw InputError("not YAML: " + error.msg, where + ":" + std::to_string(error.mark.line + 1), hint);
  }
  if (walk.found.empty()) throw InputError("the user.yaml names no project", where, hint);
  return std::move(walk.found);
}

std::vector<ProjectId> read_user_yaml(const std::string& path) { return parse_user_yaml(read_file(path), path); }

}  // namespace etl::graph
