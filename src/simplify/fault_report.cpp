#include "simplify/fault_report.hpp"

#include <fmt/format.h>

#include "base/counted.hpp"
#include "base/log.hpp"
#include "base/text.hpp"

namespace etl::simplify {

void FaultReport::add(const fhir::Fault& fault) {
  counts_[static_cast<std::size_t>(fault.kind)] += fault.count;
  show_(fault, is_warning(fault.kind));
}

std::uint64_t FaultReport::errors() const noexcept {
  std::uint64_t sum = 0;
  for (std::size_t k = 0; k < counts_.size(); ++k) {
    if (!is_warning(static_cast<fhir::FaultKind>(k))) sum += counts_[k];
  }
  return sum;
}

std::uint64_t FaultReport::warnings() const noexcept {
  std::uint64_t sum = 0;
  for (std::size_t k = 0; k < counts_.size(); ++k) {
    if (is_warning(static_cast<fhir::FaultKind>(k))) sum += counts_[k];
  }
  return sum;
}

void log_fault(const fhir::Fault& fault, bool warning) {
  if (warning) {
    log::warn("{}", fault.text());
  } else {
    log::error("{}", fault.text());
  }
}

std::string in_words(const FaultReport& report) {
  const auto list = [&](bool warnings) {
    std::string out;
    for (std::size_t k = 0; k < fhir::fault_kinds; ++k) {
      const auto kind = static_cast<fhir::FaultKind>(k);
      if (report.count(kind) == 0 || report.is_warning(kind) != warnings) continue;
      out += fmt::format("{}{} {}", out.empty() ? "" : ", ", human_count(report.count(kind)), to_string(kind));
    }
    return out;
  };
  std::string out =
      report.errors() == 0 ? "no faults" : fmt::format("{}: {}", counted(report.errors(), "fault"), list(false));
  if (report.warnings() > 0) out += fmt::format("; {}: {}", counted(report.warnings(), "warning"), list(true));
  return out;
}

}  // namespace etl::simplify
