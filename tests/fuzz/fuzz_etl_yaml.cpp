// The settings file, etl.yaml, and the values that are written into one.

#include "config/etl_yaml.hpp"

#include <map>

#include "config/yaml_text.hpp"
#include "properties.hpp"

namespace {

using namespace etl;
using fuzz::require;

const std::map<std::string, std::string, std::less<>> kVariables{
    {"SECRET", std::string(fuzz::kSecret)},
    {"DATABASE_URL", "postgresql://user:" + std::string(fuzz::kSecret) + "@db.example.org/graph"},
    {"HOST", "db.example.org"},
    {"EMPTY", ""}};

const config::Environment kEnvironment = [](std::string_view name) -> std::optional<std::string> {
  const auto found = kVariables.find(name);
  return found == kVariables.end() ? std::nullopt : std::optional(found->second);
};

bool is_secret(const std::string& key) { return config::find_key(key) != nullptr && config::find_key(key)->secret; }

config::EtlYaml read(const fuzz::MemoryFile& file, std::string_view text) {
  file.set(text);
  return config::read_etl_yaml(file.path(), kEnvironment);
}

/// A value as it stands in the file; a secret is the variable that holds it.
std::string scalar_of(const config::Entry& entry) {
  if (!is_secret(entry.key)) return config::yaml_scalar(entry.value);
  for (const auto& [name, value] : kVariables) {
    if (value == entry.value) return "${" + name + '}';
  }
  throw std::logic_error("a secret that comes from no variable");
}

/// What was read, as a file with the same content.
std::string written(const config::EtlYaml& yaml) {
  std::string out;
  for (const auto& entry : yaml.entries) out += entry.key + ": " + scalar_of(entry) + '\n';
  if (!yaml.studies.empty()) out += "studies:\n";
  for (const auto& study : yaml.studies) {
    out += "- name: " + config::yaml_scalar(study.name.text) + '\n';
    for (const auto& [key, value] :
         {std::pair{"project", &study.project}, std::pair{"bucket", &study.bucket}, std::pair{"source", &study.source},
          std::pair{"enabled", &study.enabled}, std::pair{"skip", &study.skip}}) {
      if (*value) out += "  " + std::string(key) + ": " + config::yaml_scalar((*value)->text) + '\n';
    }
  }
  return out;
}

void means_the_same(const fuzz::MemoryFile& file, const config::EtlYaml& yaml) {
  const std::string text = written(yaml);
  if (!fuzz::is_utf8(text)) return;
  config::EtlYaml again;
  const auto refused = fuzz::refusal_of([&] { again = read(file, text); });
  require(!refused, "refused when it is written and read again: " + text);
  require(again.entries.size() == yaml.entries.size() && again.studies.size() == yaml.studies.size(), "other settings");
  for (std::size_t i = 0; i < yaml.entries.size(); ++i) {
    require(again.entries[i].key == yaml.entries[i].key && again.entries[i].value == yaml.entries[i].value,
            "a value is another one when it is written and read again: " + text);
  }
  require(written(again) == text, "studies are others when they are written and read again: " + text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const fuzz::MemoryFile file("etl.yaml");
  const std::string_view text = fuzz::text_of(data, size);
  if (fuzz::holds_secret(text)) return 0;
  config::EtlYaml yaml;
  const auto refused = fuzz::refusal_of([&] { yaml = read(file, text); });
  if (refused) {
    require(refused->code == ExitCode::usage && refused->where.starts_with(file.path()), "another error");
    return 0;
  }
  // A secret of the environment gets into a setting that is a secret, and nowhere else.
  for (const auto& entry : yaml.entries) {
    if (!is_secret(entry.key)) fuzz::require_no_secret(entry.value);
  }
  require(yaml.entries.size() + yaml.studies.size() <= size, "more settings than bytes");
  means_the_same(file, yaml);
  // All that is checked of studies before they are used.
  for (const auto& study : yaml.studies) require(!study.name.text.empty(), "a study without a name");
  const auto unusable = fuzz::refusal_of([&] {
    for (const auto& study : config::resolve_studies(yaml.studies, config::Value{"program", "here", false})) {
      require(study.name.find('/') == std::string::npos && study.name != "." && study.name != "..",
              "a study whose folder is elsewhere: " + study.name);
    }
  });
  if (unusable) require(unusable->code == ExitCode::usage && !unusable->where.empty(), "an error without a place");
  return 0;
}
