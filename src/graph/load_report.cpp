#include "graph/load_report.hpp"

#include <algorithm>

#include "base/counted.hpp"
#include "base/log.hpp"
#include "base/text.hpp"

namespace etl::graph {

bool LoadReport::changes() const noexcept {
  return project.any_created() || std::ranges::any_of(tables, &TableChange::changes);
}

TableChange LoadReport::total() const {
  TableChange sum;
  for (const TableChange& change : tables) {
    sum.inserted += change.inserted;
    sum.updated += change.updated;
    sum.unchanged += change.unchanged;
    sum.removed += change.removed;
    sum.shared += change.shared;
  }
  return sum;
}

void log_left_out(const LoadReport& report) {
  if (!report.left_out.empty()) log::info("{}", report.left_out);
  if (report.deletions > 0) {
    log::info("{} in the study: the project held {} of them", counted(report.deletions, "deletion"),
              counted(static_cast<std::uint64_t>(report.deleted), "record"));
  }
  for (const auto& [type, count] : report.without_node) {
    log::warn("{} {} left out: the dictionary has no such node for a study", human_count(count), type);
  }
  for (const auto& [pair, count] : report.without_edge) {
    log::warn("{} {} left out: the dictionary has no such link", counted(count, "reference"), pair);
  }
  for (const auto& [label, properties] : report.unknown_properties) {
    for (const auto& [property, count] : properties) {
      log::warn(
          "{} of {} {} `{}`, a property that the dictionary lacks: it is loaded, but sheepdog and peregrine never "
          "return it",
          counted(count, "record"), label, count == 1 ? "has" : "have", property);
    }
  }
  if (report.dangling_skipped > 0)
    log::warn("{} left out: they are dangling", counted(static_cast<std::uint64_t>(report.dangling_skipped), "edge"));
}

}  // namespace etl::graph
