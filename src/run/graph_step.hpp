#pragma once

#include <optional>

#include "graph/connection/connection.hpp"
#include "run/step.hpp"

namespace etl::run {

/// Makes the graph hold the study, in one transaction.
class GraphStep final : public Step {
 public:
  using Step::Step;
  static constexpr std::string_view kName = "graph";

  [[nodiscard]] std::string_view name() const override { return kName; }
  [[nodiscard]] std::optional<std::string> skip_reason() const override { return disabled(); }
  [[nodiscard]] std::vector<UsedSetting> used(const config::StudyEntry& study) const override;
  [[nodiscard]] StepReport perform(const config::StudyEntry& study, bool dry_run) override;

 private:
  graph::Connection take_session();

  std::optional<graph::Connection> session_;
};

}  // namespace etl::run
