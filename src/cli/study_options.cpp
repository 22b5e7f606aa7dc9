#include "cli/study_options.hpp"

#include "cli/options.hpp"

namespace etl::cli {

void add_study_arguments(CLI::App& app, Context& context, StudyArguments& arguments) {
  app.add_option("PATH", arguments.path, "the study: a folder (read with all folders below), a file, or - for stdin")
      ->required();
  add_dictionary_option(app, context);
  add_config_option(app, context);
  app.add_option("--glob", arguments.glob, "only files whose name, or path below PATH, matches this pattern")
      ->type_name("PATTERN");
  add_list_option(
      app, "--exclude", arguments.exclude,
      "leave out files and folders whose name, or path below PATH, matches one of these patterns (separated "
      "by commas, or the option again)")
      ->type_name("PATTERN[,PATTERN]");
  add_setting_option(app, context, "graph.duplicates");
  add_threads_option(app, context);
  add_temp_dir_option(app, context);
  add_setting_option(app, context, "limits.max_resource_mib");
}

void add_record_arguments(CLI::App& app, StudyArguments& arguments) {
  app.add_option("--transform-ids", arguments.seed,
                 "give every resource, and every reference to it, a UUID made of its id and this seed")
      ->type_name("SEED")
      ->each([&arguments](const std::string&) { arguments.transform_ids = true; });
  app.add_flag("--no-validate", arguments.no_validate, "do not hold the resources against FHIR R5");
}

}  // namespace etl::cli
