#include "config/etl_yaml.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "config/expand.hpp"

namespace etl::config {
namespace {

constexpr std::uint64_t kLimit = 1024 * 1024;
constexpr std::string_view kStudies = "studies";

class Reader {
 public:
  Reader(const std::filesystem::path& file, const Environment& environment) : file_(file), environment_(environment) {}

  EtlYaml read() {
    std::vector<YAML::Node> documents;
    try {
      documents = YAML::LoadAll(read_file(file_, kLimit));
    } catch (const YAML::Exception& error) {
      throw UsageError("not YAML: " + error.msg, at(error.mark));
    } catch (const InputError& error) {  // a setting that cannot be read is a matter of configuration
      throw UsageError(error.what(), error.where(), error.hint());
    }
    if (documents.size() > 1) throw UsageError("only one document is expected", at(documents[1].Mark()));
    if (!documents.empty() && !documents[0].IsNull()) map(documents[0], "");
    return std::move(found_);
  }

 private:
  [[nodiscard]] std::string at(const YAML::Mark& mark) const {
    return mark.is_null() ? file_.string() : fmt::format("{}:{}", file_.string(), mark.line + 1);
  }

  void map(const YAML::Node& node, const std::string& prefix) {
    if (!node.IsMap()) {
      throw UsageError(prefix.empty() ? std::string("settings are expected, as `key: value`")
                                      : fmt::format("`{}` holds several settings, as `key: value`", prefix),
                       at(node.Mark()));
    }
    for (const auto& member : node) {
      if (!member.first.IsScalar()) throw UsageError("a key is not a text", at(member.first.Mark()));
      const std::string name = prefix.empty() ? member.first.Scalar() : prefix + "." + member.first.Scalar();
      const std::string where = at(member.first.Mark());
      if (name == kStudies) {
        studies(member.second, where);
      } else if (find_key(name) != nullptr && name != kItself) {
        value(name, member.second, where);
      } else if (is_group(name)) {
        if (!member.second.IsNull()) map(member.second, name);
      } else {
        unknown(name, where);
      }
    }
  }

  void value(const std::string& name, const YAML::Node& node, const std::string& where) {
    once(name, where);
    if (auto found = scalar(name, node, where)) found_.entries.push_back({name, std::move(found->text), where});
  }

  void studies(const YAML::Node& node, const std::string& where) {
    once(std::string(kStudies), where);
    if (node.IsNull()) return;
    if (!node.IsSequence()) throw UsageError("`studies` is a list", where, "write a study as `- name: Lung_Cancer`");
    for (const auto& item : node) {
      if (item.IsNull()) {  // nothing stands there that would have a line
        throw UsageError(fmt::format("entry {} of `studies` is empty", found_.studies.size() + 1), where,
                         "take it out");
      }
      found_.studies.push_back(study(item));
    }
  }

  [[nodiscard]] WrittenStudy study(const YAML::Node& node) const {
    const std::string hint = "write a study as `- name: Lung_Cancer`";
    WrittenStudy study;
    study.origin = at(node.Mark());
    if (!node.IsMap()) throw UsageError("a study holds several values, as `key: value`", study.origin, hint);
    std::map<std::string, std::optional<Value>, std::less<>> values;
    for (const auto& member : node) {
      const std::string where = at(member.first.Mark());
      if (!member.first.IsScalar()) throw UsageError("a key is not a text", where);
      const std::string& name = member.first.Scalar();
      if (std::ranges::find(study_keys(), name, &StudyKey::name) == study_keys().end()) unknown_in_study(name, where);
      const auto [place, fresh] = values.emplace(name, std::nullopt);
      if (!fresh) throw UsageError(fmt::format("`{}` is there twice", name), where);
      place->second = scalar(name, member.second, where);
    }
    if (!values["name"]) throw UsageError("a study has no name", study.origin, hint);
    study.name = *std::move(values["name"]);
    study.project = std::move(values["project"]);
    study.bucket = std::move(values["bucket"]);
    study.source = std::move(values["source"]);
    study.output = std::move(values["output"]);
    study.enabled = std::move(values["enabled"]);
    study.skip = std::move(values["skip"]);
    return study;
  }

  void once(const std::string& name, const std::string& where) {
    if (!seen_.insert(name).second) throw UsageError(fmt::format("`{}` is there twice", name), where);
  }

  /// None where there is no value, or an empty one.
  [[nodiscard]] std::optional<Value> scalar(const std::string& name, const YAML::Node& node,
                                            const std::string& where) const {
    if (node.IsNull()) return std::nullopt;
    if (!node.IsScalar()) throw UsageError(fmt::format("`{}` takes a single value", name), where);
    std::string text = expand(node.Scalar(), environment_, where);
    if (text.empty()) return std::nullopt;
    return Value{std::move(text), where, false};
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
                     meant.empty() ? fmt::format("there are: {}", fmt::join(names, ", "))
                                   : fmt::format("did you mean `{}`?", meant));
  }

  const std::filesystem::path& file_;
  const Environment& environment_;
  EtlYaml found_;
  std::set<std::string> seen_;
};

}  // namespace

EtlYaml read_etl_yaml(const std::filesystem::path& file, const Environment& environment) {
  return Reader(file, environment).read();
}

}  // namespace etl::config
