#include "stand_in/user_yaml.hpp"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/file.hpp"

namespace etl::stand_in {
namespace {

std::vector<std::string> names(const YAML::Node& list) {
  std::vector<std::string> found;
  for (const auto& item : list) found.push_back(item.as<std::string>());
  return found;
}

/// Is `resource` the granted one or below it?
bool covers(std::string_view granted, std::string_view resource) {
  if (granted == "/") return true;
  return resource.starts_with(granted) && (resource.size() == granted.size() || resource[granted.size()] == '/');
}

bool permits(const Permission& permission, std::string_view service, std::string_view method) {
  return (permission.service == "*" || permission.service == service) &&
         (permission.method == "*" || permission.method == method);
}

}  // namespace

class UserYamlReader {
 public:
  explicit UserYamlReader(UserYaml& to) : to_(to) {}

  void read(const YAML::Node& root) {
    const auto authz = root["authz"];
    walk(authz["resources"], "");
    std::map<std::string, std::vector<Permission>> roles;
    for (const auto& role : authz["roles"]) {
      auto& permissions = roles[role["id"].as<std::string>()];
      for (const auto& permission : role["permissions"]) {
        const auto action = permission["action"];
        permissions.push_back({action["service"].as<std::string>(), action["method"].as<std::string>()});
      }
    }
    for (const auto& policy : authz["policies"]) {
      auto& made = to_.policies_[policy["id"].as<std::string>()];
      made.resources = names(policy["resource_paths"]);
      for (const auto& role : names(policy["role_ids"])) {
        const auto& permissions = roles[role];
        made.permissions.insert(made.permissions.end(), permissions.begin(), permissions.end());
      }
      to_.resources_.insert(made.resources.begin(), made.resources.end());
    }
    to_.anonymous_ = policies(authz["anonymous_policies"]);
    to_.everyone_ = to_.anonymous_;
    append(to_.everyone_, policies(authz["all_users_policies"]));
    for (const auto& user : root["users"]) {
      const auto name = user.first.as<std::string>();
      to_.numbers_.emplace(name, static_cast<int>(to_.numbers_.size()) + 1);
      auto& granted = to_.users_[name];
      granted = to_.everyone_;
      if (user.second.IsMap()) append(granted, policies(user.second["policies"]));
    }
    for (const auto& group : authz["groups"]) {
      for (const auto& user : names(group["users"])) {
        auto [entry, added] = to_.users_.try_emplace(user, to_.everyone_);
        append(entry->second, policies(group["policies"]));
        if (added) to_.numbers_.emplace(user, static_cast<int>(to_.numbers_.size()) + 1);
      }
    }
  }

 private:
  using Policies = std::vector<const UserYaml::Policy*>;

  static void append(Policies& to, const Policies& more) { to.insert(to.end(), more.begin(), more.end()); }

  /// A policy that nobody defined grants nothing.
  [[nodiscard]] Policies policies(const YAML::Node& list) const {
    Policies found;
    for (const auto& name : names(list)) {
      if (const auto policy = to_.policies_.find(name); policy != to_.policies_.end()) found.push_back(&policy->second);
    }
    return found;
  }

  void walk(const YAML::Node& list, const std::string& above) {
    for (const auto& resource : list) {
      const auto name = resource["name"].as<std::string>();
      const auto path = name.starts_with('/') ? name : fmt::format("{}/{}", above, name);
      to_.resources_.insert(path);
      walk(resource["subresources"], path);
    }
  }

  UserYaml& to_;
};

UserYaml UserYaml::read(const std::string& path) {
  UserYaml made;
  try {
    const auto root = YAML::Load(read_file(path));
    if (!root.IsMap() || !root["authz"].IsMap()) throw InputError("no user.yaml: it has no `authz`", path);
    UserYamlReader(made).read(root);
  } catch (const YAML::Exception& error) {
    throw InputError("no user.yaml: " + error.msg, path + ":" + std::to_string(error.mark.line + 1));
  }
  return made;
}

const std::vector<const UserYaml::Policy*>& UserYaml::policies_of(const std::string& user) const {
  if (user.empty()) return anonymous_;
  const auto found = users_.find(user);
  return found == users_.end() ? everyone_ : found->second;
}

bool UserYaml::allows(const std::string& user, std::string_view service, std::string_view method,
                      std::string_view resource) const {
  return std::ranges::any_of(policies_of(user), [&](const Policy* policy) {
    return std::ranges::any_of(policy->permissions, [&](const auto& each) { return permits(each, service, method); }) &&
           std::ranges::any_of(policy->resources, [&](const auto& each) { return covers(each, resource); });
  });
}

bool UserYaml::allows_all(const std::string& user, std::string_view service, std::string_view method,
                          std::span<const std::string> resources) const {
  return !resources.empty() &&
         std::ranges::all_of(resources, [&](const auto& resource) { return allows(user, service, method, resource); });
}

std::map<std::string, std::set<Permission>> UserYaml::granted(const std::string& user) const {
  std::map<std::string, std::set<Permission>> all;
  for (const auto* policy : policies_of(user)) {
    for (const auto& resource : resources_) {
      if (!std::ranges::any_of(policy->resources, [&](const auto& each) { return covers(each, resource); })) continue;
      all[resource].insert(policy->permissions.begin(), policy->permissions.end());
    }
  }
  return all;
}

int UserYaml::number_of(const std::string& user) const {
  const auto found = numbers_.find(user);
  return found == numbers_.end() ? 0 : found->second;
}

}  // namespace etl::stand_in
