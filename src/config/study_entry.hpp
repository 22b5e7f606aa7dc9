#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/project_id.hpp"

namespace etl::config {

/// A study that a commons' regular run serves: one entry of `studies` in etl.yaml.
struct StudyEntry {
  std::string name;                   ///< its folder below the folder of studies; no path
  ProjectId project;                  ///< as given, else the name as a code of `program`
  std::optional<std::string> bucket;  ///< where its files go; none: files.bucket, else fence's default
  std::optional<std::string> source;  ///< prefix of its metadata below source.path; none: source.studies_prefix + name
  std::optional<std::string> output{};  ///< its own folder below the output folder; none: all that is no other study's
  bool enabled = true;
  std::vector<std::string> skip{};             ///< steps that a run leaves out for it
  std::vector<std::string> exclude{};          ///< patterns of files and folders that are not part of it
  std::optional<std::string> transform_ids{};  ///< the seed of its ids; none: the setting transform_ids
  std::string origin;                          ///< "etl.yaml:12"
};

}  // namespace etl::config
