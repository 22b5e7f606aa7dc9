#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/settings.hpp"
#include "config/study_entry.hpp"

/// The section `studies` of etl.yaml.
///
///     program: aced
///     studies:
///       - name: Lung_Cancer           # its folder below ~/studies; all else has a default
///         project: Lung_Cancer        # a code of `program`, or a whole id: aced-Lung_Cancer
///         bucket: aced-ucl-staging
///         source: studies/Lung_Cancer
///         output: raw/lung            # below ~/output: its files come from this folder alone
///         enabled: true
///         skip: files                 # steps that a run leaves out for it
///         exclude: [drafts, "*.bak.ndjson"]  # files and folders that are not part of it
///         transform_ids: lung-2026    # the seed of the UUIDs that replace its ids
namespace etl::config {

/// One key of a study; etl.yaml's reader and the schema go by this table.
struct StudyKey {
  std::string_view name;
  std::string_view type;  ///< as Key::type
  std::string_view help;
  std::string_view pattern;  ///< for the schema: what the value looks like, as a regular expression
};
[[nodiscard]] std::span<const StudyKey> study_keys();

/// A study as it is written. Values are expanded and not empty; none of a key that is not there, but `name`, which is.
struct RawStudyEntry {
  Value name;
  std::optional<Value> project;
  std::optional<Value> bucket;
  std::optional<Value> source;
  std::optional<Value> output;
  std::optional<Value> enabled;
  std::optional<Value> skip;
  std::optional<Value> exclude;
  std::optional<Value> transform_ids;
  std::string origin;
};

/// Checks the list as a whole and makes projects of it, in its order. UsageError with file:line for a name that is a
/// path or comes twice, a code without a `program`, a project that two enabled studies have, and for values that are
/// no project, bucket, prefix, folder or yes/no.
[[nodiscard]] std::vector<StudyEntry> resolve_studies(const std::vector<RawStudyEntry>& studies,
                                                      const std::optional<Value>& program);

}  // namespace etl::config
