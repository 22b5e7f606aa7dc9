#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "flat/documents.hpp"
#include "search/project_load.hpp"
#include "search/server.hpp"

namespace etl::search {

struct StudyLoadReport {
  LoadReport load;
  flat::DocumentsReport documents;
  /// One for each type that was asked for; none when nothing has changed, and no document was made.
  std::vector<flat::DocumentSet> sets;
};

/// How a load shows its progress; both may be empty.
struct StudyLoadHooks {
  std::function<void(std::uint64_t)> on_bytes = {};  ///< so many more bytes of the study are read
  std::function<void()> on_swap = {};                ///< all documents are sent
};

/// Makes a project's documents of a study and loads them, as `search load` and the step of a run do. The types of
/// `load` are set here. What it throws: flat::make_documents() and ProjectLoad.
[[nodiscard]] StudyLoadReport load_study(Server& server, LoadRequest load, flat::DocumentsRequest documents,
                                         simplify::IssueReport& issues, const StudyLoadHooks& hooks);

/// After a load that added fields: which ones, and that guppy must be restarted. Empty where no field is new.
[[nodiscard]] std::string new_fields_notice(const LoadReport& report, bool dry_run);

}  // namespace etl::search
