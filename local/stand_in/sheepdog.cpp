#include "stand_in/sheepdog.hpp"

#include <fmt/format.h>

#include "base/file.hpp"
#include "graph/projects.hpp"
#include "graph/schema/schema.hpp"
#include "net/fetch.hpp"
#include "stand_in/node_ids.hpp"

namespace etl::stand_in {
namespace {

constexpr auto kNoAccess = "You don't have access to this resource: ";

}  // namespace

std::int64_t new_transaction(graph::Connection& connection, const std::string& project, const std::string& user) {
  return connection.number("insert into stand_in.submission (project, by) values ($1, $2) returning id",
                           {project, user});
}

Answer sheepdog_error(int status, const std::string& message) { return json_answer({{"message", message}}, status); }

Sheepdog::Sheepdog(Commons& commons, const std::string& dictionary_path)
    : commons_(commons), dictionary_(dictionary::Dictionary::load(dictionary_path)) {
  const auto all = Json::parse(net::fetch(dictionary_path));
  for (const auto& [file, schema] : all.items()) {
    if (schema.is_object() && schema.contains("id")) schemas_[schema["id"].get<std::string>()] = schema;
    if (file.starts_with("_")) schemas_[file.substr(0, file.find('.'))] = schema;
  }
}

Database::Session Sheepdog::graph() {
  auto session = commons_.database.session();
  std::call_once(tables_, [&] {
    if (session->value("select to_regclass('node_program')::text")) return;
    graph::init_schema(*session, graph::plan_schema(dictionary_), false);
  });
  return session;
}

void Sheepdog::add_routes(Router& router) {
  router.add("GET", "/api/_status", [](const Request&) { return Answer{200, "Healthy", kHtmlType, {}}; });
  router.add("GET", "/api/_version", [](const Request&) {
    return json_answer(
        {{"commit", ""}, {"dictionary", {{"commit", "Unknown"}, {"version", "Unknown"}}}, {"version", ""}});
  });
  add_dictionary_routes(router);
  add_entity_routes(router);
  const std::string root = "/api/v0/submission";
  for (const auto* method : {"PUT", "POST"}) {
    router.add(method, root, [this](const Request& request) { return put_program(request); });
    router.add(method, root + "/{program}", [this](const Request& request) { return put_project(request); });
  }
  router.add("GET", root, [this](const Request& request) { return list_programs(request); });
  router.add("GET", root + "/{program}", [this](const Request& request) { return list_projects(request); });
  router.add("DELETE", root + "/{program}", [this](const Request& request) { return remove_program(request); });
  router.add("DELETE", root + "/{program}/{project}",
             [this](const Request& request) { return remove_project(request); });
}

void Sheepdog::add_dictionary_routes(Router& router) {
  const std::string root = "/api/v0/submission/_dictionary";
  router.add("GET", root, [this](const Request&) {
    Json links = Json::array();
    for (const auto& node : dictionary_.nodes()) links.push_back("/v0/submission/_dictionary/" + node.label);
    links.push_back("/v0/submission/_dictionary/_all");
    return json_answer({{"links", links}});
  });
  router.add("GET", root + "/_all", [this](const Request&) { return json_answer(schemas_); });
  router.add("GET", root + "/{label}", [this](const Request& request) {
    const auto found = schemas_.find(request.part("label"));
    if (found == schemas_.end()) return sheepdog_error(404, "Entry " + request.part("label") + " not in dictionary");
    return json_answer(*found);
  });
}

Token Sheepdog::reader(const Request& request) {
  auto token = commons_.tokens.of_header(request.authorization);
  const auto refuse = [](const std::string& why) {
    throw Refusal(sheepdog_error(401, "Authentication Error: " + why));
  };
  switch (token.state) {
    case Token::State::absent:
    case Token::State::other_scheme:
      refuse("no authorization header provided");
      break;
    case Token::State::malformed:
      refuse("Invalid header padding");
      break;
    case Token::State::bad_signature:
      refuse("Signature verification failed");
      break;
    case Token::State::wrong_purpose:
      refuse("claims have incorrect purpose: expected access, got " + token.purpose);
      break;
    case Token::State::expired:
      refuse("Signature has expired");
      break;
    case Token::State::good:
      break;
  }
  return token;
}

Token Sheepdog::require_right(const Request& request, const std::string& method, const std::string& resource,
                              const std::string& otherwise) {
  auto token = commons_.tokens.of_header(request.authorization);
  const auto refuse = [](const std::string& why) {
    throw Refusal(
        json_answer({{"code", 401}, {"error", "request to arborist failed: error decoding token: " + why}}, 401));
  };
  switch (token.state) {
    case Token::State::absent:
    case Token::State::other_scheme:
      throw Refusal(sheepdog_error(401, "Authentication Error: Didn't receive JWT correctly"));
    case Token::State::malformed:
      refuse("illegal base64 data at input byte 0");
      break;
    case Token::State::bad_signature:
      refuse("square/go-jose: error in cryptographic primitive");
      break;
    case Token::State::wrong_purpose:
      refuse("token has invalid purpose: " + token.purpose);
      break;
    case Token::State::expired:
      refuse("expired at time: " + std::to_string(token.expires) + "\n");
      break;
    case Token::State::good:
      break;
  }
  if (!commons_.users.get()->allows(token.user, "sheepdog", method, resource)) {
    throw Refusal(sheepdog_error(403, kNoAccess + otherwise));
  }
  return token;
}

Token Sheepdog::require_admin(const Request& request, const std::string& what) {
  return require_right(request, "*", "/services/sheepdog/submission/" + what,
                       "Unauthorized: User must be Sheepdog " + what + " admin");
}

std::optional<std::string> Sheepdog::program_node(graph::Connection& connection, const std::string& name) {
  return connection.value("select node_id from node_program where _props->>'name' = $1", {name});
}

std::optional<std::string> Sheepdog::project_node(graph::Connection& connection, const std::string& program,
                                                  const std::string& code) {
  return connection.value(
      "select q.node_id from node_project q join edge_projectmemberofprogram e on e.src_id = q.node_id "
      "join node_program p on p.node_id = e.dst_id where p._props->>'name' = $1 and q._props->>'code' = $2",
      {program, code});
}

namespace {

/// The object that a program or project is described by; of a list, its first.
Json description(const Request& request) {
  auto body = Json::parse(request.body, nullptr, false);
  if (body.is_array() && !body.empty()) body = Json(body.front());
  if (!body.is_object()) throw Refusal(sheepdog_error(400, "Unable to parse json"));
  return body;
}

}  // namespace

Answer Sheepdog::put_program(const Request& request) {
  (void)require_admin(request, "program");
  auto body = description(request);
  if (body.value("type", "") != "program") {
    return sheepdog_error(400, "Invalid type in key type='" + body.value("type", "None") + "'");
  }
  if (body.value("name", "").empty()) return sheepdog_error(400, "No program specified in key 'name'");
  const auto name = body["name"].get<std::string>();
  auto connection = graph();
  if (const auto node = program_node(*connection, name)) {
    connection->exec("update node_program set _props = _props || $2::jsonb where node_id = $1", {*node, body.dump()});
    return json_answer({{"id", *node}, {"message", "Program is updated!"}, {"name", name}});
  }
  const auto node = program_node_id(name);
  connection->exec(
      "insert into node_program (node_id, acl, _sysan, _props) values ($1, '{}', '{}', $2::jsonb) "
      "on conflict do nothing",
      {node, body.dump()});
  return json_answer({{"id", node}, {"message", "Program registered."}, {"name", name}});
}

Answer Sheepdog::put_project(const Request& request) {
  const auto token = require_admin(request, "project");
  const auto& program = request.part("program");
  auto connection = graph();
  const auto owner = program_node(*connection, program);
  if (!owner) return sheepdog_error(404, "program " + program + " not found");
  auto body = description(request);
  if (body.value("code", "").empty()) return sheepdog_error(400, "No project specified in key 'code'");
  if (body.value("dbgap_accession_number", "").empty()) {
    return sheepdog_error(400, "No dbgap_accession_number specified.");
  }
  const auto code = body["code"].get<std::string>();
  const auto id = project_node_id(code);
  for (const auto& [name, value] : body.items()) {
    if (name != "type" && !schemas_["project"]["properties"].contains(name)) {
      return sheepdog_error(400, fmt::format("ERROR: <Project({})> has no property {}", id, name));
    }
  }
  if (!body.contains("state")) body["state"] = "open";

  graph::Transaction transaction(*connection);
  const auto existing = connection->value("select node_id from node_project where _props->>'code' = $1", {code});
  if (existing && project_node(*connection, program, code) != existing) {
    return sheepdog_error(400, "ERROR: Project " + code + " already exists in DB");
  }
  connection->exec(
      "insert into node_project (node_id, acl, _sysan, _props) values ($1, '{}', '{}', $2::jsonb) "
      "on conflict (node_id) do update set _props = node_project._props || excluded._props",
      {existing.value_or(id), body.dump()});
  connection->exec(
      "insert into edge_projectmemberofprogram (src_id, dst_id, acl, _sysan, _props) "
      "values ($1, $2, '{}', '{}', '{}') on conflict do nothing",
      {existing.value_or(id), *owner});
  const auto number = new_transaction(*connection, program + "-" + code, token.user);
  transaction.commit();
  return json_answer({{"code", 200},
                      {"created_entity_count", existing ? 0 : 1},
                      {"entities",
                       {{{"action", existing ? "update" : "create"},
                         {"errors", Json::array()},
                         {"id", existing.value_or(id)},
                         {"type", "project"},
                         {"unique_keys", {{{"code", code}}}},
                         {"valid", true},
                         {"warnings", Json::array()}}}},
                      {"entity_error_count", 0},
                      {"message", "Transaction successful."},
                      {"success", true},
                      {"transaction_id", number},
                      {"transactional_error_count", 0},
                      {"transactional_errors", Json::array()},
                      {"updated_entity_count", existing ? 1 : 0}});
}

Answer Sheepdog::list_programs(const Request& request) {
  (void)reader(request);
  const auto rows = graph()->exec("select _props->>'name' from node_program order by created, 1");
  Json links = Json::array();
  for (int i = 0; i < rows.rows(); ++i) links.push_back("/v0/submission/" + std::string(rows.text(i, 0)));
  return json_answer({{"links", links}});
}

Answer Sheepdog::list_projects(const Request& request) {
  (void)reader(request);
  const auto& program = request.part("program");
  auto connection = graph();
  if (!program_node(*connection, program)) return sheepdog_error(404, "program " + program + " not found");
  Json links = Json::array();
  for (const auto& row : graph::list_projects(*connection)) {
    if (row.id.program == program) links.push_back("/v0/submission/" + program + "/" + row.id.code);
  }
  return json_answer({{"links", links}});
}

Answer Sheepdog::remove_program(const Request& request) {
  (void)require_admin(request, "program");
  const auto& program = request.part("program");
  auto connection = graph();
  const auto node = program_node(*connection, program);
  if (!node) return sheepdog_error(404, "program " + program + " not found");
  if (connection->value("select 1 from edge_projectmemberofprogram where dst_id = $1 limit 1", {*node})) {
    return sheepdog_error(400, "ERROR: Can not delete the program. Program " + program + " is not empty");
  }
  connection->exec("delete from node_program where node_id = $1", {*node});
  return {204, "", kJsonType, {}};
}

Answer Sheepdog::remove_project(const Request& request) {
  (void)require_admin(request, "project");
  const auto& code = request.part("project");
  auto connection = graph();
  const auto node = project_node(*connection, request.part("program"), code);
  if (!node) return sheepdog_error(404, "Project " + code + " not found");
  for (const auto& edge : dictionary_.edges()) {
    if (edge.dst_label != "project") continue;
    if (connection->value("select 1 from " + graph::quote_name(edge.table) + " where dst_id = $1 limit 1", {*node})) {
      return sheepdog_error(400, "ERROR: Can not delete the project. Project " + code + " is not empty");
    }
  }
  connection->exec("delete from edge_projectmemberofprogram where src_id = $1", {*node});
  connection->exec("delete from node_project where node_id = $1", {*node});
  return {204, "", kJsonType, {}};
}

}  // namespace etl::stand_in
