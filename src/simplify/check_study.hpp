#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "simplify/issue_report.hpp"
#include "simplify/study.hpp"

namespace etl::simplify {

/// Reads a study for what is wrong with it, and makes nothing of it. `on_bytes`: so many more of its bytes are read.
[[nodiscard]] StudyResult check_study(const StudyOptions& options, IssueReport& report,
                                      const std::function<void(std::uint64_t)>& on_bytes);

/// InputError for a study in which nothing stands, not even an issue: the path is wrong.
void require_resources(const StudyResult& result, const IssueReport& report, const std::string& path);

}  // namespace etl::simplify
