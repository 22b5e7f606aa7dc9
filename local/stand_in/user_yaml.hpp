#pragma once

#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace etl::stand_in {

/// What may be done on a resource.
struct Permission {
  std::string service;
  std::string method;
  auto operator<=>(const Permission&) const = default;
};

/// Who may do what: a commons' user.yaml, as arborist applies it.
class UserYaml {
 public:
  UserYaml() = default;
  UserYaml(UserYaml&&) = default;  // its parts point at each other: it moves, but is never copied
  UserYaml& operator=(UserYaml&&) = default;

  /// Throws what read_file throws, InputError for what is no user.yaml.
  [[nodiscard]] static UserYaml read(const std::string& path);

  /// May `user` (empty: nobody has logged in) do this on the resource or on one of its parents? '*' in a role stands
  /// for every service or method.
  [[nodiscard]] bool allows(const std::string& user, std::string_view service, std::string_view method,
                            std::string_view resource) const;
  /// On all of them; no resource at all is nothing to be allowed on.
  [[nodiscard]] bool allows_all(const std::string& user, std::string_view service, std::string_view method,
                                std::span<const std::string> resources) const;

  /// Every resource that the user may do something on, children included, and what.
  [[nodiscard]] std::map<std::string, std::set<Permission>> granted(const std::string& user) const;

  /// 1, 2, … in the order of the file; 0 for a user that it does not name.
  [[nodiscard]] int number_of(const std::string& user) const;

 private:
  struct Policy {
    std::vector<Permission> permissions;
    std::vector<std::string> resources;
  };
  [[nodiscard]] const std::vector<const Policy*>& policies_of(const std::string& user) const;

  std::map<std::string, Policy> policies_;
  std::map<std::string, std::vector<const Policy*>> users_;
  std::vector<const Policy*> anonymous_, everyone_;  ///< who is not, who is logged in but not named
  std::map<std::string, int> numbers_;
  std::set<std::string> resources_;

  friend class UserYamlReader;
};

}  // namespace etl::stand_in
