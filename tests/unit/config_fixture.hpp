#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <string>

#include "base/error.hpp"
#include "config/settings.hpp"

namespace etl::config {

/// A folder that stands for the mounted credentials, and an environment of its own.
class ConfigTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "etl-config-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    creds_ = pattern;
    environment_["ACED_ETL_CREDS"] = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(creds_); }

  std::filesystem::path put(const std::string& name, const std::string& text) const {
    const auto path = creds_ / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
    return path;
  }

  /// The secret as Kubernetes mounts it: name -> ..data/name, ..data -> ..<version>.
  void mount(const std::map<std::string, std::string>& files, const std::string& version = "1") const {
    const auto folder = creds_ / "sheepdog-creds";
    for (const auto& [name, text] : files) {
      put("sheepdog-creds/.." + version + "/" + name, text);
      std::filesystem::remove(folder / name);
      std::filesystem::create_symlink("..data/" + name, folder / name);
    }
    std::filesystem::remove(folder / "..data");
    std::filesystem::create_directory_symlink(".." + version, folder / "..data");
  }

  Environment environment() const {
    return [this](std::string_view name) -> std::optional<std::string> {
      const auto found = environment_.find(std::string(name));
      if (found == environment_.end()) return std::nullopt;
      return found->second;
    };
  }

  Settings loaded() const {
    Settings settings;
    settings.load(environment());
    return settings;
  }

  std::filesystem::path creds_;
  std::map<std::string, std::string> environment_;
};

inline const std::map<std::string, std::string> kMounted{{"host", "db.svc\n"},         {"port", "5432"},
                                                         {"database", "metadata_db"},  {"username", "sheepdog"},
                                                         {"password", "not-a-secret"}, {"dbcreated", "true\n"}};

}  // namespace etl::config
