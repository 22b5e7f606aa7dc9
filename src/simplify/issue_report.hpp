#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>

#include "fhir/issue.hpp"

namespace etl::simplify {

/// Counts what is wrong with a study by kind, and hands each issue on as it comes.
class IssueReport {
 public:
  using Show = std::function<void(const fhir::Issue&, bool warning)>;

  /// `dangling_is_warning`: a reference that leads nowhere is told but does not make the study invalid.
  explicit IssueReport(Show show, bool dangling_is_warning = false)
      : show_(std::move(show)), dangling_is_warning_(dangling_is_warning) {}

  void add(const fhir::Issue& issue);
  /// `count` more of this kind that are not handed on.
  void add_unlisted(fhir::IssueKind kind, std::uint64_t count) { counts_[static_cast<std::size_t>(kind)] += count; }

  [[nodiscard]] bool is_warning(fhir::IssueKind kind) const noexcept {
    return fhir::is_warning(kind) || (dangling_is_warning_ && kind == fhir::IssueKind::dangling);
  }
  [[nodiscard]] std::uint64_t count(fhir::IssueKind kind) const noexcept {
    return counts_[static_cast<std::size_t>(kind)];
  }
  [[nodiscard]] std::uint64_t errors() const noexcept;
  [[nodiscard]] std::uint64_t warnings() const noexcept;

 private:
  Show show_;
  bool dangling_is_warning_;
  std::array<std::uint64_t, fhir::issue_kinds> counts_{};
};

/// One issue on stderr, errors and warnings alike.
void log_issue(const fhir::Issue& issue, bool warning);

/// `3 issues: 2 format, 1 dangling; 7 warnings: 7 binding`
[[nodiscard]] std::string in_words(const IssueReport& report);

}  // namespace etl::simplify
