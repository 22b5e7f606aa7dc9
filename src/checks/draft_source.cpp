#include "checks/draft_source.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/log.hpp"
#include "checks/bucket_list.hpp"
#include "config/fence_config.hpp"
#include "config/folder.hpp"
#include "config/user_yaml.hpp"
#include "gen3/commons.hpp"

namespace etl::checks {
namespace {

namespace fs = std::filesystem;

class DraftSources {
 public:
  DraftSources(const config::Settings& settings, const std::stop_token& stop) : settings_(settings), stop_(stop) {}

  config::DraftSource read() {
    read_projects();
    read_buckets();
    read_folders();
    return std::move(found_);
  }

 private:
  void missing(const std::string& what) {
    log::warn("{}", what);
    found_.notes.push_back("Not known when this was written: " + what);
  }

  /// The mounted file; none where nobody named one and it is not there.
  std::optional<std::string> mounted(const char* key) {
    std::string file = settings_.require(key);
    std::error_code unreadable;
    const bool named = settings_.layer_of(key) != config::Layer::fallback;
    if (named || fs::exists(file, unreadable)) return file;
    return std::nullopt;
  }

  void read_projects() {
    if (const auto file = mounted("user_yaml")) {
      auto users = config::read_user_yaml(*file);
      found_.projects = std::move(users.projects);
      for (const std::string& warning : users.warnings) log::warn("{}", warning);
      found_.notes.push_back("The projects are those of " + *file + ".");
    } else {
      missing(fmt::format("the projects, because {} is not mounted", settings_.require("user_yaml")));
    }
  }

  void read_buckets() {
    std::optional<config::FenceConfig> config;
    if (const auto file = mounted("fence_config")) {
      config = config::read_fence_config(*file);
      found_.default_bucket = config->upload_bucket;
    } else {
      missing(fmt::format("which buckets take uploads, because {} is not mounted", settings_.require("fence_config")));
    }
    if (const auto bucket = settings_.get("files.bucket")) found_.default_bucket = bucket->text;
    const auto fence = ask_fence();
    for (const auto& row : list_buckets(fence.value_or(std::vector<gen3::Bucket>{}), config)) {
      const bool uploads = row.upload_default || row.uploads.value_or(true);
      if (uploads && (!fence || row.in_fence)) found_.buckets.push_back(row.name);
    }
  }

  std::optional<std::vector<gen3::Bucket>> ask_fence() {
    if (!gen3::has_commons(settings_)) {
      missing("the buckets of the commons, because neither an API key nor GEN3_ENDPOINT is set");
      return std::nullopt;
    }
    try {
      net::HttpOptions few;
      few.attempts = 2;  // the file can be written without an answer
      gen3::Commons commons(settings_, stop_, few);
      return commons.fence.buckets();
    } catch (const StoppedError&) {
      throw;
    } catch (const Error& error) {
      missing(fmt::format("the buckets of the commons: {}{}", error.what(),
                          error.where().empty() ? "" : fmt::format(" ({})", error.where())));
      return std::nullopt;
    }
  }

  void read_folders() {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(config::folder(settings_, "folder.studies"), error)) {
      const std::string name = entry.path().filename();
      if (entry.is_directory(error) && !name.starts_with('.')) found_.folders.push_back(name);
    }
    std::ranges::sort(found_.folders);
  }

  const config::Settings& settings_;
  const std::stop_token& stop_;
  config::DraftSource found_;
};

}  // namespace

config::DraftSource draft_source(const config::Settings& settings, const std::stop_token& stop) {
  return DraftSources(settings, stop).read();
}

}  // namespace etl::checks
