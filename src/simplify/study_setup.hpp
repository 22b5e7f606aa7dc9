#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/settings.hpp"
#include "dictionary/dictionary.hpp"
#include "simplify/study.hpp"

namespace etl::simplify {

/// What can be said of a study that is to be read.
struct StudyArguments {
  std::string path;
  std::string glob;
  std::vector<std::string> exclude;  ///< patterns of files and folders that are no part of the study
  std::string seed;                  ///< --transform-ids
  std::string project;               ///< P-Q it is loaded into; empty: as etl.yaml says of the folder, if it does
  bool transform_ids = false;
  bool no_validate = false;
};

/// The dictionary, the configuration and what they make of each other; must outlive the reading.
struct StudySetup {
  std::optional<dictionary::Dictionary> dictionary;
  std::unique_ptr<Plans> plans;
  std::optional<IdTransform> ids;

  /// As the settings `dictionary` and `simplify_config` say. Without a dictionary every FHIR type counts as a node,
  /// which is said.
  [[nodiscard]] static StudySetup load(const config::Settings& settings, const StudyArguments& arguments = {});
  [[nodiscard]] StudyOptions options(const config::Settings& settings, const StudyArguments& arguments) const;
};

}  // namespace etl::simplify
