#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "simplify/fault_report.hpp"
#include "simplify/study.hpp"

namespace etl::simplify {

/// Reads a study for what is wrong with it, and makes nothing of it. `on_bytes`: so many more of its bytes are read.
[[nodiscard]] StudyResult check_study(const StudyOptions& options, FaultReport& report,
                                      const std::function<void(std::uint64_t)>& on_bytes);

/// InputError for a study in which nothing stands, not even a fault: the path is wrong.
void require_resources(const StudyResult& result, const FaultReport& report, const std::string& path);

}  // namespace etl::simplify
