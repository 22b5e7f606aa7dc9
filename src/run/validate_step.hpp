#pragma once

#include "run/step.hpp"

namespace etl::run {

/// Holds the study against FHIR R5. A study that was valid, and whose files nobody has touched since, is not read
/// again.
class ValidateStep final : public Step {
 public:
  using Step::Step;
  static constexpr std::string_view kName = "validate";

  [[nodiscard]] std::string_view name() const override { return kName; }

  [[nodiscard]] std::vector<UsedSetting> used(const config::StudyEntry& study) const override;
  [[nodiscard]] StepReport perform(const config::StudyEntry& study, bool dry_run) override;
};

}  // namespace etl::run
