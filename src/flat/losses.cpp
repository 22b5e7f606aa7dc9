#include "flat/losses.hpp"

#include <fmt/format.h>

#include "base/counted.hpp"
#include "base/log.hpp"
#include "base/text.hpp"

namespace etl::flat {
namespace {

/// A warning names so many columns.
constexpr std::uint64_t kMostColumns = 10;

}  // namespace

std::uint64_t sum_of_losses(const DocumentsReport& report) {
  std::uint64_t sum = 0;
  for (const auto& [what, count] : report.lost) sum += count;
  return sum;
}

void log_losses(const DocumentsReport& report) {
  for (std::size_t i = 0; i < loss_kinds; ++i) {
    const auto loss = static_cast<Loss>(i);
    std::uint64_t sum = 0;
    std::uint64_t places = 0;
    std::string names;
    for (const auto& [what, count] : report.lost) {
      if (what.first != loss) continue;
      sum += count;
      if (++places > kMostColumns) continue;
      names += fmt::format("{}{} ({})", names.empty() ? "" : ", ", printable(what.second), human_count(count));
    }
    if (sum == 0) continue;
    if (places > kMostColumns) names += fmt::format(" and {} more columns", human_count(places - kMostColumns));
    log::warn("not in the documents: {} {}: {}", human_count(sum), name_of(loss), names);
  }
}

}  // namespace etl::flat
