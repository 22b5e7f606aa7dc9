#include "gen3/project_making.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace etl::gen3 {
namespace {

using State = ProjectMade::State;

/// What sheepdog has, asked for once a program.
class Known {
 public:
  explicit Known(Sheepdog& sheepdog) : sheepdog_(sheepdog) {
    for (std::string& program : sheepdog.programs()) programs_.insert(std::move(program));
  }
  [[nodiscard]] bool program(const std::string& name) const { return programs_.contains(name); }
  [[nodiscard]] bool project(const ProjectId& id) {
    if (!program(id.program)) return false;
    auto found = projects_.find(id.program);
    if (found == projects_.end()) found = projects_.emplace(id.program, sheepdog_.projects(id.program)).first;
    return std::ranges::find(found->second, id.code) != found->second.end();
  }
  void add_program(const std::string& name) {
    programs_.insert(name);
    projects_[name];
  }

 private:
  Sheepdog& sheepdog_;
  std::set<std::string> programs_;
  std::map<std::string, std::vector<std::string>> projects_;
};

}  // namespace

std::vector<ProjectMade> make_projects(Sheepdog& sheepdog, const std::vector<ProjectId>& projects, bool dry_run) {
  Known known(sheepdog);
  std::vector<ProjectMade> out;
  for (const ProjectId& id : projects) {
    ProjectMade made{.id = id};
    State* at = &made.program;
    try {
      if (!known.program(id.program)) {
        *at = dry_run ? State::missing : State::made;
        if (!dry_run) {
          sheepdog.make_program(id.program);
          known.add_program(id.program);
        }
      }
      at = &made.project;
      if (!known.project(id)) {
        *at = dry_run ? State::missing : State::made;
        if (!dry_run) sheepdog.make_project(id);
      }
    } catch (const NotAllowedError& error) {
      *at = State::refused;
      made.reason = error.what();
      made.exit = error.code();
    } catch (const RefusedError& error) {
      *at = State::refused;
      made.reason = error.what();
      made.exit = error.code();
    }
    if (made.program == State::refused) made.project = State::refused;
    out.push_back(std::move(made));
  }
  return out;
}

std::vector<ProjectId> list_projects(Sheepdog& sheepdog) {
  std::vector<ProjectId> out;
  for (const std::string& program : sheepdog.programs()) {
    for (std::string& code : sheepdog.projects(program)) out.push_back({program, std::move(code)});
  }
  std::ranges::sort(out);
  return out;
}

}  // namespace etl::gen3
