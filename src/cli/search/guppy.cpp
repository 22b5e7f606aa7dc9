#include "cli/search/guppy.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <exception>

#include "base/counted.hpp"
#include "base/error.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "cli/lib/commons.hpp"
#include "cli/lib/options.hpp"
#include "gen3/endpoint.hpp"
#include "net/url.hpp"

namespace etl::cli {
namespace {

constexpr std::size_t kMostFieldsNamed = 10;

/// "patient.a, patient.b and 3 more"
std::string in_words(const std::vector<std::string>& fields) {
  const std::size_t shown = std::min(fields.size(), kMostFieldsNamed);
  std::string text =
      printable(fmt::format("{}", fmt::join(fields.begin(), fields.begin() + static_cast<long>(shown), ", ")));
  if (fields.size() > shown) text += fmt::format(" and {} more", fields.size() - shown);
  return text;
}

void report(const search::GuppyGaps& gaps, bool refreshed) {
  if (!gaps.types.empty()) {
    log::warn("guppy is not configured with the {} {}", gaps.types.size() == 1 ? "type" : "types",
              in_words(gaps.types));
  }
  if (gaps.fields.empty()) {
    log::info("guppy answers and knows all fields{}", refreshed ? " since it was refreshed" : "");
    return;
  }
  log::warn("guppy {}does not know {} ({}). Restart it: {}", refreshed ? "was refreshed and still " : "",
            counted(gaps.fields.size(), "field"), in_words(gaps.fields), search::kRestartGuppy);
}

}  // namespace

void add_guppy_options(CLI::App& app, Context& context, GuppyArguments& arguments) {
  app.add_option("--guppy", arguments.url,
                 "after the load, ask guppy at this address (https://commons.example.org/guppy) whether it knows the "
                 "fields")
      ->type_name("URL");
  app.add_flag("--refresh", arguments.refresh,
               "with --guppy: if guppy lacks fields, call its _refresh, and ask again. guppy 0.20 answers no query "
               "after _refresh until it is restarted; then the exit code is 5");
  add_commons_options(app, context);
}

void check_guppy_options(const Context& context, const GuppyArguments& arguments) {
  if (!arguments.url.empty()) search::check_guppy_url(arguments.url);
  if (!arguments.refresh) return;
  if (arguments.url.empty()) {
    throw UsageError("--refresh says what to do with guppy, but not where it is", {}, "add --guppy URL");
  }
  if (arguments.url.starts_with("http://") && !gen3::is_on_loopback(arguments.url) &&
      !context.settings.flag("gen3.allow_http")) {
    throw UsageError(fmt::format("the access token would be sent to {} unencrypted", net::without_query(arguments.url)),
                     {}, "use guppy's https address; within a trusted network set ACED_ETL_ALLOW_HTTP=yes");
  }
}

void report_guppy(const Context& context, const GuppyArguments& arguments, const std::vector<search::LoadedType>& types,
                  const std::stop_token& stop) {
  search::Guppy guppy(arguments.url, stop);
  const search::GuppyGaps before = search::gaps_of(guppy, types);
  if (!arguments.refresh || before.fields.empty()) {
    report(before, false);
    if (arguments.refresh) log::info("guppy's _refresh was not called");
    return;
  }
  gen3::Commons commons(context.settings, stop);
  const std::string token = commons.session.access_token();
  // Whatever it answers, what counts is how guppy does afterwards.
  std::exception_ptr failed;
  try {
    guppy.refresh(token);
  } catch (const StoppedError&) {
    throw;
  } catch (const UnavailableError&) {
    failed = std::current_exception();
  }
  search::GuppyGaps after;
  try {
    after = search::gaps_of(guppy, types);
  } catch (const StoppedError&) {
    throw;
  } catch (const UnavailableError& error) {
    throw UnavailableError(fmt::format("the documents are loaded, but since its _refresh {}", error.what()),
                           error.where(), fmt::format("restart guppy: {}", search::kRestartGuppy));
  }
  if (failed && !after.fields.empty()) std::rethrow_exception(failed);
  report(after, true);
}

}  // namespace etl::cli
