#include "run/step.hpp"

#include <fmt/format.h>

#include <array>

#include "run/discovery_step.hpp"
#include "run/fhir_step.hpp"
#include "run/files_step.hpp"
#include "run/graph_step.hpp"
#include "run/projects_step.hpp"
#include "run/pull_step.hpp"
#include "run/search_step.hpp"
#include "run/validate_step.hpp"

namespace etl::run {
namespace {

template <typename S>
std::unique_ptr<Step> make(RunContext& context) {
  return std::make_unique<S>(context);
}

struct Kind {
  std::string_view name;
  std::unique_ptr<Step> (*make)(RunContext&);
};

constexpr std::array kinds{
    Kind{PullStep::kName, make<PullStep>},         Kind{ValidateStep::kName, make<ValidateStep>},
    Kind{ProjectsStep::kName, make<ProjectsStep>}, Kind{GraphStep::kName, make<GraphStep>},
    Kind{FilesStep::kName, make<FilesStep>},       Kind{SearchStep::kName, make<SearchStep>},
    Kind{FhirStep::kName, make<FhirStep>},         Kind{DiscoveryStep::kName, make<DiscoveryStep>},
};

}  // namespace

std::optional<std::string> Step::disabled() const {
  const std::string key = fmt::format("destinations.{}", name());
  if (context_.settings().flag(key)) return std::nullopt;
  return fmt::format("{} is no ({})", key, context_.settings().get(key)->origin);
}

std::vector<std::unique_ptr<Step>> all_steps(RunContext& context) {
  std::vector<std::unique_ptr<Step>> steps;
  steps.reserve(kinds.size());
  for (const Kind& kind : kinds) steps.push_back(kind.make(context));
  return steps;
}

std::vector<std::string> step_names() {
  std::vector<std::string> names;
  names.reserve(kinds.size());
  for (const Kind& kind : kinds) names.emplace_back(kind.name);
  return names;
}

}  // namespace etl::run
