#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/project_id.hpp"
#include "gen3/session.hpp"

namespace etl::gen3 {

/// sheepdog, the commons' submission service, at /api/v0/submission: programs and projects.
class Sheepdog {
 public:
  explicit Sheepdog(Session& session) : session_(session) {}

  [[nodiscard]] std::vector<std::string> programs();
  /// Codes of a program's projects; none when there is no such program.
  [[nodiscard]] std::vector<std::string> projects(const std::string& program);
  /// Makes what is missing; the program's and the project's dbgap_accession_number are name and code, without which
  /// sheepdog would make a resource `/programs/None`. RefusedError when another program has a project of this code.
  void make_program(const std::string& program);
  void make_project(const ProjectId& project);
  /// False when it is not there. RefusedError while it still has records or projects.
  bool remove_project(const ProjectId& project);
  bool remove_program(const std::string& program);

 private:
  /// `made`: is this the answer of a success?
  void put(const std::string& what, const std::string& path, nlohmann::json body,
           const std::function<bool(const nlohmann::json&)>& made);
  bool remove(const std::string& what, const std::string& path);
  std::vector<std::string> links(const std::string& what, const std::string& path);

  Session& session_;
};

}  // namespace etl::gen3
