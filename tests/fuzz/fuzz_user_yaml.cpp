// A commons' user.yaml, of which the projects are read.

#include "graph/projects_user_yaml.hpp"
#include "properties.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using etl::fuzz::require;
  std::vector<etl::ProjectId> projects;
  const auto refused = etl::fuzz::refusal_of(
      [&] { projects = etl::graph::parse_user_yaml(etl::fuzz::text_of(data, size), "user.yaml"); });
  if (refused) {
    require(refused->code == etl::ExitCode::invalid_input && refused->where.starts_with("user.yaml"), "another error");
    return 0;
  }
  require(!projects.empty() && projects.size() <= size, "more projects than bytes");
  for (const auto& project : projects) {
    require(etl::ProjectId::parse(project.str()) == project, "a project whose id is another's: " + project.str());
  }
  return 0;
}
