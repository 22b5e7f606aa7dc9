#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "simplify/issue_report.hpp"
#include "simplify/study.hpp"

namespace etl::simplify {

/// What `simplify` is asked for: a study's records as NDJSON files.
struct SimplifyRequest {
  StudyOptions study;
  std::string out;  ///< the folder of the records, or - for stdout
  Dialect dialect = Dialect::pfb;
  std::string reject_file;  ///< faulty resources are set aside here; empty: a fault ends the work
};

struct SimplifyReport {
  std::uint64_t resources = 0;
  std::uint64_t records = 0;
  std::uint64_t set_aside = 0;  ///< resources in the reject file
  std::string left_out;         ///< what of the study is no record though nothing is wrong with it, in words; or empty
};

/// UsageError when the records would take the place of the study's own files.
void refuse_own_input(const std::string& path, const std::string& out);

/// Reads the study at `request.study.path` and writes its records, and then the reject file: all of them, or none. To
/// stdout they go as they come. Every issue goes to `report`; `on_bytes`: so many more bytes of the study are read.
/// InputError when the study has errors and these are not set aside, or when it has no resources.
[[nodiscard]] SimplifyReport simplify_study(const SimplifyRequest& request, IssueReport& report,
                                            const std::function<void(std::uint64_t)>& on_bytes);

}  // namespace etl::simplify
