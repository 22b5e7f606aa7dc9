#include "stand_in/entities.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "stand_in/jwt.hpp"

namespace etl::stand_in {
namespace {

Json fault(const Json& keys, const std::string& what, const std::string& type) {
  return {{"keys", keys}, {"message", what}, {"type", type}};
}

/// Text as Python shows it, the rest as JSON does.
std::string shown(const Json& value) { return value.is_string() ? "'" + value.get<std::string>() + "'" : value.dump(); }

bool has_type(const Json& value, const std::string& type) {
  if (type == "string") return value.is_string();
  if (type == "number") return value.is_number();
  if (type == "integer") return value.is_number_integer();
  if (type == "boolean") return value.is_boolean();
  if (type == "array") return value.is_array();
  if (type == "object") return value.is_object();
  return value.is_null();
}

bool is_link(const dictionary::Node& node, const std::string& name) {
  return std::ranges::any_of(node.links, [&](const auto& link) { return link.name == name; });
}

std::string plural(std::size_t count, const char* one, const char* more) {
  return fmt::format("{} {}", count, count == 1 ? one : more);
}

}  // namespace

Submission::Submission(graph::Connection& connection, const dictionary::Dictionary& dictionary, const Json& schemas,
                       ProjectId project, std::int64_t number, Mode mode)
    : connection_(connection),
      dictionary_(dictionary),
      schemas_(schemas),
      project_(std::move(project)),
      number_(number),
      mode_(mode) {}

Json Submission::submit(const std::vector<Json>& entities) {
  Json transactional = Json::array();
  for (const auto& said : entities) {
    const auto label = said.value("type", "None");
    const auto* node = dictionary_.by_label(label);
    if (node == nullptr) {
      transactional.push_back({{"message", "Unable to parse entity. Details: [400] - Node type \"" + label +
                                               "\" not found in dictionary"}});
      continue;
    }
    entities_.push_back({said, node, {}, said.value("submitter_id", Json()), {}, Json::array(), {}});
  }
  if (entities_.empty()) transactional.push_back("Nothing to submit");
  graph::Transaction transaction(connection_);
  std::set<Json> names;
  for (auto& entity : entities_) {
    check(entity);
    if (!entity.errors.empty()) continue;
    find(entity);
    if (!names.insert(entity.submitter_id).second) {
      transactional.push_back(
          {{"message", fmt::format("Entity is not unique, (('{}', {}),)", project_.str(), shown(entity.submitter_id))},
           {"type", "NOT_UNIQUE"}});
    }
  }
  for (auto& entity : entities_) {
    if (!entity.action.is_null()) link(entity);
  }
  const bool good = transactional.empty() &&
                    std::ranges::all_of(entities_, [](const Entity& entity) { return entity.errors.empty(); });
  if (good && mode_ != Mode::dry_run) {
    // All nodes first: an edge may lead to one that comes later.
    for (const auto& entity : entities_) write(entity);
    for (const auto& entity : entities_) {
      for (const auto& edge : entity.edges) {
        connection_.exec("delete from " + graph::quote_name(edge.table) + " where src_id = $1", {entity.id});
        connection_.exec("insert into " + graph::quote_name(edge.table) +
                             " (src_id, dst_id, acl, _sysan, _props) values ($1, $2, '{}', '{}', '{}')",
                         {entity.id, edge.destination});
      }
    }
    transaction.commit();
  }
  return report(transactional);
}

void Submission::check(Entity& entity) const {
  const auto& schema = schemas_[entity.node->label];
  for (const auto& name : schema.value("required", Json::array())) {
    if (entity.said.contains(name.get<std::string>())) continue;
    entity.errors.push_back(fault(Json::array({name}), shown(name) + " is a required property", "MISSING_PROPERTY"));
  }
  for (const auto& [name, value] : entity.said.items()) {
    const auto property = schema["properties"].find(name);
    if (property == schema["properties"].end()) {
      entity.errors.push_back(
          fault(Json::array(), "Additional properties are not allowed (" + shown(name) + " was unexpected)", "ERROR"));
      continue;
    }
    if (is_link(*entity.node, name)) continue;
    const auto& allowed = property->value("enum", Json());
    if (allowed.is_array() && std::ranges::find(allowed, value) == allowed.end() && !value.is_null()) {
      entity.errors.push_back(fault(Json::array({name}), shown(value) + " is not one of " + allowed.dump(), "ERROR"));
    }
    auto types = property->value("type", Json());
    if (types.is_string()) types = Json::array({types});
    if (types.is_array() && !value.is_null() && std::ranges::none_of(types, [&held = value](const Json& type) {
          return has_type(held, type.get<std::string>());
        })) {
      entity.errors.push_back(
          fault(Json::array({name}), shown(value) + " is not of type " + types.dump(), "INVALID_VALUE"));
    }
  }
}

void Submission::find(Entity& entity) {
  const auto table = graph::quote_name(entity.node->table);
  const auto existing = connection_.value(
      "select node_id from " + table + " where _props->>'project_id' = $1 and _props->>'submitter_id' = $2",
      {project_.str(), entity.submitter_id.get<std::string>()});
  entity.action = existing ? "update" : "create";
  entity.id = existing.value_or(entity.said.value("id", random_uuid()));
  if (existing && mode_ == Mode::post) {
    entity.action = "create";
    entity.id = random_uuid();
    entity.errors.push_back(
        fault({"project_id", "submitter_id"},
              fmt::format("{} with {{'project_id': '{}', 'submitter_id': {}}} already exists in the DB",
                          entity.node->label, project_.str(), shown(entity.submitter_id)),
              "ERROR"));
  }
}

std::string Submission::destination(const dictionary::Link& link, const Json& named) {
  const auto id = named.value("id", "");
  const auto submitter_id = named.value("submitter_id", "");
  for (const auto& other : entities_) {
    if (other.node->label == link.target_type && !other.id.empty() &&
        (id.empty() ? other.submitter_id == submitter_id : other.id == id)) {
      return other.id;
    }
  }
  const auto* target = dictionary_.by_label(link.target_type);
  const auto select = "select node_id from " + graph::quote_name(target->table) + " where ";
  if (!id.empty()) return connection_.value(select + "node_id = $1", {id}).value_or("");
  if (link.target_type == "project") {
    return connection_.value(select + "_props->>'code' = $1", {named.value("code", "")}).value_or("");
  }
  return connection_
      .value(select + "_props->>'project_id' = $1 and _props->>'submitter_id' = $2", {project_.str(), submitter_id})
      .value_or("");
}

void Submission::link(Entity& entity) {
  for (const auto& link : entity.node->links) {
    const auto said = entity.said.find(link.name);
    if (said == entity.said.end() || said->is_null()) continue;
    const auto named = said->is_array() ? *said : Json::array({*said});
    if (named.size() > 1 && link.multiplicity.ends_with("to_one")) {
      entity.errors.push_back(
          fault(Json::array({link.name}), "'" + link.name + "' link has to be " + link.multiplicity, "INVALID_LINK"));
      continue;
    }
    for (const auto& each : named) {
      auto found = destination(link, each);
      if (found.empty()) {
        entity.errors.push_back(
            fault(Json::array({link.name}),
                  fmt::format("No link destination found for {}, unique_keys='[{{'project_id': '{}', 'submitter_id': "
                              "{}}}]'",
                              link.name, project_.str(), shown(each.value("submitter_id", Json()))),
                  "INVALID_LINK"));
        continue;
      }
      const auto edge = std::ranges::find_if(dictionary_.edges(), [&](const dictionary::Edge& candidate) {
        return candidate.src_label == entity.node->label && candidate.name == link.name;
      });
      entity.edges.push_back({edge->table, std::move(found)});
    }
  }
}

void Submission::write(const Entity& entity) {
  Json props = Json::object();
  for (const auto& [name, value] : entity.said.items()) {
    if (name != "id" && name != "type" && !is_link(*entity.node, name)) props[name] = value;
  }
  props["project_id"] = project_.str();
  props["state"] = "validated";
  const auto table = graph::quote_name(entity.node->table);
  // An id that another submitter_id has is left as it is, although sheepdog says that it made one.
  connection_.exec(entity.action == "update"
                       ? "update " + table + " set _props = _props || $2::jsonb where node_id = $1"
                       : "insert into " + table +
                             " (node_id, acl, _sysan, _props) values ($1, '{}', '{}', $2::jsonb) "
                             "on conflict do nothing",
                   {entity.id, props.dump()});
}

Json Submission::report(const Entity& entity) const {
  return {{"action", entity.action},
          {"errors", entity.errors},
          {"id", entity.id.empty() ? Json() : Json(entity.id)},
          {"type", entity.node->label},
          {"unique_keys", Json::array({{{"project_id", project_.str()}, {"submitter_id", entity.submitter_id}}})},
          {"valid", entity.errors.empty()},
          {"warnings", Json::array()}};
}

Json Submission::report(const Json& transactional) const {
  Json entities = Json::array();
  std::size_t invalid = 0;
  std::size_t created = 0;
  std::size_t updated = 0;
  for (const auto& entity : entities_) {
    entities.push_back(report(entity));
    if (!entity.errors.empty()) ++invalid;
    if (entity.action == "create") ++created;
    if (entity.action == "update") ++updated;
  }
  const bool good = invalid == 0 && transactional.empty();
  std::string message = "Transaction successful.";
  if (!transactional.empty()) {
    message = fmt::format("Transaction aborted due to {} transactional error(s).", transactional.size());
  } else if (invalid > 0) {
    message = "Transaction aborted due to " + plural(invalid, "invalid entity", "invalid entities") + ".";
  } else if (mode_ == Mode::dry_run) {
    message =
        "Transaction would have been successful. User selected dry run option, transaction aborted, no data written to "
        "database.";
  }
  return {{"code", good || mode_ == Mode::dry_run ? 200 : 400},
          {"created_entity_count", good ? created : 0},
          {"entities", entities},
          {"entity_error_count", invalid},
          {"message", message},
          {"success", good},
          {"transaction_id", number_},
          {"transactional_error_count", transactional.size()},
          {"transactional_errors", transactional},
          {"updated_entity_count", good ? updated : 0}};
}

}  // namespace etl::stand_in
