#include "simplify/study_setup.hpp"

#include <utility>

#include "base/log.hpp"
#include "config/study_of.hpp"
#include "simplify/study_source.hpp"

namespace etl::simplify {

StudySetup StudySetup::load(const config::Settings& settings) {
  StudySetup setup;
  if (const auto source = settings.get("dictionary")) {
    setup.dictionary = dictionary::Dictionary::load(source->text);
  } else {
    log::warn("no dictionary is named (--dictionary or DICTIONARY_URL), so every FHIR type counts as a node");
  }
  const auto config = settings.get("simplify_config");
  Config simplify_config = Config::load(config ? config->text : std::string{});
  setup.digest = (setup.dictionary ? setup.dictionary->digest() : std::string("none")) + simplify_config.digest;
  setup.plans = std::make_unique<Plans>(std::move(simplify_config), setup.dictionary ? &*setup.dictionary : nullptr);
  for (const std::string& path : setup.plans->unknown_paths()) {
    log::warn("the simplify configuration plucks {}, which FHIR R5 does not have: it is left out", path);
  }
  return setup;
}

StudyOptions StudySetup::options(const config::Settings& settings, const StudyArguments& arguments) const {
  const config::StudyEntry* const study =
      arguments.study != nullptr ? arguments.study : config::study_of(settings, arguments.path, arguments.project);
  StudySource source = study_source(settings, arguments.path, study);
  source.selection.glob = arguments.glob;
  return {.path = source.path,
          .selection = std::move(source.selection),
          .plans = *plans,
          .dictionary = dictionary ? &*dictionary : nullptr,
          .made_with = digest,
          .ids = source.ids,
          .project = arguments.project  ? arguments.project->str()
                     : study != nullptr ? study->project.str()
                                        : std::string{},
          .validate = !arguments.no_validate,
          .check_ids = !arguments.no_validate,
          .references = References::all,
          .latest = source.latest,
          .threads = settings.number("threads"),
          .limits = source.limits,
          .temp_dir = source.temp_dir};
}

}  // namespace etl::simplify
