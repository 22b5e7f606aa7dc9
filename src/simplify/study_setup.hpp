#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/project_id.hpp"
#include "config/settings.hpp"
#include "dictionary/dictionary.hpp"
#include "simplify/study.hpp"

namespace etl::simplify {

/// What can be said of a study that is to be read.
struct StudyArguments {
  std::string path;
  std::string glob;
  std::optional<ProjectId> project;           ///< tells the study's entry of etl.yaml where its folder's name does not
  const config::StudyEntry* study = nullptr;  ///< its entry of etl.yaml; null: config::study_of() looks for it
  bool no_validate = false;
};

/// The dictionary, the configuration and what they make of each other; must outlive the reading.
struct StudySetup {
  std::optional<dictionary::Dictionary> dictionary;
  std::unique_ptr<Plans> plans;
  std::string digest;  ///< of the texts of both

  /// As the settings `dictionary` and `simplify_config` say. Without a dictionary every FHIR type counts as a node,
  /// which is said.
  [[nodiscard]] static StudySetup load(const config::Settings& settings);
  /// The study is read as study_source() says.
  [[nodiscard]] StudyOptions options(const config::Settings& settings, const StudyArguments& arguments) const;
};

}  // namespace etl::simplify
