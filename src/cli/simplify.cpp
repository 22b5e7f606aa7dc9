#include <fmt/format.h>

#include <memory>

#include "base/counted.hpp"
#include "base/log.hpp"
#include "base/progress.hpp"
#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/lib/describe.hpp"
#include "cli/lib/errors.hpp"
#include "cli/lib/options.hpp"
#include "cli/lib/print.hpp"
#include "cli/lib/study_options.hpp"
#include "simplify/simplify_study.hpp"

namespace etl::cli {
namespace {

struct SimplifyArguments {
  StudyArguments study;
  std::string out;
  std::string dialect = "PFB";
  std::string reject_file;
};

/// Of dangling references only so many are logged here: `validate` lists them all.
constexpr std::uint64_t most_dangling_logged = 10;

/// Logs the issues of a study.
class IssueLog {
 public:
  void log(const fhir::Issue& issue, bool warning) {
    if (issue.kind != fhir::IssueKind::dangling || ++dangling_ <= most_dangling_logged)
      simplify::log_issue(issue, warning);
  }
  void finish() const {
    if (dangling_ <= most_dangling_logged) return;
    log::warn("{} more references are dangling; `aced-etl validate` lists them all",
              human_count(dangling_ - most_dangling_logged));
  }

 private:
  std::uint64_t dangling_ = 0;
};

void run(Context& context, const SimplifyArguments& arguments) {
  if (arguments.out == "-") set_error_output(Output::table);  // stdout is for records alone
  simplify::refuse_own_input(arguments.study.path, arguments.out);
  const StudySetup setup = StudySetup::load(context.settings);
  const simplify::SimplifyRequest request{
      .study = setup.options(context.settings, arguments.study),
      .out = arguments.out,
      .dialect = arguments.dialect == "FHIR" ? simplify::Dialect::fhir : simplify::Dialect::pfb,
      .reject_file = arguments.reject_file};
  IssueLog issues;
  simplify::IssueReport report([&](const fhir::Issue& issue, bool warning) { issues.log(issue, warning); }, true);
  simplify::SimplifyReport result;
  {
    Progress progress("simplifying", std::nullopt);
    try {
      result = simplify::simplify_study(request, report, [&](std::uint64_t bytes) { progress.add(bytes); });
    } catch (const Error&) {
      issues.finish();
      throw;
    }
  }
  issues.finish();
  if (context.output != Output::table && arguments.out != "-") {
    print_result(context, {{"resources", result.resources},
                           {"records", result.records},
                           {"set_aside", result.set_aside},
                           {"errors", report.errors()},
                           {"warnings", report.warnings()}});
  }
  log::info("{} in, {} out, {} set aside{}{}; {}", counted(result.resources, "resource"),
            counted(result.records, "record"), human_count(result.set_aside), result.left_out.empty() ? "" : ", ",
            result.left_out, simplify::in_words(report));
  if (report.errors() > 0) {
    context.exit = ExitCode::invalid_input;
    log::warn("{} set aside in {}", counted(result.set_aside, "resource"), arguments.reject_file);
  }
}

}  // namespace

void add_simplify(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("simplify");
  describe(
      *command,
      {.summary = "make graph records of FHIR R5 resources",
       .text =
           "Reads a study's FHIR R5 metadata (NDJSON, single resources or Bundles, plain or gzip) and writes one "
           "flat record per resource: OUT/<Type>.ndjson, one JSON object a line with id, name, relations and "
           "object. With PATH and OUT both -, one resource a line comes in on stdin and one record a line goes "
           "out on stdout.\n\n"
           "Validates every resource against FHIR R5. If one is not valid, all issues are reported with "
           "file, line and element, nothing is written to OUT, and the exit code is 3. With --reject-file the faulty "
           "ones are set aside there with their reasons, the others are written, and the exit code is still 3.",
       .examples = {{"aced-etl simplify ~/studies/Lung_Cancer extractions", "all types, one file each"},
                    {"zcat Patient.ndjson.gz | aced-etl simplify - -", "as a filter"},
                    {"aced-etl simplify IN OUT --reject-file rejected.ndjson", "go on where some are faulty"}}});
  auto arguments = std::make_shared<SimplifyArguments>();
  add_study_arguments(*command, context, arguments->study);
  command->add_option("OUT", arguments->out, "folder for the records, made where it is not there; or - for stdout")
      ->required();
  command
      ->add_option("--dialect", arguments->dialect,
                   "PFB: whole records; FHIR: their flat objects alone, without the keys of files that "
                   "PFB adds to a DocumentReference [default: PFB]")
      ->check(one_of("--dialect", {"PFB", "FHIR"}));
  add_record_arguments(*command, context, arguments->study);
  command
      ->add_option("--reject-file", arguments->reject_file, "set faulty resources aside in this NDJSON file and go on")
      ->type_name("FILE");
  command->callback([&context, arguments] { run(context, *arguments); });
}

}  // namespace etl::cli
