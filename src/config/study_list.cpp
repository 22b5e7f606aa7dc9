#include "config/study_list.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/error.hpp"
#include "config/flag_text.hpp"
#include "config/split_list.hpp"

namespace etl::config {
namespace {

constexpr std::array kStudyKeys = {
    StudyKey{"name", "TEXT", "the study's folder below the folder of studies", R"([^.$/\\][^/\\]*)"},
    StudyKey{"project", "TEXT", "a code of `program`, or a whole id, PROGRAM-CODE; default: the name as a code",
             R"([^\s/-][^\s/]*)"},
    StudyKey{"bucket", "TEXT", "where its files go; default: files.bucket, else fence's default",
             "[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"},
    StudyKey{"source", "TEXT",
             "prefix of its metadata below source.path in the source bucket; default: source.studies_prefix and the "
             "name",
             R"([^/\\][^\\]*)"},
    StudyKey{"output", "TEXT",
             "the folder below the output folder that its files come from; default: the whole output folder, except "
             "for what belongs to other studies",
             R"([^./\\][^\\]*)"},
    StudyKey{"enabled", "YES|NO", "whether a run serves it; default: yes", ""},
    StudyKey{"skip", "TEXT", "steps that a run leaves out for it: files, or graph,files", "[a-z]+(, *[a-z]+)*"},
    StudyKey{
        "exclude", "LIST",
        "patterns of names, or of paths below its folder, of files and folders that are not part of it: a list, or "
        "separated by commas",
        ""},
    StudyKey{"transform_ids", "TEXT",
             "seed of the UUIDs that replace its ids, in the graph and in indexd alike; default: the setting "
             "transform_ids",
             ""},
};

constexpr std::size_t kLongestName = 255;  // Linux's NAME_MAX

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

void check_name(const Value& name) {
  const std::string& text = name.text;
  const bool path = text.find_first_of("/\\") != std::string::npos;
  // Hidden folders are no studies; among them are `.`, `..` and the folder that a pull works in.
  if (path || text.starts_with('.') || text.size() > kLongestName || std::ranges::any_of(text, is_control)) {
    throw UsageError(fmt::format("`{}` is not the name of a study", text), name.origin,
                     "write a name such as Lung_Cancer, without a path");
  }
}

/// "Bucket naming rules" of Amazon S3.
void check_bucket(const Value& bucket) {
  const std::string& text = bucket.text;
  const auto letter_or_digit = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  const bool fits = text.size() >= 3 && text.size() <= 63 && letter_or_digit(text.front()) &&
                    letter_or_digit(text.back()) && text.find("..") == std::string::npos &&
                    std::ranges::all_of(text, [&](char c) { return letter_or_digit(c) || c == '.' || c == '-'; });
  if (!fits) {
    throw UsageError(fmt::format("`{}` is not the name of a bucket", text), bucket.origin,
                     "write 3 to 63 lower-case letters, digits, '.' and '-', without s3:// and path");
  }
}

void check_source(const Value& source) {
  std::string_view rest = source.text;
  if (rest.ends_with('/')) rest.remove_suffix(1);
  const bool odd = rest.find('\\') != std::string_view::npos || std::ranges::any_of(rest, is_control);
  for (bool more = !odd; more;) {
    const auto slash = rest.find('/');
    const auto part = rest.substr(0, slash);
    if (part.empty() || part == "." || part == "..") break;
    more = slash != std::string_view::npos;
    if (!more) return;
    rest.remove_prefix(slash + 1);
  }
  throw UsageError(fmt::format("`{}` is not a prefix of keys", source.text), source.origin,
                   "write it as studies/Lung_Cancer: below source.path, without s3://, bucket, '.' and '..'");
}

void check_output(const Value& output) {
  const std::string_view text = output.text;
  bool fits = !text.empty() && text.find('\\') == std::string_view::npos && std::ranges::none_of(text, is_control);
  for (std::size_t begin = 0; fits && begin <= text.size();) {
    const std::size_t end = std::min(text.find('/', begin), text.size());
    const auto part = text.substr(begin, end - begin);
    fits = !part.empty() && !part.starts_with('.') && part.size() <= kLongestName;
    begin = end + 1;
  }
  if (!fits) {
    throw UsageError(fmt::format("`{}` is not a folder below the output folder", text), output.origin,
                     "write it as raw/Lung_Cancer: a relative path without parts that begin with '.'");
  }
}

std::vector<std::string> words(const std::optional<Value>& value) {
  return value ? split_list(value->text) : std::vector<std::string>();
}

std::string program_of(const RawStudyEntry& study, const std::optional<Value>& program) {
  if (!program) {
    throw UsageError(fmt::format("the study `{}` names its project by code, but no program is set", study.name.text),
                     study.project ? study.project->origin : study.origin,
                     "write `program: aced` at the top of etl.yaml, or give `project` as PROGRAM-CODE");
  }
  if (program->text.find('-') != std::string::npos) {
    throw UsageError(fmt::format("`{}` is not a program", program->text), program->origin,
                     "write a program without '-': in a project id, the first '-' ends the program");
  }
  return program->text;
}

ProjectId project_of(const RawStudyEntry& study, const std::optional<Value>& program) {
  const bool whole = study.project && study.project->text.find('-') != std::string::npos;
  const std::string& code = study.project ? study.project->text : study.name.text;
  const std::string id = whole ? code : program_of(study, program) + "-" + code;
  try {
    return ProjectId::parse(id);
  } catch (const UsageError& error) {
    throw UsageError(
        error.what(), study.project ? study.project->origin : study.origin,
        study.project ? error.hint() : "set `project`: the name of this study cannot be the code of a project");
  }
}

}  // namespace

std::span<const StudyKey> study_keys() { return kStudyKeys; }

std::vector<StudyEntry> resolve_studies(const std::vector<RawStudyEntry>& studies,
                                        const std::optional<Value>& program) {
  std::vector<StudyEntry> entries;
  std::map<std::string, std::string> names;       // and where each is
  std::map<ProjectId, const StudyEntry*> served;  // by enabled studies
  entries.reserve(studies.size());                // so that pointers to entries hold
  for (const RawStudyEntry& study : studies) {
    check_name(study.name);
    if (study.bucket) check_bucket(*study.bucket);
    if (study.source) check_source(*study.source);
    if (study.output) check_output(*study.output);
    if (const auto [first, fresh] = names.emplace(study.name.text, study.origin); !fresh) {
      throw UsageError(fmt::format("the study `{}` is listed twice", study.name.text), study.name.origin,
                       fmt::format("remove one of the two; the other is at {}", first->second));
    }
    const auto text = [](const std::optional<Value>& value) {
      return value ? std::optional(value->text) : std::nullopt;
    };
    const StudyEntry& entry =
        entries.emplace_back(StudyEntry{.name = study.name.text,
                                        .project = project_of(study, program),
                                        .bucket = text(study.bucket),
                                        .source = text(study.source),
                                        .output = text(study.output),
                                        .enabled = !study.enabled || flag_value("enabled", *study.enabled),
                                        .skip = words(study.skip),
                                        .exclude = words(study.exclude),
                                        .transform_ids = text(study.transform_ids),
                                        .origin = study.origin});
    if (!entry.enabled) continue;
    if (const auto [first, fresh] = served.emplace(entry.project, &entry); !fresh) {
      throw UsageError(
          fmt::format("`{}` and `{}` have the same project, {}", first->second->name, entry.name, entry.project.str()),
          entry.origin,
          "a project holds one study, and a run of one would replace the other: disable one of them, or "
          "give it another project");
    }
  }
  return entries;
}

}  // namespace etl::config
