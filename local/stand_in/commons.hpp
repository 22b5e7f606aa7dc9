#pragma once

#include <string>

#include "stand_in/database.hpp"
#include "stand_in/faults.hpp"
#include "stand_in/fence_config.hpp"
#include "stand_in/jwt.hpp"
#include "stand_in/tokens.hpp"
#include "stand_in/user_yaml.hpp"
#include "stand_in/watched_file.hpp"

namespace etl::stand_in {

/// What the services of one commons share.
struct Commons {
  Commons(const std::string& home, const std::string& user_yaml, const std::string& fence_config)
      : key(SigningKey::load(home)), users(user_yaml, &UserYaml::read), fence(fence_config, &FenceConfig::read) {}

  SigningKey key;
  Tokens tokens{key};
  WatchedFile<UserYaml> users;
  WatchedFile<FenceConfig> fence;
  Database database;
  Faults faults;
};

}  // namespace etl::stand_in
