#include "simplify/study_source.hpp"

#include "config/split_list.hpp"

namespace etl::simplify {
namespace {

/// A flag or variable holds for all studies, an entry of etl.yaml for its own, the rest of etl.yaml for those without.
std::optional<IdTransform> ids_of(const config::Settings& settings, const config::StudyEntry* study) {
  const auto layer = settings.layer_of("transform_ids");
  const bool overrides = layer == config::Layer::flag || layer == config::Layer::environment;
  if (!overrides && study != nullptr && study->transform_ids) return IdTransform(*study->transform_ids);
  if (const auto seed = settings.get("transform_ids")) return IdTransform(seed->text);
  return std::nullopt;
}

}  // namespace

StudySource study_source(const config::Settings& settings, const std::string& path, const config::StudyEntry* study) {
  StudySource source{.path = path};
  if (const auto patterns = settings.get("exclude")) source.selection.exclude = config::split_list(patterns->text);
  if (study != nullptr) {
    auto& exclude = source.selection.exclude;
    exclude.insert(exclude.end(), study->exclude.begin(), study->exclude.end());
  }
  source.ids = ids_of(settings, study);
  source.latest = settings.choice("graph.duplicates") == "latest";
  source.limits.max_resource = std::size_t{settings.number("limits.max_resource_mib")} << 20U;
  source.temp_dir = settings.require("temp_dir");
  return source;
}

}  // namespace etl::simplify
