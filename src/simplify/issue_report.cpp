#include "simplify/issue_report.hpp"

#include <fmt/format.h>

#include "base/counted.hpp"
#include "base/log.hpp"
#include "base/text.hpp"

namespace etl::simplify {

void IssueReport::add(const fhir::Issue& issue) {
  counts_[static_cast<std::size_t>(issue.kind)] += issue.count;
  show_(issue, is_warning(issue.kind));
}

std::uint64_t IssueReport::errors() const noexcept {
  std::uint64_t sum = 0;
  for (std::size_t k = 0; k < counts_.size(); ++k) {
    if (!is_warning(static_cast<fhir::IssueKind>(k))) sum += counts_[k];
  }
  return sum;
}

std::uint64_t IssueReport::warnings() const noexcept {
  std::uint64_t sum = 0;
  for (std::size_t k = 0; k < counts_.size(); ++k) {
    if (is_warning(static_cast<fhir::IssueKind>(k))) sum += counts_[k];
  }
  return sum;
}

void log_issue(const fhir::Issue& issue, bool warning) {
  if (warning) {
    log::warn("{}", issue.text());
  } else {
    log::error("{}", issue.text());
  }
}

std::string in_words(const IssueReport& report) {
  const auto list = [&](bool warnings) {
    std::string out;
    for (std::size_t k = 0; k < fhir::issue_kinds; ++k) {
      const auto kind = static_cast<fhir::IssueKind>(k);
      if (report.count(kind) == 0 || report.is_warning(kind) != warnings) continue;
      out += fmt::format("{}{} {}", out.empty() ? "" : ", ", human_count(report.count(kind)), to_string(kind));
    }
    return out;
  };
  std::string out =
      report.errors() == 0 ? "no issues" : fmt::format("{}: {}", counted(report.errors(), "issue"), list(false));
  if (report.warnings() > 0) out += fmt::format("; {}: {}", counted(report.warnings(), "warning"), list(true));
  return out;
}

}  // namespace etl::simplify
