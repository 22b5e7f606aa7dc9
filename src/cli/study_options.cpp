#include "cli/study_options.hpp"

#include <fmt/format.h>

#include "base/log.hpp"
#include "base/text.hpp"
#include "cli/options.hpp"

namespace etl::cli {

void add_study_arguments(CLI::App& app, Context& context, StudyArguments& arguments) {
  app.add_option("PATH", arguments.path, "the study: a folder (read with all folders below), a file, or - for stdin")
      ->required();
  add_dictionary_option(app, context);
  add_config_option(app, context);
  app.add_option("--glob", arguments.glob, "only files whose name, or path below PATH, matches this pattern")
      ->type_name("PATTERN");
  add_threads_option(app, context);
  add_temp_dir_option(app, context);
  app.add_option("--max-resource", arguments.max_resource_mib,
                 "the largest resource that is read, in MiB [default: 64]")
      ->type_name("MIB")
      ->check(CLI::Range(1, 2048));
}

void add_record_arguments(CLI::App& app, StudyArguments& arguments) {
  app.add_option("--transform-ids", arguments.seed,
                 "give every resource, and every reference to it, a UUID made of its id and this seed")
      ->type_name("SEED")
      ->each([&arguments](const std::string&) { arguments.transform_ids = true; });
  app.add_flag("--no-validate", arguments.no_validate, "do not hold the resources against FHIR R5");
}

StudySetup StudySetup::load(const Context& context, const StudyArguments& arguments) {
  StudySetup setup;
  if (const auto source = context.settings.get("dictionary")) {
    setup.dictionary = dictionary::Dictionary::load(source->text);
  } else {
    log::warn("no dictionary is given (--dictionary or DICTIONARY_URL): every FHIR type counts as a node");
  }
  const auto config = context.settings.get("simplify_config");
  setup.plans = std::make_unique<simplify::Plans>(simplify::Config::load(config ? config->text : std::string{}),
                                                  setup.dictionary ? &*setup.dictionary : nullptr);
  for (const std::string& path : setup.plans->unknown_paths()) {
    log::warn("the simplify configuration plucks {}, which FHIR R5 does not have: it is left out", path);
  }
  if (arguments.transform_ids) setup.ids.emplace(arguments.seed);
  return setup;
}

simplify::StudyOptions StudySetup::options(const Context& context, const StudyArguments& arguments) const {
  fhir::BlockLimits limits;
  limits.max_resource = arguments.max_resource_mib << 20U;
  return {.path = arguments.path,
          .selection = {.glob = arguments.glob, .skip_folder = {}},
          .plans = *plans,
          .dictionary = dictionary ? &*dictionary : nullptr,
          .ids = ids ? &*ids : nullptr,
          .validate = !arguments.no_validate,
          .check_ids = !arguments.no_validate,
          .references = simplify::References::all,
          .threads = context.settings.number("threads"),
          .limits = limits,
          .temp_dir = context.settings.require("temp_dir")};
}

void log_fault(const fhir::Fault& fault, bool warning) {
  if (warning) {
    log::warn("{}", fault.text());
  } else {
    log::error("{}", fault.text());
  }
}

std::string in_words(const simplify::FaultReport& report) {
  const auto list = [&](bool warnings) {
    std::string out;
    for (std::size_t k = 0; k < fhir::fault_kinds; ++k) {
      const auto kind = static_cast<fhir::FaultKind>(k);
      if (report.count(kind) == 0 || report.is_warning(kind) != warnings) continue;
      out += fmt::format("{}{} {}", out.empty() ? "" : ", ", human_count(report.count(kind)), to_string(kind));
    }
    return out;
  };
  std::string out =
      report.errors() == 0 ? "no faults" : fmt::format("{} faults: {}", human_count(report.errors()), list(false));
  if (report.warnings() > 0) out += fmt::format("; {} warnings: {}", human_count(report.warnings()), list(true));
  return out;
}

}  // namespace etl::cli
