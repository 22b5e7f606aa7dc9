#include "simplify/fault_report.hpp"

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

}  // namespace etl::simplify
