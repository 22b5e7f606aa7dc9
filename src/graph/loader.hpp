#pragma once

#include "dictionary/dictionary.hpp"
#include "graph/connection/connection.hpp"
#include "graph/load_report.hpp"
#include "graph/load_request.hpp"
#include "simplify/issue_report.hpp"
#include "simplify/study.hpp"

namespace etl::graph {

/// Loads a study into the graph: one transaction under the project's lock, so whatever happens the project is either
/// unchanged or fully updated. Rows whose content is unchanged are not touched. `study` says what to read; how
/// references and ids are checked is decided here.
///
/// Throws InputError when the study is not valid, has dangling references, or has records that another project holds
/// (each reported first, nothing written); LockedError when another run holds the project; RefusedError when a table is
/// missing, the project's code belongs to another program, or two records have the same value of a unique key (each
/// named first).
[[nodiscard]] LoadReport load_study(Connection& connection, const dictionary::Dictionary& dictionary,
                                    const simplify::StudyOptions& study, const LoadRequest& request,
                                    simplify::IssueReport& report, const LoadHooks& hooks);

}  // namespace etl::graph
