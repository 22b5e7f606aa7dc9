#pragma once

#include "run/earlier_tries.hpp"
#include "run/step.hpp"

namespace etl::run {

/// Brings the study's files to S3 and indexd.
class FilesStep final : public Step {
 public:
  using Step::Step;
  static constexpr std::string_view kName = "files";

  [[nodiscard]] std::string_view name() const override { return kName; }
  [[nodiscard]] std::optional<std::string> skip_reason() const override { return disabled(); }
  [[nodiscard]] std::vector<UsedSetting> used(const config::StudyEntry& study) const override;
  [[nodiscard]] StepReport perform(const config::StudyEntry& study, bool dry_run) override;
  [[nodiscard]] std::vector<Count> done_in_vain(const config::StudyEntry& study) const override;

 private:
  EarlierTries earlier_;
};

}  // namespace etl::run
