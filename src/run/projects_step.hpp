#pragma once

#include <set>
#include <string>

#include "run/step.hpp"

namespace etl::run {

/// Sees to it that the study's program and project exist: through sheepdog, or in the database where no commons is set.
class ProjectsStep final : public Step {
 public:
  using Step::Step;
  static constexpr std::string_view kName = "projects";

  [[nodiscard]] std::string_view name() const override { return kName; }
  [[nodiscard]] std::optional<std::string> skip_reason() const override { return disabled(); }
  [[nodiscard]] std::vector<UsedSetting> used(const config::StudyEntry& study) const override;
  [[nodiscard]] StepReport perform(const config::StudyEntry& study, bool dry_run) override;

 private:
  std::set<std::string> planned_programs_;
};

}  // namespace etl::run
