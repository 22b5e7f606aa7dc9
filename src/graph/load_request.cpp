#include "graph/load_request.hpp"

#include <utility>

namespace etl::graph {

LoadRequest LoadRequest::from(const config::Settings& settings, ProjectId project) {
  return {.project = std::move(project),
          .prune = settings.flag("graph.prune"),
          .skip_dangling = settings.choice("graph.dangling") == "skip",
          .keep_shared = settings.choice("graph.shared") == "keep",
          .edge_rule = settings.choice("graph.edge_table") == "first" ? EdgeRule::first : EdgeRule::link};
}

LoadHooks LoadHooks::show_on(Progress& progress, std::function<Connection()> second_session) {
  return {.on_phase =
              [&progress](const std::string& phase, std::optional<std::uint64_t> rows) {
                progress.phase(phase, rows, phase == "reading" ? Progress::Unit::bytes : Progress::Unit::items);
              },
          .on_rows = [&progress](std::uint64_t rows) { progress.add(rows); },
          .on_bytes = [&progress](std::uint64_t bytes) { progress.add(bytes); },
          .second_session = std::move(second_session)};
}

}  // namespace etl::graph
