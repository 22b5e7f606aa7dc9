#include "run/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.hpp"

namespace etl::run {
namespace {

/// From the mildest.
constexpr std::array severity{ExitCode::done,          ExitCode::unavailable, ExitCode::locked,  ExitCode::partial,
                              ExitCode::invalid_input, ExitCode::exhausted,   ExitCode::refused, ExitCode::not_allowed,
                              ExitCode::usage,         ExitCode::internal};

std::size_t rank(ExitCode code) {
  return static_cast<std::size_t>(std::ranges::find(severity, code) - severity.begin());
}

}  // namespace

std::string_view to_string(Outcome outcome) noexcept {
  switch (outcome) {
    case Outcome::done:
      return "done";
    case Outcome::unchanged:
      return "unchanged";
    case Outcome::planned:
      return "planned";
    case Outcome::skipped:
      return "skipped";
    case Outcome::failed:
      return "failed";
    case Outcome::not_reached:
      return "not reached";
    case Outcome::stopped:
      return "stopped";
  }
  return "";
}

Outcome StudyReport::outcome() const {
  for (const Outcome outcome : {Outcome::failed, Outcome::stopped, Outcome::done, Outcome::planned}) {
    if (std::ranges::any_of(steps, [&](const StepLine& line) { return line.report.outcome == outcome; }))
      return outcome;
  }
  return Outcome::unchanged;
}

ExitCode StudyReport::exit() const {
  ExitCode code = ExitCode::done;
  for (const StepLine& line : steps) code = worse(code, line.report.exit);
  return code;
}

ExitCode worse(ExitCode one, ExitCode other) noexcept { return rank(one) < rank(other) ? other : one; }

ExitCode worst(const std::vector<StudyReport>& studies) noexcept {
  ExitCode code = ExitCode::done;
  for (const StudyReport& study : studies) code = worse(code, study.exit());
  return code;
}

std::string in_words(const std::vector<Count>& counts) {
  const bool nothing = std::ranges::all_of(counts, [](const Count& count) { return count.value == 0; });
  std::string out;
  for (const Count& count : counts) {
    if (count.value == 0 && !nothing) continue;
    out += fmt::format("{}{} {}", out.empty() ? "" : ", ", count.name, human_count(count.value));
  }
  return out;
}

}  // namespace etl::run
