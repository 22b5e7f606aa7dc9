#include "gen3/sheepdog.hpp"

#include "base/error.hpp"
#include "gen3/answer.hpp"
#include "s3/encode.hpp"

namespace etl::gen3 {
namespace {

using nlohmann::json;

const std::string root = "/api/v0/submission/";

std::string path_of(const ProjectId& project) {
  return root + s3::percent_encode(project.program) + "/" + s3::percent_encode(project.code);
}

}  // namespace

/// The last parts of the links that sheepdog lists: /v0/submission/<program>[/<code>].
std::vector<std::string> Sheepdog::links(const std::string& what, const std::string& path) {
  const Call call{.path = path};
  const net::Response answer = session_.call(call);
  if (answer.status == 404) return {};
  if (!answer.ok()) refuse("sheepdog: " + what, answer, session_.address(call));
  const json said = json_of("sheepdog: " + what, answer, session_.address(call));
  std::vector<std::string> out;
  if (const auto found = said.find("links"); found != said.end() && found->is_array()) {
    for (const json& link : *found) {
      if (!link.is_string()) continue;
      const auto text = link.get<std::string>();
      out.push_back(s3::percent_decode(text.substr(text.rfind('/') + 1)));
    }
  }
  return out;
}

std::vector<std::string> Sheepdog::programs() { return links("the programs", root); }

std::vector<std::string> Sheepdog::projects(const std::string& program) {
  return links("the projects of " + program, root + s3::percent_encode(program));
}

void Sheepdog::put(const std::string& what, const std::string& path, json body) {
  const Call call{.method = "PUT", .path = path, .body = std::move(body)};
  const net::Response answer = session_.call(call);
  if (!answer.ok()) refuse("sheepdog: " + what, answer, session_.address(call));
  // A transaction that failed may be told with 200.
  const json said = json_of("sheepdog: " + what, answer, session_.address(call));
  if (const auto success = said.find("success");
      success != said.end() && success->is_boolean() && !success->get<bool>()) {
    throw RefusedError("sheepdog: " + what + ": " + message_of(answer), session_.address(call));
  }
}

void Sheepdog::make_program(const std::string& program) {
  put("the program " + program, root, {{"type", "program"}, {"name", program}, {"dbgap_accession_number", program}});
}

void Sheepdog::make_project(const ProjectId& project) {
  put("the project " + project.str(), root + s3::percent_encode(project.program),
      {{"type", "project"}, {"code", project.code}, {"dbgap_accession_number", project.code}, {"state", "open"}});
}

bool Sheepdog::remove(const std::string& what, const std::string& path) {
  const Call call{.method = "DELETE", .path = path};
  const net::Response answer = session_.call(call);
  if (answer.status == 404) return false;
  if (!answer.ok()) refuse("sheepdog: " + what, answer, session_.address(call));
  return true;
}

bool Sheepdog::remove_project(const ProjectId& project) {
  return remove("the removal of project " + project.str(), path_of(project));
}

bool Sheepdog::remove_program(const std::string& program) {
  return remove("the removal of program " + program, root + s3::percent_encode(program));
}

}  // namespace etl::gen3
