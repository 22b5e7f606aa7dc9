#include "config/etl_yaml.hpp"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <set>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"

namespace etl::config {
namespace {

constexpr std::uint64_t kLimit = 1024 * 1024;
constexpr std::string_view kItself = "etl_yaml";  // a file does not say where it is

class Reader {
 public:
  Reader(const std::filesystem::path& file, const Environment& environment) : file_(file), environment_(environment) {}

  std::vector<Entry> read() {
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
    return std::move(entries_);
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
      if (find_key(name) != nullptr && name != kItself) {
        value(name, member.second, where);
      } else if (is_group(name)) {
        if (!member.second.IsNull()) map(member.second, name);
      } else {
        unknown(name, where);
      }
    }
  }

  void value(const std::string& name, const YAML::Node& node, const std::string& where) {
    if (!seen_.insert(name).second) throw UsageError(fmt::format("`{}` is there twice", name), where);
    if (node.IsNull()) return;
    if (!node.IsScalar()) throw UsageError(fmt::format("`{}` takes a single value", name), where);
    std::string text = expand(node.Scalar(), where);
    if (!text.empty()) entries_.push_back({name, std::move(text), where});
  }

  static bool is_group(const std::string& name) {
    const auto keys = known_keys();
    return std::any_of(keys.begin(), keys.end(), [&](const Key& key) { return key.name.starts_with(name + "."); });
  }

  [[noreturn]] static void unknown(const std::string& name, const std::string& where) {
    std::vector<std::string> names;
    for (const Key& key : known_keys()) {
      if (key.name != kItself) names.emplace_back(key.name);
    }
    const std::string meant = nearest(name, names);
    throw UsageError(
        fmt::format("there is no setting `{}`", name), where,
        meant.empty() ? "`aced-etl config show` lists the settings" : fmt::format("did you mean `{}`?", meant));
  }

  /// ${NAME}, ${NAME:-default}; $${ is a literal ${.
  std::string expand(std::string_view text, const std::string& where) const {
    std::string result;
    while (!text.empty()) {
      const std::size_t dollar = text.find('$');
      result += text.substr(0, dollar);
      if (dollar == std::string_view::npos) break;
      text.remove_prefix(dollar);
      if (text.starts_with("$${")) {
        result += "${";
        text.remove_prefix(3);
      } else if (text.starts_with("${")) {
        const std::size_t end = text.find('}');
        if (end == std::string_view::npos) throw UsageError("`${` without `}`", where, "write $${ for a literal ${");
        result += variable(text.substr(2, end - 2), where);
        text.remove_prefix(end + 1);
      } else {
        result += '$';
        text.remove_prefix(1);
      }
    }
    return result;
  }

  std::string variable(std::string_view inside, const std::string& where) const {
    const std::size_t separator = inside.find(":-");
    const std::string_view name = inside.substr(0, separator);
    if (auto found = environment_(name); found && !found->empty()) return *std::move(found);
    if (separator != std::string_view::npos) return std::string(inside.substr(separator + 2));
    throw UsageError(fmt::format("the environment has no {}", name), where,
                     fmt::format("set it, or write a default: ${{{}:-…}}", name));
  }

  const std::filesystem::path& file_;
  const Environment& environment_;
  std::vector<Entry> entries_;
  std::set<std::string> seen_;
};

}  // namespace

std::vector<Entry> read_etl_yaml(const std::filesystem::path& file, const Environment& environment) {
  return Reader(file, environment).read();
}

}  // namespace etl::config
