#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <optional>
#include <string>

#include "cli/context.hpp"
#include "dictionary/dictionary.hpp"
#include "simplify/fault_report.hpp"
#include "simplify/study.hpp"

namespace etl::cli {

/// What every command that reads a study's metadata can be told.
struct StudyArguments {
  std::string path;
  std::string glob;
  std::string seed;  ///< --transform-ids
  bool transform_ids = false;
  bool no_validate = false;
  std::uint64_t max_resource_mib = 64;
};

/// The argument PATH and the options that go with it: --dictionary, --config, --glob, --threads, --temp-dir, …
void add_study_arguments(CLI::App& app, Context& context, StudyArguments& arguments);
/// --transform-ids, --no-validate
void add_record_arguments(CLI::App& app, StudyArguments& arguments);

/// The dictionary, the configuration and what they make of each other; must outlive the reading.
struct StudySetup {
  std::optional<dictionary::Dictionary> dictionary;
  std::unique_ptr<simplify::Plans> plans;
  std::optional<simplify::IdTransform> ids;

  /// Without a dictionary every FHIR type counts as a node, which is said.
  [[nodiscard]] static StudySetup load(const Context& context, const StudyArguments& arguments);
  [[nodiscard]] simplify::StudyOptions options(const Context& context, const StudyArguments& arguments) const;
};

/// One fault on stderr, errors and warnings alike.
void log_fault(const fhir::Fault& fault, bool warning);

/// `3 faults: 2 format, 1 dangling; 7 warnings: 7 binding`
[[nodiscard]] std::string in_words(const simplify::FaultReport& report);

}  // namespace etl::cli
