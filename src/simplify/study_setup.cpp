#include "simplify/study_setup.hpp"

#include "base/log.hpp"

namespace etl::simplify {

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
          .validate = !arguments.no_validate,
          .check_ids = !arguments.no_validate,
          .references = References::all,
          .latest = settings.choice("graph.duplicates") == "latest",
          .threads = settings.number("threads"),
          .limits = limits,
          .temp_dir = settings.require("temp_dir")};
}

}  // namespace etl::simplify
