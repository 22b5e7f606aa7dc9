#include "run/request.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.hpp"
#include "base/suggestion.hpp"

namespace etl::run {

void check_skipped(const std::vector<config::StudyEntry>& studies) {
  const auto steps = step_names();
  for (const auto& study : studies) {
    for (const std::string& name : study.skip) {
      if (std::ranges::find(steps, name) != steps.end()) continue;
      throw UsageError(fmt::format("`skip` of the study `{}` contains `{}`, which is not a step", study.name, name),
                       study.origin,
                       did_you_mean(name, steps, fmt::format("the steps are {}", fmt::join(steps, ", "))));
    }
  }
}

std::string RunRequest::name() const {
  const auto sorted = [](std::vector<std::string> list, const char* between) {
    std::ranges::sort(list);
    return fmt::format("{}", fmt::join(list, between));
  };
  std::string name = all ? "all" : sorted(studies, "\n");
  if (!only.empty()) name += "\n--only " + sorted(only, ",");
  if (!skip.empty()) name += "\n--skip " + sorted(skip, ",");
  return name;
}

std::vector<config::StudyEntry> chosen_studies(const config::Settings& settings, const RunRequest& request) {
  if (request.all && !request.studies.empty()) {
    throw UsageError(fmt::format("both --all and the name of a study are given: {}", fmt::join(request.studies, ", ")),
                     {}, "pass --all for every study that etl.yaml enables, or only the names");
  }
  if (!request.all && request.studies.empty()) {
    throw UsageError("no study is named", {}, "name studies, or pass --all for every study that etl.yaml enables");
  }
  const auto& known = settings.studies();
  const auto file = settings.get("etl_yaml");
  if (known.empty()) {
    if (file) throw UsageError("etl.yaml lists no studies", file->text, "add them under `studies:`");
    if (const std::string& unused = settings.unused_file(); !unused.empty()) {
      throw UsageError("no study can be loaded: " + unused, {},
                       "pass --etl-yaml etl.yaml if that file is yours, or run from another folder");
    }
    throw UsageError("no study can be loaded: there is no etl.yaml", {},
                     "`aced-etl config init` writes one; --etl-yaml names one in another folder");
  }
  check_skipped(known);
  std::vector<config::StudyEntry> chosen;
  if (request.all) {
    std::ranges::copy_if(known, std::back_inserter(chosen), &config::StudyEntry::enabled);
    if (chosen.empty()) log::warn("etl.yaml enables no study");
    return chosen;
  }
  for (const std::string& name : request.studies) {
    const auto found = std::ranges::find(known, name, &config::StudyEntry::name);
    if (found == known.end()) {
      std::vector<std::string> names;
      names.reserve(known.size());
      for (const auto& study : known) names.push_back(study.name);
      throw UsageError(fmt::format("etl.yaml lists no study `{}`", name), file ? file->text : std::string(),
                       did_you_mean(name, names, fmt::format("it lists {}", fmt::join(names, ", "))));
    }
    if (std::ranges::find(chosen, name, &config::StudyEntry::name) == chosen.end()) chosen.push_back(*found);
  }
  return chosen;
}

std::vector<std::unique_ptr<Step>> chosen_steps(RunContext& context, const RunRequest& request) {
  auto steps = all_steps(context);
  const auto names = [](const std::vector<std::string>& list, std::string_view name) {
    return std::ranges::find(list, name) != list.end();
  };
  std::erase_if(steps, [&](const auto& step) {
    return (!request.only.empty() && !names(request.only, step->name())) || names(request.skip, step->name());
  });
  if (steps.empty())
    throw UsageError("no step is left to do: --skip leaves out all that --only names", {}, "name other steps");
  return steps;
}

}  // namespace etl::run
