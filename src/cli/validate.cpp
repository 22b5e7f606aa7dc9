#include <fmt/format.h>

#include <memory>
#include <optional>

#include "base/counted.hpp"
#include "base/log.hpp"
#include "base/progress.hpp"
#include "base/project_id.hpp"
#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/lib/describe.hpp"
#include "cli/lib/options.hpp"
#include "cli/lib/print.hpp"
#include "cli/lib/study_options.hpp"
#include "simplify/check_study.hpp"

namespace etl::cli {
namespace {

nlohmann::ordered_json as_json(const fhir::Issue& issue, bool warning) {
  return {{"severity", warning ? "warning" : "error"},
          {"kind", std::string(to_string(issue.kind))},
          {"file", issue.file},
          {"line", issue.line},
          {"path", issue.path},
          {"message", issue.message},
          {"count", issue.count}};
}

/// Issues as they come: lines for people, or the items of a JSON array. A study may have more of them than memory.
class Printer {
 public:
  explicit Printer(Output output) : output_(output) {
    if (output_ == Output::json) write_out("{\n\"issues\": [");
  }
  void issue(const fhir::Issue& issue, bool warning) {
    if (output_ == Output::table) {
      write_out(fmt::format("{}{}\n", warning ? "warning: " : "", printable(issue.text())));
      return;
    }
    if (output_ == Output::yaml) {
      write_out((first_ ? "issues:\n" : "") +
                document_text(output_, nlohmann::ordered_json::array({as_json(issue, warning)})));
    } else {
      write_out((first_ ? "\n" : ",\n") +
                as_json(issue, warning).dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
    }
    first_ = false;
  }
  /// Ends the document where the study could not be read to its end.
  void failure(const Error& error) {
    if (output_ == Output::table || !has_written()) return;
    end({{"error", error.what()}, {"exit", static_cast<int>(error.code())}});
  }
  void summary(const simplify::StudyResult& result, const simplify::IssueReport& report) {
    if (output_ == Output::table) {
      table(report);
      return;
    }
    nlohmann::ordered_json kinds = nlohmann::ordered_json::object();
    for (std::size_t k = 0; k < fhir::issue_kinds; ++k) {
      const auto kind = static_cast<fhir::IssueKind>(k);
      if (report.count(kind) > 0) kinds[std::string(to_string(kind))] = report.count(kind);
    }
    const nlohmann::ordered_json summary{{"resources", result.tally.resources},   {"valid", result.tally.records},
                                         {"invalid", result.tally.rejected},      {"errors", report.errors()},
                                         {"warnings", report.warnings()},         {"kinds", kinds},
                                         {"deletions", result.deletions},         {"deleted", result.tally.deleted},
                                         {"superseded", result.tally.superseded}, {"outcomes", result.tally.outcomes}};
    end({{"summary", summary}});
  }

 private:
  /// The members after the list of issues.
  void end(const nlohmann::ordered_json& members) {
    if (output_ == Output::yaml) {
      write_out((first_ ? "issues: []\n" : "") + document_text(output_, members));
      return;
    }
    std::string text = "\n]";
    for (const auto& [name, value] : members.items()) {
      text += fmt::format(",\n\"{}\": {}", name,
                          value.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
    }
    write_out(text + "\n}\n");
  }
  void table(const simplify::IssueReport& report) const {
    Table kinds({"kind", "severity", number("count")});
    for (std::size_t k = 0; k < fhir::issue_kinds; ++k) {
      const auto kind = static_cast<fhir::IssueKind>(k);
      if (report.count(kind) == 0) continue;
      kinds.row({std::string(to_string(kind)), report.is_warning(kind) ? "warning" : "error",
                 std::to_string(report.count(kind))});
    }
    if (!kinds.empty()) write_out("\n" + kinds.text(Output::table));
  }

  Output output_;
  bool first_ = true;
};

void run(Context& context, const StudyArguments& arguments, bool dangling_is_warning) {
  const StudySetup setup = StudySetup::load(context.settings);
  Printer printer(context.output);
  simplify::IssueReport report([&](const fhir::Issue& issue, bool warning) { printer.issue(issue, warning); },
                               dangling_is_warning);
  Progress progress("validating", std::nullopt);
  const simplify::StudyResult result = [&] {
    try {
      return simplify::check_study(setup.options(context.settings, arguments), report,
                                   [&](std::uint64_t bytes) { progress.add(bytes); });
    } catch (const Error& error) {
      printer.failure(error);
      throw;
    }
  }();
  printer.summary(result, report);
  simplify::require_resources(result, report, arguments.path);
  const std::string left_out = result.left_out();
  if (result.deletions > 0 || !left_out.empty()) {
    const std::string deletions =
        result.deletions == 0 ? "" : fmt::format("{} in the study", counted(result.deletions, "deletion"));
    log::info("{}{}{}", deletions, deletions.empty() || left_out.empty() ? "" : "; ", left_out);
  }
  log::info("{}, {} of them valid; {}", counted(result.tally.resources, "resource"), human_count(result.tally.records),
            simplify::in_words(report));
  if (report.errors() > 0) context.exit = ExitCode::invalid_input;
}

}  // namespace

void add_validate(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("validate");
  describe(
      *command,
      {.summary = "validate a study's metadata against FHIR R5",
       .text =
           "Checks every resource of a study: JSON and UTF-8, known elements, JSON types, cardinality, the formats of "
           "primitives, choices, companions of primitives, extensions, narratives, contained resources, nested "
           "elements, ids and references; what PostgreSQL cannot store; and the study as a whole: ids that name "
           "two different resources, and dangling references. Every issue is printed with file:line, its "
           "place in the resource, and what was expected.\n\n"
           "Warnings do not make a study invalid: codes outside a required binding (R4 codes, mostly), references to "
           "types that the element's definition does not allow or the dictionary does not link to, references that "
           "cannot become an edge, extensions that the record has no place for, the same resource twice. They are "
           "counted, with the first place.",
       .examples = {{"aced-etl validate ~/studies/Lung_Cancer", "all issues, and a summary by kind"},
                    {"aced-etl validate -o json STUDY | jq .summary", "for a script"}}});
  auto arguments = std::make_shared<StudyArguments>();
  auto dangling = std::make_shared<std::optional<std::string>>();
  add_study_arguments(*command, context, *arguments);
  command
      ->add_option("--dangling", *dangling,
                   "treat dangling references as errors or as warnings [default: etl.yaml's graph.dangling, where skip "
                   "means warning; else error]")
      ->check(one_of("--dangling", {"error", "warning"}));
  command
      ->add_option_function<std::string>(
          "--project", [arguments](const std::string& id) { arguments->project = ProjectId::parse(id); },
          "the project that the study will be loaded into: its id is part of unique keys, whose "
          "length is limited [default: the project of etl.yaml's study whose folder PATH is]")
      ->type_name("PROGRAM-CODE");
  command->callback([&context, arguments, dangling] {
    const bool warning = *dangling ? **dangling == "warning" : context.settings.choice("graph.dangling") == "skip";
    run(context, *arguments, warning);
  });
}

}  // namespace etl::cli
