#pragma once

#include "run/earlier_tries.hpp"
#include "run/step.hpp"

namespace etl::run {

/// Brings the study and its files from S3, where a bucket is set; else the folders are used as they are mounted.
class PullStep final : public Step {
 public:
  using Step::Step;
  static constexpr std::string_view kName = "pull";

  [[nodiscard]] std::string_view name() const override { return kName; }
  [[nodiscard]] std::optional<std::string> skip_reason() const override;
  [[nodiscard]] bool later_steps_need_output() const override { return true; }
  [[nodiscard]] std::vector<UsedSetting> used(const config::StudyEntry& study) const override;
  [[nodiscard]] StepReport perform(const config::StudyEntry& study, bool dry_run) override;
  [[nodiscard]] std::vector<Count> done_in_vain(const config::StudyEntry& study) const override;

 private:
  EarlierTries earlier_;
};

}  // namespace etl::run
