#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/counted.hpp"
#include "base/file.hpp"
#include "base/log.hpp"
#include "checks/bucket_list.hpp"
#include "cli/commands.hpp"
#include "cli/lib/commons.hpp"
#include "cli/lib/describe.hpp"
#include "cli/lib/options.hpp"
#include "cli/lib/print.hpp"
#include "config/draft.hpp"
#include "config/fence_config.hpp"
#include "config/folder.hpp"
#include "graph/projects_user_yaml.hpp"

namespace etl::cli {
namespace {

namespace fs = std::filesystem;

struct InitArguments {
  std::string file = "etl.yaml";
  bool force = false;
};

/// Looks at what is mounted and asks the commons; what is not there is told, in a warning and in the file.
class Sources {
 public:
  explicit Sources(const Context& context) : settings_(context.settings) {
    read_projects();
    read_buckets(context);
    read_folders();
  }

  config::DraftSource found;

 private:
  void missing(const std::string& what) {
    log::warn("{}", what);
    found.notes.push_back("Not known when this was written: " + what);
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
      auto users = graph::read_user_yaml(*file);
      found.projects = std::move(users.projects);
      for (const std::string& warning : users.warnings) log::warn("{}", warning);
      found.notes.push_back("The projects are those of " + *file + ".");
    } else {
      missing(fmt::format("the projects, because {} is not mounted", settings_.require("user_yaml")));
    }
  }

  void read_buckets(const Context& context) {
    std::optional<config::FenceConfig> config;
    if (const auto file = mounted("fence_config")) {
      config = config::read_fence_config(*file);
      found.default_bucket = config->upload_bucket;
    } else {
      missing(fmt::format("which buckets take uploads, because {} is not mounted", settings_.require("fence_config")));
    }
    if (const auto bucket = settings_.get("files.bucket")) found.default_bucket = bucket->text;
    const auto fence = ask_fence(context);
    for (const auto& row : checks::list_buckets(fence.value_or(std::vector<gen3::Bucket>{}), config)) {
      const bool uploads = row.upload_default || row.uploads.value_or(true);
      if (uploads && (!fence || row.in_fence)) found.buckets.push_back(row.name);
    }
  }

  std::optional<std::vector<gen3::Bucket>> ask_fence(const Context& context) {
    if (!gen3::has_commons(settings_)) {
      missing("the buckets of the commons, because neither an API key nor GEN3_ENDPOINT is set");
      return std::nullopt;
    }
    try {
      net::HttpOptions few;
      few.attempts = 2;  // the file can be written without an answer
      Commons commons(context, few);
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
      if (entry.is_directory(error) && !name.starts_with('.')) found.folders.push_back(name);
    }
    std::ranges::sort(found.folders);
  }

  const config::Settings& settings_;
};

void init(const Context& context, const InitArguments& arguments) {
  const bool to_stdout = arguments.file == "-";
  std::error_code unreadable;
  // A link that leads nowhere counts, too: something stands there.
  const bool there = fs::symlink_status(arguments.file, unreadable).type() != fs::file_type::not_found;
  if (!to_stdout && !arguments.force && there) {
    throw UsageError("the file exists already", arguments.file, "pass --force to overwrite it, or name another file");
  }
  const Sources sources(context);
  const std::string text = config::draft_etl_yaml(sources.found);
  if (to_stdout) return write_out(text);
  AtomicFile file(arguments.file);
  file.write(text);
  file.commit();
  if (context.output != Output::table) {
    print_result(context, {{"file", arguments.file},
                           {"projects", sources.found.projects.size()},
                           {"buckets", sources.found.buckets.size()}});
  }
  log::info("wrote {}: {}, {}; look it over, then `aced-etl config studies`", arguments.file,
            counted(sources.found.projects.size(), "project"), counted(sources.found.buckets.size(), "bucket"));
}

}  // namespace

void add_config_init(CLI::App& group, Context& context) {
  CLI::App* command = group.add_subcommand("init");
  describe(
      *command,
      {.summary = "write a commented etl.yaml from user.yaml and fence's buckets",
       .text = "A study for every project of user.yaml, named after its code, whether its metadata is here yet or "
               "not. Its bucket is the one that takes uploads and has the code in its name, if one alone does "
               "(case does not matter, '_' is '-'), else the default. All further settings follow as "
               "commented-out lines.\n\n"
               "What is not mounted, and a commons that does not answer, is reported in a warning and in the file, "
               "which is written all the same. An existing file is not overwritten without --force (exit 2).",
       .examples = {{"aced-etl config init", "writes ./etl.yaml"},
                    {"aced-etl config init - | less", "show it without writing a file"}}});
  auto arguments = std::make_shared<InitArguments>();
  command->add_option("FILE", arguments->file, "where to write it, or - for stdout [default: etl.yaml]");
  command->add_flag("--force", arguments->force, "overwrite an existing file");
  for (const char* key : {"user_yaml", "fence_config", "files.bucket", "folder.studies"}) {
    add_setting_option(*command, context, key);
  }
  add_commons_options(*command, context);
  command->callback([&context, arguments] { init(context, *arguments); });
}

}  // namespace etl::cli
