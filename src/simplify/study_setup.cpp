#include "simplify/study_setup.hpp"

#include <filesystem>

#include "base/log.hpp"
#include "config/folder.hpp"
#include "config/study_entry.hpp"

namespace etl::simplify {
namespace {

/// The project of the study of etl.yaml whose folder this is; empty when there is none.
std::string project_of(const config::Settings& settings, const std::string& path) {
  if (settings.studies().empty() || !settings.get("folder.studies")) return {};
  const std::filesystem::path studies = config::folder(settings, "folder.studies");
  for (const config::StudyEntry& study : settings.studies()) {
    std::error_code missing;
    if (std::filesystem::equivalent(studies / study.name, path, missing)) return study.project.str();
  }
  return {};
}

}  // namespace

StudySetup StudySetup::load(const config::Settings& settings, const StudyArguments& arguments) {
  StudySetup setup;
  if (const auto source = settings.get("dictionary")) {
    setup.dictionary = dictionary::Dictionary::load(source->text);
  } else {
    log::warn("no dictionary is given (--dictionary or DICTIONARY_URL): every FHIR type counts as a node");
  }
  const auto config = settings.get("simplify_config");
  setup.plans = std::make_unique<Plans>(Config::load(config ? config->text : std::string{}),
                                        setup.dictionary ? &*setup.dictionary : nullptr);
  for (const std::string& path : setup.plans->unknown_paths()) {
    log::warn("the simplify configuration plucks {}, which FHIR R5 does not have: it is left out", path);
  }
  if (arguments.transform_ids) setup.ids.emplace(arguments.seed);
  return setup;
}

StudyOptions StudySetup::options(const config::Settings& settings, const StudyArguments& arguments) const {
  fhir::BlockLimits limits;
  limits.max_resource = std::size_t{settings.number("limits.max_resource_mib")} << 20U;
  return {.path = arguments.path,
          .selection = {.glob = arguments.glob, .skip_folder = {}, .exclude = arguments.exclude},
          .plans = *plans,
          .dictionary = dictionary ? &*dictionary : nullptr,
          .ids = ids ? &*ids : nullptr,
          .project = arguments.project.empty() ? project_of(settings, arguments.path) : arguments.project,
          .validate = !arguments.no_validate,
          .check_ids = !arguments.no_validate,
          .references = References::all,
          .latest = settings.choice("graph.duplicates") == "latest",
          .threads = settings.number("threads"),
          .limits = limits,
          .temp_dir = settings.require("temp_dir")};
}

}  // namespace etl::simplify
