#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/counted.hpp"
#include "base/identifier.hpp"
#include "base/log.hpp"
#include "base/project_id.hpp"
#include "base/suggestion.hpp"
#include "base/text.hpp"
#include "checks/bucket_list.hpp"
#include "checks/bucket_test.hpp"
#include "cli/commands.hpp"
#include "cli/lib/commons.hpp"
#include "cli/lib/describe.hpp"
#include "cli/lib/known_project.hpp"
#include "cli/lib/options.hpp"
#include "cli/lib/print.hpp"
#include "config/fence_config.hpp"

namespace etl::cli {
namespace {

using namespace std::chrono_literals;

std::optional<config::FenceConfig> mounted_fence_config(const Context& context) {
  const std::string file = context.settings.require("fence_config");
  std::error_code unreadable;
  const bool named = context.settings.layer_of("fence_config") != config::Layer::fallback;
  if (named || std::filesystem::exists(file, unreadable)) return config::read_fence_config(file);
  log::warn("{} is not mounted, so it is not known which buckets take uploads", file);
  return std::nullopt;
}

void list_buckets(const Context& context) {
  const auto config = mounted_fence_config(context);
  Commons commons(context);
  Table table({"bucket", yes_no("fence"), yes_no("fence_config"), "uploads", "region", "endpoint", "finding"});
  for (const checks::BucketRow& row : checks::list_buckets(commons.fence.buckets(), config)) {
    const std::string uploads = row.upload_default ? "default" : !row.uploads ? "unknown" : *row.uploads ? "yes" : "no";
    table.row({row.name, row.in_fence ? "yes" : "no",
               !config         ? "unknown"
               : row.in_config ? "yes"
                               : "no",
               uploads, row.region, row.endpoint_url, row.finding});
  }
  table.print(context);
}

struct TestOptions {
  std::vector<std::string> buckets;
  bool all = false;
  std::string project;
};

/// A project whose records this user may make.
std::string authz_of(Commons& commons, const std::string& project) {
  if (!project.empty()) return ProjectId::parse(project).resource_path();
  const gen3::User user = commons.fence.user();
  for (const auto& [resource, permissions] : user.authz) {
    if (resource.find("/projects/") != std::string::npos && user.may("indexd", "create", resource)) return resource;
  }
  for (const auto& [resource, permissions] : user.authz) {
    if (resource.starts_with("/programs") && user.may("indexd", "create", resource)) return resource;
  }
  throw NotAllowedError(fmt::format("{} may not create records in any project", user.name), commons.session.endpoint(),
                        "grant a policy on a project in user.yaml, or name one with --project");
}

/// fence could not sign for a bucket that it does not know, nor remove its record: refused before one is made.
void require_known(const std::vector<std::string>& buckets, const std::vector<checks::BucketRow>& rows) {
  std::vector<std::string> known;
  for (const checks::BucketRow& row : rows) {
    if (!is_bucket_name(row.name)) return;  // a pattern: fence alone knows what it matches
    if (row.in_fence) known.push_back(row.name);
  }
  for (const std::string& bucket : buckets) {
    if (std::ranges::find(known, bucket) != known.end()) continue;
    throw UsageError(fmt::format("fence does not know the bucket {}", bucket), {},
                     did_you_mean(bucket, known, "`aced-etl buckets ls` lists the buckets that it knows"));
  }
}

void test(Context& context, const TestOptions& options) {
  if (options.all == !options.buckets.empty()) {
    throw UsageError("no bucket is named", {}, "name them, or pass --all for those that take uploads");
  }
  Commons commons(context);
  const auto config = mounted_fence_config(context);
  const auto rows = checks::list_buckets(commons.fence.buckets(), config);
  std::vector<std::string> buckets = options.buckets;
  if (options.all) {
    for (const checks::BucketRow& row : rows) {
      if (row.uploads.value_or(true) || row.upload_default) buckets.push_back(row.name);
    }
    if (buckets.empty()) {
      if (!config) throw UsageError("fence lists no buckets, so none was tested", commons.session.endpoint());
      throw UsageError(
          fmt::format("no bucket takes uploads, so none was tested: ALLOWED_DATA_UPLOAD_BUCKETS is {}, and "
                      "DATA_UPLOAD_BUCKET is not set",
                      config->allowed ? "empty" : "missing"),
          context.settings.require("fence_config"),
          "set ALLOWED_DATA_UPLOAD_BUCKETS or DATA_UPLOAD_BUCKET in fence's configuration and mount the current file; "
          "`aced-etl buckets ls` lists the buckets");
    }
  }
  require_known(buckets, rows);
  if (!options.project.empty()) require_project(commons, ProjectId::parse(options.project));
  const std::string authz = authz_of(commons, options.project);
  Table table({"bucket", "result", "step", "reason", "left_behind"});
  std::size_t failed = 0;
  ExitCode first = ExitCode::done;
  // What was made is removed also when a signal ends the work; soon, or not at all.
  net::HttpClient cleaning_http({.connect = 3s, .total = 5s, .attempts = 2});
  gen3::Session cleaning(gen3::session_options(context.settings), cleaning_http);
  const auto stop = commons.stop.token();
  for (const auto& result :
       checks::test_buckets(commons.session, cleaning, buckets, config ? config->upload_bucket : "", authz, stop)) {
    table.row({result.bucket, result.ok() ? "ok" : "failed", result.step, result.reason, result.left});
    if (result.ok()) continue;
    ++failed;
    if (first == ExitCode::done) first = result.exit;
  }
  table.print(context);
  if (failed > 0 && stop.stop_requested()) throw StoppedError();
  if (failed == 0) {
    log::info("files go into {} and come back", counted(buckets.size(), "bucket"));
    return;
  }
  log::error("{} of {} buckets failed", failed, buckets.size());
  context.exit = failed < buckets.size() ? ExitCode::partial : first;
}

void add_buckets_ls(CLI::App& group, Context& context) {
  auto* command = group.add_subcommand("ls");
  describe(
      *command,
      {.summary = "the commons' buckets: configured in fence, allowed for uploads, and whether these agree",
       .text = "fence tells anyone which buckets it has; which of them take uploads is only in its configuration "
               "(ALLOWED_DATA_UPLOAD_BUCKETS), read from the mounted fence-config.yaml. Where the two differ, the last "
               "column says what to do.",
       .examples = {{"aced-etl buckets ls", "one line for each bucket"}}});
  add_commons_options(*command, context);
  add_setting_option(*command, context, "fence_config");
  command->callback([&context] { list_buckets(context); });
}

void add_buckets_test(CLI::App& group, Context& context) {
  auto* command = group.add_subcommand("test");
  describe(
      *command,
      {.summary = "test whether files can be uploaded to buckets through fence",
       .text =
           "For each bucket: creates a record in indexd, gets signed URLs from fence, uploads and downloads a small "
           "object, compares it, and removes both. Prints one line for each bucket, with the reason of a failure. The "
           "exit code is 6 if some buckets failed; if all failed, that of the first reason.",
       .examples = {{"aced-etl buckets test --all", "every bucket that takes uploads"},
                    {"aced-etl buckets test aced-default-staging --project aced-Diabetes", "one, as this project"}}});
  add_commons_options(*command, context);
  add_setting_option(*command, context, "fence_config");
  auto options = std::make_shared<TestOptions>();
  command->add_option("buckets", options->buckets, "buckets to test")->type_name("BUCKET");
  command->add_flag("--all", options->all, "every bucket that fence-config.yaml allows for uploads");
  command
      ->add_option("--project", options->project, "whose record it is; default: the first where this user may make one")
      ->type_name("PROGRAM-CODE");
  command->callback([&context, options] { test(context, *options); });
}

}  // namespace

void add_commons_options(CLI::App& app, Context& context) {
  add_setting_option(app, context, "gen3.endpoint");
  add_setting_option(app, context, "gen3.api_key");
}

void add_buckets(CLI::App& app, Context& context) {
  auto* group = app.add_subcommand("buckets");
  describe(*group, {.summary = "the commons' buckets",
                    .text = "Which there are, and whether files can be loaded there.",
                    .examples = {{"aced-etl buckets ls", "one line for each bucket"}}});
  add_buckets_ls(*group, context);
  add_buckets_test(*group, context);
}

}  // namespace etl::cli
