#include "run/summary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <string_view>

#include "base/ascii.hpp"
#include "base/counted.hpp"
#include "base/text.hpp"

namespace etl::run {
namespace {

/// Replaces every whole-word occurrence of a name.
void blank_out(std::string& text, std::string_view name) {
  const auto is_part = [](char c) { return is_ascii_alphanumeric(c) || c == '_'; };
  for (std::size_t at = text.find(name); !name.empty() && at != std::string::npos; at = text.find(name, at)) {
    const std::size_t end = at + name.size();
    if ((at > 0 && is_part(text[at - 1])) || (end < text.size() && is_part(text[end]))) {
      at = end;
      continue;
    }
    text.replace(at, name.size(), "*");
    ++at;
  }
}

/// A count of a step as the summary names it: "{} inserted", or for bytes what stands behind the count before it.
struct Part {
  std::string_view step;
  std::string_view count;
  std::string_view done;     ///< in front of the number
  std::string_view planned;  ///< the same in a dry run
  std::string_view noun;     ///< singular; empty: no noun
  std::string_view after;    ///< behind it
  bool changes = true;       ///< a number above 0 means that the study changed
};

constexpr std::array parts{
    Part{"pull", "files", "pulled", "would pull", "file", ""},
    Part{"pull", "removed", "removed", "would remove", "pulled file", ""},
    Part{"validate", "errors", "", "", "issue", "found", false},
    Part{"projects", "created", "created", "would create", "program or project", ""},
    Part{"graph", "inserted", "inserted", "would insert", "row", ""},
    Part{"graph", "updated", "updated", "would update", "row", ""},
    Part{"graph", "removed", "removed", "would remove", "row", ""},
    Part{"files", "files", "sent", "would send", "file", ""},
    Part{"files", "replaced", "replaced", "would replace", "file record", ""},
    Part{"files", "failed", "", "", "file", "failed", false},
    Part{"search", "documents", "loaded", "would load", "search document", ""},
    Part{"fhir", "resources", "put", "would put", "resource", "into the FHIR store"},
    Part{"discovery", "records", "wrote", "would write", "discovery record", ""},
};

std::uint64_t value_of(const StepReport& report, std::string_view name) {
  const auto found = std::ranges::find(report.counts, name, &Count::name);
  return found == report.counts.end() ? 0 : found->value;
}

std::uint64_t sum_of(const std::vector<StudyReport>& studies, std::string_view step, std::string_view count) {
  std::uint64_t sum = 0;
  for (const StudyReport& study : studies) {
    for (const StepLine& line : study.steps) {
      if (line.step == step) sum += value_of(line.report, count);
    }
  }
  return sum;
}

/// Steps that are `done` only when they changed something, even if they count nothing: a study may have lost all that
/// they had.
constexpr std::array<std::string_view, 3> kChangeWhenDone{"search", "fhir", "discovery"};

bool changed(const StudyReport& study) {
  return std::ranges::any_of(study.steps, [](const StepLine& line) {
    const bool ended_well = line.report.outcome == Outcome::done || line.report.outcome == Outcome::planned;
    if (ended_well && std::ranges::find(kChangeWhenDone, line.step) != kChangeWhenDone.end()) return true;
    return std::ranges::any_of(parts, [&](const Part& part) {
      return part.changes && part.step == line.step && value_of(line.report, part.count) > 0;
    });
  });
}

/// Steps that a dry run could not look at, because an earlier step would first have to bring something.
bool not_known(const StudyReport& study) {
  return std::ranges::any_of(study.steps, [](const StepLine& line) { return line.report.not_known; });
}

/// "program or project" counts as one noun with two plurals.
std::string counted_noun(std::uint64_t count, std::string_view noun) {
  if (noun == "program or project") {
    return fmt::format("{} {}", human_count(count), count == 1 ? "program or project" : "programs and projects");
  }
  return counted(count, noun);
}

std::vector<std::string> what_happened(const std::vector<StudyReport>& studies, bool dry_run) {
  std::vector<std::string> out;
  for (const Part& part : parts) {
    const std::uint64_t sum = sum_of(studies, part.step, part.count);
    if (sum == 0) continue;
    const std::string_view verb = dry_run ? part.planned : part.done;
    std::string text = fmt::format("{}{}{}", verb, verb.empty() ? "" : " ", counted_noun(sum, part.noun));
    if (part.count == "files") text += fmt::format(" ({})", human_bytes(sum_of(studies, part.step, "bytes")));
    if (!part.after.empty()) text += fmt::format(" {}", part.after);
    out.push_back(std::move(text));
  }
  return out;
}

}  // namespace

std::string cause_key(const StudyReport& study, std::string_view step, const StepReport& report) {
  // The issues of a study and the files that failed are its own, however alike their numbers look.
  const bool own = report.exit == ExitCode::invalid_input || report.exit == ExitCode::partial;
  if (own) return fmt::format("{}\n{}\n{}", step, static_cast<int>(report.exit), study.study);
  std::string reason = report.reason;
  blank_out(reason, study.project.str());
  blank_out(reason, study.study);
  return fmt::format("{}\n{}\n{}", step, static_cast<int>(report.exit), reason);
}

std::vector<Cause> causes_of(const std::vector<StudyReport>& studies) {
  std::vector<Cause> causes;
  std::map<std::string, std::size_t> places;
  for (const StudyReport& study : studies) {
    for (const StepLine& line : study.steps) {
      if (line.report.outcome != Outcome::failed) continue;
      const std::string& key = line.cause;
      const auto [place, is_new] = places.try_emplace(key, causes.size());
      if (is_new) causes.push_back({line.step, line.report.exit, line.report.reason, line.report.advice, {}});
      causes[place->second].studies.push_back(study.study);
    }
  }
  return causes;
}

std::string summary(const std::vector<StudyReport>& studies, bool dry_run) {
  std::array<std::uint64_t, 4> numbers{};
  std::uint64_t unknown = 0;
  for (const StudyReport& study : studies) {
    const Outcome outcome = study.outcome();
    ++numbers.at(outcome == Outcome::failed ? 2 : outcome == Outcome::stopped ? 3 : changed(study) ? 0 : 1);
    if (not_known(study)) ++unknown;
  }
  const std::array names{dry_run ? "would change" : "changed", "unchanged", "failed", "not finished"};
  std::vector<std::string> states;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if (numbers.at(i) > 0) states.push_back(fmt::format("{} {}", numbers.at(i), names.at(i)));
  }
  std::string text = counted(studies.size(), "study");
  if (!states.empty()) text += fmt::format(": {}", fmt::join(states, ", "));
  const auto happened = what_happened(studies, dry_run);
  text += happened.empty() ? (dry_run ? "; nothing would change" : "; nothing changed")
                           : fmt::format("; {}", fmt::join(happened, ", "));
  if (unknown > 0) {
    text += fmt::format("; for {} the later steps are known only after the pull", counted(unknown, "study"));
  }
  return text;
}

}  // namespace etl::run
