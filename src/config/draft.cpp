#include "config/draft.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "base/error.hpp"
#include "base/text.hpp"
#include "config/settings_listing.hpp"
#include "config/study_list.hpp"
#include "config/yaml_text.hpp"

namespace etl::config {
namespace {

/// A bucket's name has neither capitals nor '_'.
std::string as_in_buckets(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (c == '_') c = '-';
  }
  return text;
}

/// For a comment: one line of UTF-8, whatever the text.
std::string one_line(std::string_view text) {
  const std::string quoted = json_quote(text);
  return quoted.substr(1, quoted.size() - 2);
}

class Draft {
 public:
  explicit Draft(const DraftSource& source) : source_(source) {}

  std::string text() {
    head();
    studies();
    out_ += "\n# Everything else that can be set, with its default. Without the first '#' a line counts.\n\n";
    out_ += commented_settings(shared_program_.empty() ? std::vector<std::string_view>{}
                                                       : std::vector<std::string_view>{"program"});
    return std::move(out_);
  }

 private:
  void line(std::string_view text) {
    out_ += text;
    out_ += '\n';
  }

  void head() {
    line(
        "# etl.yaml: what aced-etl serves, and with which settings. `aced-etl config studies` and `aced-etl config "
        "show`");
    line(
        "# show how it is interpreted; `aced-etl config schema` prints its JSON schema. ${NAME} in a value is taken "
        "from");
    line("# the environment.");
    for (const std::string& note : source_.notes) line("# " + one_line(note));
    line("");
    const auto& projects = source_.projects;
    const auto other = [&](const ProjectId& id) { return id.program != projects.front().program; };
    if (!projects.empty() && std::ranges::none_of(projects, other) && sound_program(projects.front().program)) {
      shared_program_ = projects.front().program;
      line("# of the projects below that are given by their code");
      line("program: " + yaml_scalar(shared_program_));
      line("");
    }
  }

  static bool sound_program(const std::string& program) {
    return !program.empty() && program.find('-') == std::string::npos;
  }

  void studies() {
    line("# The studies that a run serves, in this order. Keys of a study:");
    for (const StudyKey& key : study_keys()) line(fmt::format("#   {:13} {}", key.name, key.help));
    if (!source_.buckets.empty()) line(fmt::format("# Buckets that take uploads: {}", list(source_.buckets)));
    line(source_.projects.empty() ? "studies: []" : "studies:");
    std::size_t written = 0;
    for (const ProjectId& project : source_.projects) {
      if (study(project)) ++written;
    }
    if (written == 0 && !source_.projects.empty()) line("  []");
    std::vector<std::string> rest;
    std::ranges::copy_if(source_.folders, std::back_inserter(rest), [&](const auto& f) { return !names_.contains(f); });
    if (!rest.empty()) line(fmt::format("# Folders that are no project's code: {}", list(rest)));
  }

  /// False when it stands in a comment.
  bool study(const ProjectId& project) {
    RawStudyEntry written{.name = {names_.contains(project.code) ? project.str() : project.code, ""},
                          .project = {},
                          .bucket = {},
                          .source = {},
                          .output = {},
                          .enabled = {},
                          .skip = {},
                          .exclude = {},
                          .transform_ids = {},
                          .origin = ""};
    // A code with '-' would be read as a whole id.
    const bool by_code = !shared_program_.empty() && project.code.find('-') == std::string::npos;
    written.project = Value{by_code ? project.code : project.str(), ""};
    BucketChoice choice = choose_bucket(project.code, source_.buckets);
    if (choice.bucket == source_.default_bucket) choice.bucket.clear();
    if (!choice.bucket.empty()) written.bucket = Value{choice.bucket, ""};
    try {
      if (names_.contains(written.name.text)) throw UsageError("two studies would have its name");
      const auto program = shared_program_.empty() ? std::nullopt : std::optional(Value{shared_program_, ""});
      static_cast<void>(resolve_studies({written}, program));
    } catch (const UsageError& error) {
      line(fmt::format("  # {}, left out: {}", one_line(project.str()), one_line(error.what())));
      return false;
    }
    names_.insert(written.name.text);
    const bool here = std::ranges::find(source_.folders, written.name.text) != source_.folders.end();
    line(fmt::format("  - name: {}{}", yaml_scalar(written.name.text), here ? "" : "  # no such folder here yet"));
    line(fmt::format("    project: {}", yaml_scalar(written.project->text)));
    bucket(choice);
    return true;
  }

  void bucket(const BucketChoice& choice) {
    if (!choice.bucket.empty()) {
      line(fmt::format("    bucket: {}", yaml_scalar(choice.bucket)));
      return;
    }
    const std::string which =
        source_.default_bucket.empty() ? "fence's default" : "the default, " + one_line(source_.default_bucket);
    if (choice.candidates.size() > 1) {
      line(fmt::format("    # bucket: {}; several have the code in their names: {}", which, list(choice.candidates)));
    } else {
      line(fmt::format("    # bucket: {}", which));
    }
  }

  static std::string list(const std::vector<std::string>& names) {
    return one_line(fmt::format("{}", fmt::join(names, ", ")));
  }

  const DraftSource& source_;
  std::string out_;
  std::string shared_program_;
  std::set<std::string> names_;
};

}  // namespace

BucketChoice choose_bucket(const std::string& code, const std::vector<std::string>& buckets) {
  BucketChoice choice;
  const std::string wanted = as_in_buckets(code);
  std::ranges::copy_if(buckets, std::back_inserter(choice.candidates), [&](const std::string& bucket) {
    return as_in_buckets(bucket).find(wanted) != std::string::npos;
  });
  if (choice.candidates.size() == 1) choice.bucket = choice.candidates.front();
  return choice;
}

std::string draft_etl_yaml(const DraftSource& source) { return Draft(source).text(); }

}  // namespace etl::config
