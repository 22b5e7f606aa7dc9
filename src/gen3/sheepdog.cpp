#include "gen3/sheepdog.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/identifier.hpp"
#include "base/text.hpp"
#include "gen3/answer.hpp"
#include "net/encode.hpp"

namespace etl::gen3 {
namespace {

using nlohmann::json;

const std::string root = "/api/v0/submission/";

std::string submission_path(const std::string& program) {
  if (!is_project_part(program)) {
    throw RefusedError(
        fmt::format("`{}` cannot be the name of a program or project", printable(program.substr(0, 200))), {},
        "use letters, digits, '_', '-' and '.'");
  }
  return root + net::path_segment(program);
}

std::string submission_path(const ProjectId& project) {
  return submission_path(project.program) + "/" + submission_path(project.code).substr(root.size());
}

/// The last part of a link, decoded.
std::string name_in(const std::string& link) { return net::percent_decode(link.substr(link.rfind('/') + 1)); }

bool are_links(const json& said) {
  const auto links = said.find("links");
  return links != said.end() && links->is_array() && std::all_of(links->begin(), links->end(), [](const json& link) {
           return link.is_string() && is_project_part(name_in(link.get<std::string>()));
         });
}

}  // namespace

/// The last parts of the links that sheepdog lists: /v0/submission/<program>[/<code>].
std::vector<std::string> Sheepdog::links(const std::string& what, const std::string& path) {
  const auto said = ask_for_one(session_, {.path = path}, "sheepdog: " + what, are_links);
  std::vector<std::string> out;
  if (!said) return out;
  for (const json& link : said->at("links")) out.push_back(name_in(link.get<std::string>()));
  return out;
}

std::vector<std::string> Sheepdog::programs() { return links("listing the programs", root); }

std::vector<std::string> Sheepdog::projects(const std::string& program) {
  return links("listing the projects of " + program, submission_path(program));
}

void Sheepdog::put(const std::string& what, const std::string& path, json body, const Shape& made) {
  const Call call{.method = "PUT", .path = path, .body = std::move(body)};
  // A transaction that failed may be answered with 200: `success` tells.
  const auto failed = [](const json& said) {
    const auto success = said.find("success");
    return success != said.end() && success->is_boolean() && !success->get<bool>();
  };
  const net::Response answer = send(session_, call, "sheepdog: " + what, [&](const net::Response& one) {
    return has_shape(one, [&](const json& said) { return said.is_object() && (failed(said) || made(said)); });
  });
  if (!answer.ok()) refuse("sheepdog: " + what, answer, session_.address(call));
  if (has_shape(answer, failed)) {
    throw RefusedError("sheepdog: " + what + ": " + message_of(answer), session_.address(call));
  }
}

void Sheepdog::make_program(const std::string& program) {
  static_cast<void>(submission_path(program));  // or it throws
  put("creating the program " + program, root,
      {{"type", "program"}, {"name", program}, {"dbgap_accession_number", program}},
      [&](const json& said) { return text_in(said, "name") == program && !text_in(said, "id").empty(); });
}

void Sheepdog::make_project(const ProjectId& project) {
  static_cast<void>(submission_path(project));  // or it throws
  put("creating the project " + project.str(), submission_path(project.program),
      {{"type", "project"}, {"code", project.code}, {"dbgap_accession_number", project.code}, {"state", "open"}},
      [](const json& said) {
        const auto entities = said.find("entities");
        return entities != said.end() && entities->is_array() && !entities->empty();
      });
}

bool Sheepdog::remove(const std::string& what, const std::string& path) {
  return ask_to_remove(session_, {.method = "DELETE", .path = path}, "sheepdog: " + what,
                       [](const net::Response& answer) { return answer.status == 204; });
}

bool Sheepdog::remove_project(const ProjectId& project) {
  return remove("removing the project " + project.str(), submission_path(project));
}

bool Sheepdog::remove_program(const std::string& program) {
  return remove("removing the program " + program, submission_path(program));
}

}  // namespace etl::gen3
