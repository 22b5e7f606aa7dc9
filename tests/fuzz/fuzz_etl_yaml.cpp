// The settings file, etl.yaml, and the values that are written into one.

#include "config/etl_yaml.hpp"
#include "config/yaml_text.hpp"
#include "properties.hpp"

namespace {

using namespace etl;
using fuzz::require;

const config::Environment kEnvironment = [](std::string_view name) -> std::optional<std::string> {
  if (name == "SECRET") return std::string(fuzz::kSecret);
  if (name == "EMPTY") return std::string();
  return std::nullopt;
};

config::EtlYaml read(const fuzz::MemoryFile& file, std::string_view text) {
  file.set(text);
  return config::read_etl_yaml(file.path(), kEnvironment);
}

/// What was read, as a file with the same content.
std::string written(const config::EtlYaml& yaml) {
  std::string out;
  for (const auto& entry : yaml.entries) out += entry.key + ": " + config::yaml_scalar(entry.value) + '\n';
  if (!yaml.studies.empty()) out += "studies:\n";
  for (const auto& study : yaml.studies) {
    out += "- name: " + config::yaml_scalar(study.name.text) + '\n';
    for (const auto& [key, value] : {std::pair{"project", &study.project}, std::pair{"bucket", &study.bucket},
                                     std::pair{"source", &study.source}, std::pair{"enabled", &study.enabled},
                                     std::pair{"skip", &study.skip}}) {
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
  // `${SECRET}` may be a value, and then it may be anywhere.
  require(yaml.entries.size() + yaml.studies.size() <= size, "more settings than bytes");
  means_the_same(file, yaml);
  // All that is checked of studies before they are used.
  for (const auto& study : yaml.studies) require(!study.name.text.empty(), "a study without a name");
  try {
    static_cast<void>(config::resolve_studies(yaml.studies, config::Value{"program", "here", false}));
  } catch (const UsageError& error) {
    require(!error.where().empty(), "an error without a place");
  }
  return 0;
}
