#include "run/graph_step.hpp"

#include <utility>

#include "base/progress.hpp"
#include "graph/loader.hpp"
#include "studies/state.hpp"

namespace etl::run {
/// One session for all studies of a run: to a new one the graph's tables and indexes, some 600, are not known.
graph::Connection GraphStep::take_session() {
  if (auto known = std::exchange(session_, std::nullopt)) {
    try {
      graph::Transaction(*known).rollback();
      return std::move(*known);
    } catch (const Error&) {  // the server was started anew meanwhile
    }
  }
  return context().connect();
}

StepReport GraphStep::perform(const config::StudyEntry& study, bool dry_run) {
  static_cast<void>(context().settings().require("dictionary"));
  const simplify::StudyOptions options = context().study_options(study);
  graph::LoadRequest load = graph::LoadRequest::from(context().settings(), study.project);
  load.prune = context().choices().prune.value_or(load.prune);
  load.dry_run = dry_run;

  simplify::IssueReport issues(simplify::log_issue, load.skip_dangling);
  Progress progress(study.name + ": graph", std::nullopt);
  graph::Connection session = take_session();
  const graph::LoadReport done =
      graph::load_study(session, *context().setup().dictionary, options, load, issues,
                        graph::LoadHooks::show_on(progress, [this] { return context().connect(); }));
  session_ = std::move(session);  // not when it failed: who knows in what state it is
  graph::log_left_out(done);
  if (!dry_run) studies::note_load(context().settings(), study.project.str(), options.path);

  const graph::TableChange sum = done.total();
  const auto count = [](std::int64_t rows) { return static_cast<std::uint64_t>(rows); };
  const Outcome changed = dry_run ? Outcome::planned : Outcome::done;
  StepReport report{.outcome = done.changes() ? changed : Outcome::unchanged,
                    .counts = {{"inserted", count(sum.inserted)},
                               {"updated", count(sum.updated)},
                               {"removed", count(sum.removed)},
                               {"unchanged", count(sum.unchanged)}}};
  std::uint64_t unknown = 0;
  for (const auto& [label, properties] : done.unknown_properties) unknown += properties.size();
  if (unknown > 0) report.counts.push_back({"unknown_properties", unknown});
  return report;
}

std::vector<UsedSetting> GraphStep::used(const config::StudyEntry& study) const {
  const config::Settings& settings = context().settings();
  std::vector<UsedSetting> used;
  used.push_back({"project", study.project.str(), study.origin});
  add_database(used, settings);
  add_setting(used, settings, "dictionary", "dictionary");
  add_setting(used, settings, "simplify_config", "simplify configuration");
  return used;
}

}  // namespace etl::run
