#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/access.hpp"
#include "base/closed_pipe.hpp"
#include "base/log.hpp"
#include "base/process_name.hpp"
#include "base/progress.hpp"
#include "base/version.hpp"
#include "cli/commands.hpp"
#include "cli/lib/describe.hpp"
#include "cli/lib/duration.hpp"
#include "cli/lib/errors.hpp"
#include "cli/lib/help.hpp"
#include "cli/lib/options.hpp"
#include "cli/lib/print.hpp"

namespace etl::cli {
namespace {

/// Every command group, in the order of the help.
constexpr std::array kGroups{
    &add_run,  &add_doctor,    &add_studies, &add_validate, &add_simplify,   &add_graph,  &add_projects,   &add_search,
    &add_fhir, &add_discovery, &add_buckets, &add_files,    &add_put_object, &add_config, &add_completion, &add_man,
};

constexpr const char* kLogFormatVariable = "ACED_ETL_LOG_FORMAT";

/// Of the options that hold for every command, those about messages.
struct LogOptions {
  bool quiet = false;
  bool verbose = false;
  std::string format = "text";
  std::chrono::seconds progress_every{60};

  void apply() const {
    const log::Level level = quiet ? log::Level::error : verbose ? log::Level::debug : log::Level::info;
    log::setup(level, format == "json");
    Progress::set_interval(progress_every);
  }
};

Output output_of(std::string_view name) {
  if (name == "json") return Output::json;
  if (name == "yaml") return Output::yaml;
  return Output::table;
}

/// Settles how messages and errors look before the command line is parsed, for the error that it cannot be parsed.
void read_early_options(std::span<char*> arguments) {
  LogOptions options;
  Output output = Output::table;
  if (const char* format = std::getenv(kLogFormatVariable)) options.format = format;  // NOLINT(concurrency-mt-unsafe)
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    const std::string_view word = arguments[i];
    const std::string_view next = i + 1 < arguments.size() ? arguments[i + 1] : "";
    const std::string_view value = word.substr(std::min(word.find('='), word.size() - 1) + 1);
    if (word == "--log-format") options.format = next;
    if (word.starts_with("--log-format=")) options.format = value;
    if (word == "-o" || word == "--output") output = output_of(next);
    if (word.starts_with("--output=")) output = output_of(value);
    if (word.starts_with("-o") && word.size() > 2) output = output_of(word.substr(word[2] == '=' ? 3 : 2));
  }
  options.apply();
  set_error_output(output);
}

/// A closed stdin, stdout or stderr leaves its number to the next file that is opened, which messages and
/// results would then be written into. stdout stays unwritable, so that a result that is lost is an error.
void hold_standard_streams() {
  for (const auto& [descriptor, flags] : {std::pair{0, O_RDONLY}, {1, O_RDONLY}, {2, O_WRONLY}}) {
    if (::fcntl(descriptor, F_GETFD) == -1 && ::open("/dev/null", flags) != descriptor) std::_Exit(1);
  }
}

/// A core dump would write keys and tokens to a disk, and another process of this user could read them from our memory.
void keep_memory_private() {
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
#ifndef ETL_SANITIZED  // LeakSanitizer traces its own process
  ::prctl(PR_SET_DUMPABLE, 0);
#endif
}

void add_globals(CLI::App& app, Context& context, LogOptions& log_options) {
  app.set_help_flag("-h,--help", "show this help");
  app.set_version_flag("--version", std::string(version_line()),
                       "show the version, the commit and how the program was built");
  app.add_option_function<std::string>(
         "-o,--output",
         [&context](const std::string& name) {
           context.output = output_of(name);
           set_error_output(context.output);
         },
         "how results are printed on stdout [default: table]")
      ->check(one_of("--output", {"table", "json", "yaml"}));
  auto* quiet = app.add_flag("-q,--quiet", log_options.quiet, "errors only; no progress");
  app.add_flag("-v,--verbose", log_options.verbose, "show more messages, for troubleshooting")->excludes(quiet);
  app.add_option("--log-format", log_options.format, "how messages are written on stderr")
      ->check(one_of("--log-format", {"text", "json"}))
      ->envname(kLogFormatVariable)
      ->capture_default_str();
  add_duration(app, "--progress-every", log_options.progress_every,
               "without a terminal, write a line of progress this often [default: 1m]");
  add_setting_option(app, context, "creds");
  add_setting_option(app, context, "etl_yaml");
}

/// Of every command that has commands below it, exactly one of these must be given.
void require_commands(CLI::App& app) {
  for (CLI::App* sub : app.get_subcommands(std::function<bool(CLI::App*)>{})) {
    if (sub->get_name().empty()) continue;
    app.require_subcommand(1);
    require_commands(*sub);
  }
}

/// What only prints what the program is must work where the settings do not.
bool needs_settings(const CLI::App& app) {
  const auto chosen = app.get_subcommands();
  if (chosen.empty()) return true;
  const auto below = chosen.front()->get_subcommands();
  const bool schema = chosen.front()->get_name() == "config" && !below.empty() && below.front()->get_name() == "schema";
  return !schema && chosen.front()->get_group() != kAboutItself;
}

void build(CLI::App& app, Context& context, LogOptions& log_options) {
  app.formatter(std::make_shared<HelpFormatter>());
  app.fallthrough();  // before the groups: they inherit both
  add_globals(app, context, log_options);
  for (const auto add : kGroups) add(app, context);
  // After the groups, which would inherit the examples.
  describe(app, {.summary = "load FHIR metadata and files of research studies into a Gen3 data commons",
                 .text = "Results go to stdout, everything else to stderr. Global options may stand before or after "
                         "the command. A setting comes from the first of these that has it: a flag, the environment, "
                         "etl.yaml, mounted secrets, the default; `aced-etl config show` shows which.",
                 .examples = {{"aced-etl config show", "what would be used, and where it came from"},
                              {"aced-etl graph load --help", "all about one command"}}});
  require_commands(app);
  // Runs when all options are known and before the command's own callback.
  app.parse_complete_callback([&app, &context, &log_options] {
    log_options.apply();
    context.quiet = log_options.quiet;
    context.log_json = log_options.format == "json";
    if (!needs_settings(app)) return;
    context.settings.load();
    for (const std::string& warning : context.settings.warnings()) log::warn("{}", warning);
  });
}

/// Called as put_object, a link to the program, it is the command put-object: that is how operators know it.
std::vector<char*> arguments_of(int argc, char** argv) {
  std::vector<char*> arguments(argv, argv + argc);
  static std::string command = "put-object";
  if (argc > 0 && std::filesystem::path(argv[0]).filename() == "put_object") {
    arguments.insert(arguments.begin() + 1, command.data());
  }
  return arguments;
}

ExitCode run(int argc, char** argv) {
  auto arguments = arguments_of(argc, argv);
  set_command_line(static_cast<int>(arguments.size()), arguments.data());
  read_early_options(arguments);
  Context context;
  LogOptions log_options;
  CLI::App app("", "aced-etl");
  build(app, context, log_options);
  try {
    app.parse(static_cast<int>(arguments.size()), arguments.data());
  } catch (const CLI::CallForHelp&) {
    write_out(app.help());
  } catch (const CLI::CallForVersion&) {
    write_out(app.version() + "\n");
  } catch (const CLI::ParseError& error) {
    return report_usage(app, error);
  }
  flush_out();
  return context.exit;
}

}  // namespace
}  // namespace etl::cli

int main(int argc, char** argv) {
  // A reader that goes away (`| head`, a closed connection) is an error at the write, not the end of us.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);  // likewise a file that reaches `ulimit -f`
  etl::cli::hold_standard_streams();
  etl::cli::keep_memory_private();
  etl::make_files_private();
  try {
    return static_cast<int>(etl::cli::run(argc, argv));
  } catch (const etl::ClosedPipeError&) {
    std::signal(SIGPIPE, SIG_DFL);
    std::raise(SIGPIPE);
    return static_cast<int>(etl::ExitCode::unavailable);
  } catch (const std::exception& error) {
    return static_cast<int>(etl::cli::report(error));
  } catch (...) {
    return static_cast<int>(etl::cli::report(etl::InternalError("an unknown exception was thrown")));
  }
}
