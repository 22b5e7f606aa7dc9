// A commons' user.yaml, of which the projects are read.

#include "config/user_yaml.hpp"
#include "properties.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using etl::fuzz::require;
  if (etl::fuzz::holds_secret(etl::fuzz::text_of(data, size))) return 0;  // names are shown
  etl::config::UserYaml yaml;
  const auto refused =
      etl::fuzz::refusal_of([&] { yaml = etl::config::parse_user_yaml(etl::fuzz::text_of(data, size), "user.yaml"); });
  if (refused) {
    require(refused->code == etl::ExitCode::invalid_input && refused->where.starts_with("user.yaml"), "another error");
    return 0;
  }
  require(!yaml.projects.empty(), "a user.yaml without projects was accepted");
  for (const auto& project : yaml.projects) {
    require(etl::ProjectId::parse(project.str()) == project, "a project whose id is another's: " + project.str());
    require(std::count(yaml.projects.begin(), yaml.projects.end(), project) == 1, "a project twice: " + project.str());
  }
  for (const std::string& warning : yaml.warnings) {
    require(warning.find("user.yaml:") != std::string::npos, "a warning without its line: " + warning);
  }
  return 0;
}
