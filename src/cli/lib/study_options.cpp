#include "cli/lib/study_options.hpp"

#include "cli/lib/options.hpp"

namespace etl::cli {

namespace {

void add_path(CLI::App& app, std::string& path) {
  app.add_option("PATH", path, "the study: a folder (read with all folders below), a file, or - for stdin")->required();
}

void add_glob(CLI::App& app, std::string& glob) {
  app.add_option("--glob", glob, "only files whose name, or path below PATH, matches this pattern")
      ->type_name("PATTERN");
}

}  // namespace

void add_metadata_arguments(CLI::App& app, Context& context, std::string& path, std::string& glob) {
  add_path(app, path);
  add_glob(app, glob);
  add_exclude_option(app, context);
  add_setting_option(app, context, "graph.duplicates");
  add_setting_option(app, context, "limits.max_resource_mib");
  add_temp_dir_option(app, context);
}

void add_study_arguments(CLI::App& app, Context& context, StudyArguments& arguments) {
  add_path(app, arguments.path);
  add_dictionary_option(app, context);
  add_config_option(app, context);
  add_glob(app, arguments.glob);
  add_exclude_option(app, context);
  add_setting_option(app, context, "graph.duplicates");
  add_threads_option(app, context);
  add_temp_dir_option(app, context);
  add_setting_option(app, context, "limits.max_resource_mib");
}

void add_record_arguments(CLI::App& app, Context& context, StudyArguments& arguments) {
  add_transform_ids_option(app, context);
  app.add_flag("--no-validate", arguments.no_validate, "do not validate the resources against FHIR R5");
}

}  // namespace etl::cli
