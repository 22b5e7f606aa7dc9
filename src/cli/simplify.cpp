#include <fmt/format.h>

#include <chrono>
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
#include "simplify/record_output.hpp"

namespace etl::cli {
namespace {

struct SimplifyArguments {
  StudyArguments study;
  std::string out;
  std::string dialect = "PFB";
  std::string reject_file;
};

/// Of references that lead nowhere only so many are told here: `validate` lists them all.
constexpr std::uint64_t most_dangling_told = 10;

/// The records would take the place of what they are made of.
void refuse_own_input(const std::string& path, const std::string& out) {
  namespace fs = std::filesystem;
  if (path == "-" || out == "-") return;
  std::error_code error;
  const bool is_folder = fs::is_directory(path, error);
  if (!is_folder && fs::path(path).extension() != ".ndjson") return;
  const fs::path folder = is_folder ? fs::path(path) : fs::absolute(path, error).parent_path();
  if (fs::equivalent(folder, out, error)) {
    throw UsageError("the output folder is the folder of the study", out,
                     "name another folder; one below the study's folder is not read as part of the study");
  }
}

void run(Context& context, const SimplifyArguments& arguments) {
  if (arguments.out == "-") set_error_output(Output::table);  // stdout is for records alone
  refuse_own_input(arguments.study.path, arguments.out);
  const StudySetup setup = StudySetup::load(context.settings);
  simplify::StudyOptions options = setup.options(context.settings, arguments.study);
  if (arguments.out != "-") options.selection.skip_folder = arguments.out;
  options.document_keys = arguments.dialect != "FHIR";

  std::uint64_t dangling = 0;
  simplify::IssueReport report(
      [&](const fhir::Issue& issue, bool warning) {
        if (issue.kind != fhir::IssueKind::dangling || ++dangling <= most_dangling_told)
          simplify::log_issue(issue, warning);
      },
      true);
  std::optional<simplify::RejectFile> rejects;
  if (!arguments.reject_file.empty()) rejects.emplace(arguments.reject_file);

  Progress progress("simplifying", std::nullopt);
  simplify::RecordOutput output(arguments.out,
                                arguments.dialect == "FHIR" ? simplify::Dialect::fhir : simplify::Dialect::pfb,
                                rejects ? &*rejects : nullptr, [&](std::uint64_t bytes) { progress.add(bytes); });
  const simplify::StudyResult result = simplify::read_study(options, output, report);
  if (dangling > most_dangling_told) {
    log::warn("{} more references are dangling; `aced-etl validate` lists them all",
              human_count(dangling - most_dangling_told));
  }
  if (result.tally.resources == 0 && result.deletions == 0 && report.errors() == 0) {
    throw InputError("the study contains no resources", arguments.study.path,
                     "name the folder that holds the study's metadata");
  }
  const bool takes_out = !result.duplicates.empty() && rejects && arguments.out != "-";
  if (takes_out) {
    auto duplicates = result.duplicates;
    for (auto& duplicate : duplicates) {
      const std::size_t id = duplicate.id.find('/') + 1;
      if (options.ids) duplicate.id.replace(id, std::string::npos, (*options.ids)(duplicate.id.substr(id)));
    }
    output.take_out(duplicates, result.files);
  }
  const std::uint64_t taken_out = takes_out ? result.duplicates.size() : 0;
  const std::uint64_t set_aside = rejects ? result.tally.rejected + taken_out : 0;

  const std::string left_out = result.left_out().empty() ? "" : ", " + result.left_out();
  const std::string summary =
      fmt::format("{} in, {} out, {} set aside{}; {}", counted(result.tally.resources, "resource"),
                  counted(result.tally.records - taken_out, "record"), human_count(set_aside), left_out,
                  simplify::in_words(report));
  if (report.errors() > 0 && (!rejects || (arguments.out == "-" && !result.duplicates.empty()))) {
    throw InputError(
        fmt::format("the study is not valid: {}", simplify::in_words(report)), arguments.study.path,
        arguments.out == "-"
            ? "correct the study; the records written so far are those of the valid resources"
            : "correct the study, or set the faulty resources aside with --reject-file FILE; nothing was written");
  }
  output.commit();
  if (rejects) rejects->commit();
  if (context.output != Output::table && arguments.out != "-") {
    print_result(context, {{"resources", result.tally.resources},
                           {"records", result.tally.records - taken_out},
                           {"set_aside", set_aside},
                           {"errors", report.errors()},
                           {"warnings", report.warnings()}});
  }
  log::info("{}", summary);
  if (report.errors() > 0) {
    context.exit = ExitCode::invalid_input;
    log::warn("{} set aside in {}", counted(set_aside, "resource"), arguments.reject_file);
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
