#include "cli/completion/values.hpp"

#include <functional>
#include <set>

#include "base/project_id.hpp"
#include "config/fence_config.hpp"
#include "config/settings.hpp"
#include "config/user_yaml.hpp"
#include "s3/aws_files.hpp"

namespace etl::cli {
namespace {

using Names = std::set<std::string>;

/// Whatever is wrong with one source, the others still have names.
void attempt(const std::function<void()>& read) {
  try {
    read();
  } catch (const Error&) {  // no names there
  }
}

void name_projects(const config::Settings& settings, Names& names) {
  for (const config::StudyEntry& study : settings.studies()) names.insert(study.project.str());
  attempt([&] {
    for (const ProjectId& id : config::read_user_yaml(settings.require("user_yaml")).projects) names.insert(id.str());
  });
}

void name_buckets(const config::Settings& settings, Names& names) {
  for (const config::StudyEntry& study : settings.studies()) {
    if (study.bucket) names.insert(*study.bucket);
  }
  for (const char* key : {"files.bucket", "source.bucket"}) {
    if (const auto bucket = settings.get(key)) names.insert(bucket->text);
  }
  attempt([&] {
    const auto fence = config::read_fence_config(settings.require("fence_config"));
    for (const auto& [name, bucket] : fence.buckets) names.insert(name);
    if (fence.allowed) names.insert(fence.allowed->begin(), fence.allowed->end());
    if (!fence.upload_bucket.empty()) names.insert(fence.upload_bucket);
  });
}

/// A name that the scripts would split or expand is not offered.
bool is_plain(const std::string& name) {
  return !name.empty() && name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") ==
                              std::string::npos;
}

}  // namespace

std::vector<std::string> completion_values(Context& context, std::string_view kind) {
  Names names;
  const config::Settings& settings = context.settings;
  attempt([&] { context.settings.load(); });
  if (kind == "studies") {
    for (const config::StudyEntry& study : settings.studies()) names.insert(study.name);
  } else if (kind == "projects") {
    name_projects(settings, names);
  } else if (kind == "buckets") {
    name_buckets(settings, names);
  } else if (kind == "profiles") {
    attempt([&] {
      for (const std::string& name : s3::AwsFiles(config::process_environment()).names()) names.insert(name);
    });
  }
  std::erase_if(names, [](const std::string& name) { return !is_plain(name); });
  return {names.begin(), names.end()};
}

}  // namespace etl::cli
