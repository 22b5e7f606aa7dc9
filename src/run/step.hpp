#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/study_entry.hpp"
#include "run/report.hpp"
#include "run/run_context.hpp"
#include "run/used_setting.hpp"

namespace etl::run {

/// One thing that a run does with every study. A step changes nothing outside of its own destination, changes nothing
/// when all is there already, and can be repeated: whatever ended it, the next run goes on.
class Step {
 public:
  explicit Step(RunContext& context) : context_(context) {}
  virtual ~Step() = default;
  Step(const Step&) = delete;
  Step& operator=(const Step&) = delete;

  /// One word, as --only and --skip have it.
  [[nodiscard]] virtual std::string_view name() const = 0;
  /// Why there is nothing for it to do in this setup; std::nullopt when there is.
  [[nodiscard]] virtual std::optional<std::string> skip_reason() const { return std::nullopt; }
  /// Do later steps read what it brings? Then, in a dry run in which it would bring something, nobody can say yet what
  /// they would do.
  [[nodiscard]] virtual bool later_steps_need_output() const { return false; }
  /// Does it, or only says what it would do. What goes wrong as a whole is thrown.
  [[nodiscard]] virtual StepReport perform(const config::StudyEntry& study, bool dry_run) = 0;
  /// The settings, keys and files that it works with for this study: an error of it names them.
  [[nodiscard]] virtual std::vector<UsedSetting> used(const config::StudyEntry& study) const = 0;
  /// What tries of perform() for this study did before they ended with an exception. The report of a try that succeeds
  /// holds it already; that of a failure needs it.
  [[nodiscard]] virtual std::vector<Count> done_in_vain(const config::StudyEntry& /*study*/) const { return {}; }

 protected:
  [[nodiscard]] RunContext& context() const { return context_; }
  /// `destinations.<name>` says no.
  [[nodiscard]] std::optional<std::string> disabled() const;

 private:
  RunContext& context_;
};

/// Every step, in the order in which a study goes through them. A step that is added here is part of every run, its
/// table and its options.
[[nodiscard]] std::vector<std::unique_ptr<Step>> all_steps(RunContext& context);

/// Their names, for help and for checking options.
[[nodiscard]] std::vector<std::string> step_names();

}  // namespace etl::run
