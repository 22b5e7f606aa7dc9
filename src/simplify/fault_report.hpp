#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>

#include "fhir/fault.hpp"

namespace etl::simplify {

/// Counts what is wrong with a study by kind, and hands each fault on as it comes.
class FaultReport {
 public:
  using Show = std::function<void(const fhir::Fault&, bool warning)>;

  /// `dangling_is_warning`: a reference that leads nowhere is told but does not make the study invalid.
  explicit FaultReport(Show show, bool dangling_is_warning = false)
      : show_(std::move(show)), dangling_is_warning_(dangling_is_warning) {}

  void add(const fhir::Fault& fault);
  /// `count` more of this kind that are not handed on.
  void add_unlisted(fhir::FaultKind kind, std::uint64_t count) { counts_[static_cast<std::size_t>(kind)] += count; }

  [[nodiscard]] bool is_warning(fhir::FaultKind kind) const noexcept {
    return fhir::is_warning(kind) || (dangling_is_warning_ && kind == fhir::FaultKind::dangling);
  }
  [[nodiscard]] std::uint64_t count(fhir::FaultKind kind) const noexcept {
    return counts_[static_cast<std::size_t>(kind)];
  }
  [[nodiscard]] std::uint64_t errors() const noexcept;
  [[nodiscard]] std::uint64_t warnings() const noexcept;

 private:
  Show show_;
  bool dangling_is_warning_;
  std::array<std::uint64_t, fhir::fault_kinds> counts_{};
};

/// One fault on stderr, errors and warnings alike.
void log_fault(const fhir::Fault& fault, bool warning);

/// `3 faults: 2 format, 1 dangling; 7 warnings: 7 binding`
[[nodiscard]] std::string in_words(const FaultReport& report);

}  // namespace etl::simplify
