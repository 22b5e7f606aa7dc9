#include "config/etl_yaml.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <optional>

#include "base/error.hpp"
#include "base/text.hpp"
#include "config/expand.hpp"
#include "config/secret_names.hpp"
#include "config/yaml_document.hpp"

namespace etl::config {
namespace {

constexpr std::string_view kStudies = "studies";

class Reader {
 public:
  Reader(const std::filesystem::path& file, const Environment& environment) : file_(file), environment_(environment) {}

  EtlYaml read() {
    try {
      const auto document = YamlDocument::load(file_);
      if (!document.root().is_null()) map(document.root(), "");
    } catch (const InputError& error) {  // a settings file that cannot be read is a configuration error
      throw UsageError(error.what(), error.where(), error.hint());
    }
    return std::move(found_);
  }

 private:
  [[nodiscard]] std::string at(const YamlNode& node) const { return fmt::format("{}:{}", file_.string(), node.line()); }

  void map(const YamlNode& node, const std::string& prefix) {
    if (!node.is_map()) {
      throw UsageError(prefix.empty() ? std::string("etl.yaml must be a map of settings, written as `key: value`")
                                      : fmt::format("`{}` must be a map of settings, written as `key: value`", prefix),
                       at(node));
    }
    for (const auto& [key, value_node] : node.members()) {
      if (!key->is_scalar()) throw UsageError("the key of a setting must be a text", at(*key));
      const std::string name = prefix.empty() ? key->text() : prefix + "." + key->text();
      const std::string where = at(*key);
      if (name == kStudies) {
        studies(*value_node, *key);
      } else if (find_key(name) != nullptr && name != kItself) {
        value(name, *value_node, *key);
      } else if (is_group(name)) {
        if (!value_node->is_null()) map(*value_node, name);
      } else {
        unknown(name, where);
      }
    }
  }

  void value(const std::string& name, const YamlNode& node, const YamlNode& key) {
    const std::string where = at(key);
    once(name, key);
    if (auto found = value_of(name, find_key(name)->type, node, where))
      found_.entries.push_back({name, std::move(found->text), where});
  }

  void studies(const YamlNode& node, const YamlNode& key) {
    const std::string where = at(key);
    once(std::string(kStudies), key);
    if (node.is_null()) return;
    if (!node.is_sequence())
      throw UsageError("`studies` must be a list", where, "write a study as `- name: Lung_Cancer`");
    for (const YamlNode* item : node.items()) {
      if (item->is_null()) {
        throw UsageError(fmt::format("entry {} of `studies` is empty", found_.studies.size() + 1), where, "remove it");
      }
      found_.studies.push_back(study(*item));
    }
  }

  [[nodiscard]] RawStudyEntry study(const YamlNode& node) const {
    const std::string hint = "write a study as `- name: Lung_Cancer`";
    RawStudyEntry study;
    study.origin = at(node);
    if (!node.is_map()) throw UsageError("a study must be a map, written as `key: value`", study.origin, hint);
    std::map<std::string, std::optional<Value>, std::less<>> values;
    std::map<std::string, std::size_t, std::less<>> lines;
    for (const auto& [key, value_node] : node.members()) {
      const std::string where = at(*key);
      if (!key->is_scalar()) throw UsageError("the key of a study must be a text", where);
      const std::string& name = key->text();
      const auto known = std::ranges::find(study_keys(), name, &StudyKey::name);
      if (known == study_keys().end()) unknown_in_study(name, where);
      const auto [line, fresh_key] = lines.emplace(name, key->line());
      if (!fresh_key) set_twice(name, *key, line->second);
      const auto place = values.emplace(name, std::nullopt).first;
      place->second = value_of(name, known->type, *value_node, where);
    }
    if (!values["name"]) throw UsageError("a study has no `name`", study.origin, hint);
    study.name = *std::move(values["name"]);
    study.project = std::move(values["project"]);
    study.bucket = std::move(values["bucket"]);
    study.source = std::move(values["source"]);
    study.output = std::move(values["output"]);
    study.enabled = std::move(values["enabled"]);
    study.skip = std::move(values["skip"]);
    study.exclude = std::move(values["exclude"]);
    study.transform_ids = std::move(values["transform_ids"]);
    return study;
  }

