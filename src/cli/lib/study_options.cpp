#include "cli/lib/study_options.hpp"

#include "cli/lib/options.hpp"

namespace etl::cli {

void add_study_arguments(CLI::App& app, Context& context, StudyArguments& arguments) {
  app.add_option("PATH", arguments.path, "the study: a folder (read with all folders below), a file, or - for stdin")
      ->required();
  add_dictionary_option(app, context);
  add_config_option(app, context);
  app.add_option("--glob", arguments.glob, "only files whose name, or path below PATH, matches this pattern")
      ->type_name("PATTERN");
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
