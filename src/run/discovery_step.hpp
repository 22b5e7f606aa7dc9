#pragma once

#include "run/step.hpp"

namespace etl::run {

/// Makes the project's record for the discovery page say what the study says.
class DiscoveryStep final : public Step {
 public:
  using Step::Step;
  static constexpr std::string_view kName = "discovery";

  [[nodiscard]] std::string_view name() const override { return kName; }
  [[nodiscard]] std::optional<std::string> skip_reason() const override;
  [[nodiscard]] std::vector<UsedSetting> used(const config::StudyEntry& study) const override;
  [[nodiscard]] StepReport perform(const config::StudyEntry& study, bool dry_run) override;
};

}  // namespace etl::run
