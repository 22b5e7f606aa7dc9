#include "run/run_context.hpp"

#include "base/error.hpp"
#include "config/database.hpp"
#include "config/folder.hpp"
#include "files/services.hpp"

namespace etl::run {
namespace fs = std::filesystem;

fs::path RunContext::state_dir() const { return config::folder(settings_, "state_dir"); }

fs::path RunContext::study_folder(const config::StudyEntry& study) const {
  return config::folder(settings_, "folder.studies") / study.name;
}

std::string RunContext::present_folder(const config::StudyEntry& study) const {
  const fs::path folder = study_folder(study);
  std::error_code unreadable;
  if (!fs::is_directory(folder, unreadable)) {
    throw UsageError("the study does not exist on this machine", folder.string(),
                     settings_.get("source.bucket") ? "run `aced-etl studies pull`"
                                                    : "mount its folder there, or set source.bucket to pull it");
  }
  return folder.string();
}

simplify::StudySource RunContext::study_source(const config::StudyEntry& study) const {
  return simplify::study_source(settings_, present_folder(study), &study);
}

simplify::StudyOptions RunContext::study_options(const config::StudyEntry& study) {
  simplify::StudyArguments arguments;
  arguments.path = present_folder(study);
  arguments.study = &study;
  simplify::StudyOptions options = setup().options(settings_, arguments);
  options.stop = stop_;
  return options;
}

const simplify::StudySetup& RunContext::setup() {
  if (!setup_) setup_ = simplify::StudySetup::load(settings_);
  return *setup_;
}

gen3::Commons& RunContext::commons() {
  if (!commons_) commons_ = std::make_unique<gen3::Commons>(settings_, stop_, files::http_options(settings_));
  return *commons_;
}

search::Server& RunContext::search_server() {
  if (!search_server_) search_server_ = std::make_unique<search::Server>(search::server_address(settings_), stop_);
  return *search_server_;
}

graph::Connection RunContext::connect() const {
  graph::Connection connection(config::database_address(settings_));
  connection.stop_on(stop_);
  return connection;
}

}  // namespace etl::run