  void once(const std::string& name, const YamlNode& key) {
    const auto [first, fresh] = seen_.emplace(name, key.line());
    if (!fresh) set_twice(name, key, first->second);
  }

  [[noreturn]] void set_twice(const std::string& name, const YamlNode& key, std::size_t first_line) const {
    throw UsageError(fmt::format("`{}` is set twice, for the first time on line {}", name, first_line), at(key),
                     "remove one of the two");
  }

  /// None where there is no value, or an empty one. The items of a list are joined with commas.
  [[nodiscard]] std::optional<Value> value_of(const std::string& name, std::string_view type, const YamlNode& node,
                                              const std::string& where) const {
    if (type != "LIST" || !node.is_sequence()) return scalar(name, node, where);
    Value list{{}, where};
    for (const YamlNode* item : node.items()) {
      const auto text = scalar(name, *item, at(*item));
      if (!text) throw UsageError(fmt::format("an item of `{}` is empty", name), at(*item), "remove it");
      if (text->text.find(',') != std::string::npos) {
        throw UsageError(fmt::format("an item of `{}` contains a comma, which separates items: {}", name, text->text),
                         at(*item), "in a pattern, `?` matches a comma");
      }
      list.text += (list.text.empty() ? "" : ",") + text->text;
    }
    if (list.text.empty()) return std::nullopt;
    return list;
  }

  [[nodiscard]] std::optional<Value> scalar(const std::string& name, const YamlNode& node,
                                            const std::string& where) const {
    if (node.is_null()) return std::nullopt;
    if (!node.is_scalar()) throw UsageError(fmt::format("`{}` takes a single value", name), where);
    const Key* key = find_key(name);
    const bool secret = key != nullptr && key->secret;
    std::string text =
        secret ? expand_secret(name, node.text(), environment_, where) : expand(node.text(), environment_, where);
    if (text.empty()) return std::nullopt;
    if (!secret && has_login(text)) {
      throw UsageError(fmt::format("`{}` contains a user or password, which must not be written in etl.yaml", name),
                       where,
                       key != nullptr && !key->environment.empty()
                           ? fmt::format("set the whole address as {} in the environment", key->environment)
                           : "remove it");
    }
    return Value{std::move(text), where, secret};
  }

  static bool is_group(const std::string& name) {
    const auto keys = known_keys();
    return std::any_of(keys.begin(), keys.end(), [&](const Key& key) { return key.name.starts_with(name + "."); });
  }

  [[noreturn]] static void unknown(const std::string& name, const std::string& where) {
    std::vector<std::string> names{std::string(kStudies)};
    for (const Key& key : known_keys()) {
      if (key.name != kItself) names.emplace_back(key.name);
    }
    const std::string meant = nearest(name, names);
    throw UsageError(
        fmt::format("there is no setting `{}`", name), where,
        meant.empty() ? "`aced-etl config show` lists the settings" : fmt::format("did you mean `{}`?", meant));
  }

  [[noreturn]] static void unknown_in_study(const std::string& name, const std::string& where) {
    std::vector<std::string> names;
    for (const StudyKey& key : study_keys()) names.emplace_back(key.name);
    const std::string meant = nearest(name, names);
    throw UsageError(fmt::format("a study has no key `{}`", name), where,
                     meant.empty() ? fmt::format("the keys are {}", fmt::join(names, ", "))
                                   : fmt::format("did you mean `{}`?", meant));
  }

  const std::filesystem::path& file_;
  const Environment& environment_;
  EtlYaml found_;
  std::map<std::string, std::size_t, std::less<>> seen_;  ///< key -> the line where it is set
};

}  // namespace

EtlYaml read_etl_yaml(const std::filesystem::path& file, const Environment& environment) {
  return Reader(file, environment).read();
}

}  // namespace etl::config
