#pragma once

#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/study_files.hpp"

namespace etl::search {

/// A digest of the bytes of a study's files, in their order, and of `settings`: all else that decides what documents
/// they become. Two studies with one digest give the same documents. Empty when a file can be read only once.
/// InputError when a file cannot be read.
[[nodiscard]] std::string source_digest(const std::vector<fhir::StudyFile>& files, std::string_view settings,
                                        const std::stop_token& stop);

}  // namespace etl::search
