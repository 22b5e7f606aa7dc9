#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <string>

#include "base/counted.hpp"
#include "base/file.hpp"
#include "base/log.hpp"
#include "base/stop_signal.hpp"
#include "checks/draft_source.hpp"
#include "cli/commands.hpp"
#include "cli/lib/commons.hpp"
#include "cli/lib/describe.hpp"
#include "cli/lib/options.hpp"
#include "cli/lib/print.hpp"
#include "config/draft.hpp"

namespace etl::cli {
namespace {

namespace fs = std::filesystem;

struct InitArguments {
  std::string file = "etl.yaml";
  bool force = false;
};

void init(const Context& context, const InitArguments& arguments) {
  const bool to_stdout = arguments.file == "-";
  std::error_code unreadable;
  // A link that leads nowhere counts, too: something stands there.
  const bool there = fs::symlink_status(arguments.file, unreadable).type() != fs::file_type::not_found;
  if (!to_stdout && !arguments.force && there) {
    throw UsageError("the file exists already", arguments.file, "pass --force to overwrite it, or name another file");
  }
  const StopOnSignal stop;
  const config::DraftSource source = checks::draft_source(context.settings, stop.token());
  const std::string text = config::draft_etl_yaml(source);
  if (to_stdout) return write_out(text);
  AtomicFile file(arguments.file);
  file.write(text);
  file.commit();
  if (context.output != Output::table) {
    print_result(context,
                 {{"file", arguments.file}, {"projects", source.projects.size()}, {"buckets", source.buckets.size()}});
  }
  log::info("wrote {}: {}, {}; look it over, then `aced-etl config studies`", arguments.file,
            counted(source.projects.size(), "project"), counted(source.buckets.size(), "bucket"));
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
