#include <curl/curl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/suggestion.hpp"
#include "base/text.hpp"
#include "checks/bucket_list.hpp"
#include "checks/doctor.hpp"
#include "config/fence_config.hpp"
#include "config/user_yaml.hpp"
#include "gen3/endpoint.hpp"
#include "gen3/fence.hpp"
#include "gen3/settings.hpp"

namespace etl::checks {
namespace {

using namespace std::chrono_literals;
using gen3::Clock;

constexpr auto skew_told = 30s;
constexpr auto skew_refused = 300s;  // AWS refuses signatures at 15 minutes; tokens fail before
constexpr auto key_ends_soon = 24h * 7;

std::string day(Clock::time_point time) { return fmt::format("{:%Y-%m-%d}", fmt::gmtime(Clock::to_time_t(time))); }

/// What the key or token says of itself. Whether fence takes it is known only when fence was asked: `found` is then the
/// check that is reported.
void check_key(Report& report, const gen3::Session::Options& options, std::optional<Check>& found) {
  const auto unless_refused = [&](std::string name, std::string detail) {
    found = Check{std::move(name), Check::State::ok, std::move(detail), {}, {}};
  };
  if (!options.access_token.empty()) {
    const auto claims = gen3::read_claims(options.access_token, options.access_token_origin);
    if (claims.expires < Clock::now()) {
      report.fail("access token", "it has expired", "unset ACCESS_TOKEN, or get a new one", ExitCode::not_allowed);
    } else {
      unless_refused("access token",
                     fmt::format("{}used instead of an API key", claims.user.empty() ? "" : claims.user + ", "));
    }
    return;
  }
  if (!options.key) {
    report.fail("API key", "there is none", "mount credentials.json, or name it with GEN3_API_KEY", ExitCode::usage);
    return;
  }
  const auto& claims = options.key->claims;
  // A key of fence 13 names no user; the line `user` below does.
  const std::string whose = claims.user.empty() ? claims.issuer : fmt::format("{} of {}", claims.user, claims.issuer);
  const std::string renew = "make a new key on the commons' profile page";
  if (claims.expires == Clock::time_point{}) {
    unless_refused("API key", whose);
  } else if (claims.expires < Clock::now()) {
    report.fail("API key", fmt::format("{}; it expired on {}", whose, day(claims.expires)), renew,
                ExitCode::not_allowed);
  } else if (claims.expires < Clock::now() + key_ends_soon) {
    report.warn("API key", fmt::format("{}; it expires on {}", whose, day(claims.expires)), renew);
  } else {
    unless_refused("API key", fmt::format("{}; good until {}", whose, day(claims.expires)));
  }
}

/// A key's own commons is the only one that can use it.
void check_endpoint(Report& report, const config::Settings& settings, const gen3::Session::Options& options) {
  const auto endpoint = settings.get("gen3.endpoint");
  const std::string issuer = gen3::issuer_address(options);
  if (!endpoint || issuer.empty() || gen3::same_origin(endpoint->text, issuer)) return;
  report.warn("endpoint",
              fmt::format("{} ({}) is not where the credentials were issued, {}", net::without_query(endpoint->text),
                          endpoint->origin, net::without_query(issuer)),
              "right only if both are the same commons; else remove it: the key goes to this address");
}

void check_clock(Report& report, const net::Response& answer) {
  const auto date = answer.header("Date");
  if (!date) return;
  const std::time_t theirs = curl_getdate(date->c_str(), nullptr);
  if (theirs < 0) return;
  const auto skew = std::chrono::duration_cast<std::chrono::seconds>(Clock::now() - Clock::from_time_t(theirs));
  const std::string detail =
      fmt::format("{} s {} the commons' clock", std::abs(skew.count()), skew.count() < 0 ? "behind" : "ahead of");
  if (std::chrono::abs(skew) >= skew_refused) {
    report.fail("clock", detail, "set this node's clock (NTP): tokens and signatures are refused",
                ExitCode::not_allowed);
  } else if (std::chrono::abs(skew) >= skew_told) {
    report.warn("clock", detail, "set this node's clock (NTP)");
  } else {
    report.ok("clock", skew.count() == 0 ? "as the commons'" : detail);
  }
}

void check_permissions(Report& report, const config::Settings& settings, const gen3::User& user) {
  const std::filesystem::path file = settings.require("user_yaml");
  std::error_code unreadable;
  std::map<ProjectId, bool> projects;  // true: runs load a study's files into it
  std::vector<std::string> listed;     // by user.yaml
  if (std::filesystem::exists(file, unreadable)) {
    try {
      for (const ProjectId& id : config::read_user_yaml(file.string()).projects) {
        projects.emplace(id, false);
        listed.push_back(id.str());
      }
    } catch (const Error&) {  // told among the mounts
    }
  }
  for (const config::StudyEntry& study : settings.studies()) {
    const bool loads = study.enabled && settings.flag("destinations.files") && !skips(study, "files");
    if (loads) projects[study.project] = true;
  }
  for (const auto& [id, is_loaded] : projects) {
    const std::string resource = id.resource_path();
    std::vector<std::string> lacking;
    for (const auto& [service, method] : {std::pair{"indexd", "create"},
                                          {"indexd", "update"},
                                          {"indexd", "delete"},
                                          {"fence", "write-storage"},
                                          {"fence", "read-storage"}}) {
      if (!user.may(service, method, resource)) lacking.emplace_back(method);
    }
    const std::string name = "project " + id.str();
    const bool unknown = !listed.empty() && std::ranges::find(listed, id.str()) == listed.end();
    if (lacking.empty() && unknown) {
      report.warn(name,
                  fmt::format("etl.yaml names it, and {} has no such project: a run would create it", file.string()),
                  did_you_mean(id.str(), listed, "correct the study's project in etl.yaml, or add it to user.yaml"));
    } else if (lacking.empty()) {
      report.ok(name, user.name + " may read and write it");
    } else if (is_loaded) {
      report.fail(
          name, fmt::format("{} may not {}, and runs load a study into it", user.name, fmt::join(lacking, ", ")),
          fmt::format("grant it on {} in user.yaml, or use another user's API key", resource), ExitCode::not_allowed);
    } else {
      report.warn(name, fmt::format("{} may not {}", user.name, fmt::join(lacking, ", ")),
                  fmt::format("grant it on {} in user.yaml, if this user is to load files there", resource));
    }
  }
  if (!user.may("fence", "file_upload", "/data_file")) {
    report.warn("large files", user.name + " has no file_upload on /data_file",
                "grant it in user.yaml: without it fence takes no multipart uploads, and files end at 5 GiB");
  }
  if (may_make_projects(user)) {
    report.ok("making projects", user.name + " may make programs and projects");
  } else {
    report.warn("making projects", user.name + " may make no programs and projects through sheepdog",
                "grant the sheepdog admin's policy in user.yaml, or use --via database");
  }
}

void check_buckets(Report& report, const config::Settings& settings, gen3::Fence& fence) {
  const std::filesystem::path file = settings.require("fence_config");
  std::error_code unreadable;
  std::optional<config::FenceConfig> config;
  if (std::filesystem::exists(file, unreadable)) {
    try {
      config = config::read_fence_config(file);
    } catch (const Error&) {
      return;  // told among the mounts
    }
  }
  std::size_t uploads = 0;
  const auto rows = list_buckets(fence.buckets(), config);
  for (const BucketRow& row : rows) {
    if (row.uploads.value_or(false)) ++uploads;
    if (!row.finding.empty()) report.warn("bucket " + row.name, row.finding, "`aced-etl buckets ls` shows all of them");
  }
  report.ok("buckets", config ? fmt::format("{}, {} of them take uploads", rows.size(), uploads)
                              : fmt::format("{}; which take uploads is not known", rows.size()));
  check_study_buckets(report, settings, fence, rows);
}

}  // namespace

bool may_make_projects(const gen3::User& user) {
  return user.may("sheepdog", "create", "/services/sheepdog/submission/program") &&
         user.may("sheepdog", "create", "/services/sheepdog/submission/project");
}

void check_commons(Report& report, const config::Settings& settings, const std::stop_token& stop) {
  if (!gen3::has_commons(settings)) {
    report.fail("API key", settings.require("gen3.api_key") + " is not there",
                "mount credentials.json, or name it with GEN3_API_KEY", ExitCode::usage);
    return;
  }
  net::HttpClient http({.attempts = 2}, stop);
  std::optional<gen3::Session> session;
  std::optional<Check> key;
  const bool known = report.guard("API key", [&] {
    auto options = gen3::session_options(settings);
    check_key(report, options, key);
    check_endpoint(report, settings, options);
    session.emplace(std::move(options), http);
  });
  if (!known) return;
  const bool reached = report.guard("commons", [&] {
    const gen3::Call call{.path = "/user/_status", .with_token = false};
    const auto answer = session->call(call);
    if (answer.ok() && trim(answer.body).starts_with('<')) {
      report.fail("commons",
                  fmt::format("{} answers with a page that is not an answer of fence", session->address(call)),
                  "check the address of the commons: GEN3_ENDPOINT sets another", ExitCode::usage);
    } else if (answer.ok()) {
      report.ok("commons", session->endpoint() + " answers");
    } else {
      report.fail("commons", fmt::format("{} answers HTTP {}", session->address(call), answer.status),
                  "is fence up, and is this the commons' address? GEN3_ENDPOINT sets another", ExitCode::unavailable);
    }
    check_clock(report, answer);
  });
  if (!reached) {
    if (key) report.warn(key->name, key->detail + "; not tried, since the commons does not answer", "see `commons`");
    return;
  }
  gen3::Fence fence(*session);
  std::optional<gen3::User> user;
  report.guard(key ? key->name : "user", [&] {
    user = fence.user();
    if (key) report.ok(key->name, key->detail);
  });
  if (user) {
    report.ok("user", fmt::format("{}{}", user->name,
                                  user->email.empty() || user->email == user->name ? "" : " " + user->email));
    check_permissions(report, settings, *user);
  }
  report.guard("buckets", [&] { check_buckets(report, settings, fence); });
  check_services(report, settings, *session, user ? &*user : nullptr);
}

}  // namespace etl::checks
