#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/project_id.hpp"
#include "run/used_setting.hpp"

/// A commons' regular run: every study through every step.
namespace etl::run {

/// What became of a step of a study.
enum class Outcome : unsigned char {
  done,         ///< it changed something
  unchanged,    ///< all was there already
  planned,      ///< of a dry run: it would change something
  skipped,      ///< there is nothing for it to do in this setup
  failed,       ///< wholly, or in part
  not_reached,  ///< an earlier step of the study failed
  stopped,      ///< it was asked to stop; running again goes on
};
[[nodiscard]] std::string_view to_string(Outcome outcome) noexcept;

/// What a step counted: "inserted" 12.
struct Count {
  std::string_view name;
  std::uint64_t value = 0;
};

struct StepReport {
  Outcome outcome = Outcome::done;
  std::vector<Count> counts{};
  std::string reason{};  ///< of what is not well, or why nothing was to do
  ExitCode exit = ExitCode::done;
  std::string advice{};             ///< what to do
  std::vector<UsedSetting> used{};  ///< of a failure: what the step worked with
  /// Of a dry run: an earlier step would first have to bring what this one reads.
  bool not_known = false;
};

/// A step's part of the table at the end.
struct StepLine {
  std::string_view step;
  StepReport report;
  std::chrono::duration<double> took{};  ///< with every try and the waits between them
  unsigned tries = 0;                    ///< 0 when it was not tried
  std::string cause{};                   ///< of a failure: see cause_key()
};

struct StudyReport {
  std::string study;
  ProjectId project;
  std::vector<StepLine> steps;

  /// Of all its steps together.
  [[nodiscard]] Outcome outcome() const;
  [[nodiscard]] ExitCode exit() const;
};

/// The exit code of two that a caller should hear of: the one that is less likely to mend itself. From the worst: a
/// internal error, configuration, not allowed, refused, input, partly done, another run in the way, a service that went
/// away.
[[nodiscard]] ExitCode worse(ExitCode one, ExitCode other) noexcept;
[[nodiscard]] ExitCode worst(const std::vector<StudyReport>& studies) noexcept;

/// `inserted 12, unchanged 3`: those that are not 0, or all when every one is.
[[nodiscard]] std::string in_words(const std::vector<Count>& counts);

}  // namespace etl::run
