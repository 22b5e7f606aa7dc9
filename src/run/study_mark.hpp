#pragma once

#include <string>

#include "config/settings.hpp"
#include "simplify/study.hpp"

namespace etl::run {

/// Stands for a study's files as they are on disk (name, size, times, inode) and for what else a verdict on them hangs
/// on: this program's version, its dictionary and configuration. Equal marks: nobody has touched anything. InputError
/// as fhir::study_files().
[[nodiscard]] std::string study_mark(const simplify::StudyOptions& study, const config::Settings& settings);

}  // namespace etl::run
