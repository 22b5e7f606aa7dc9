#include "discovery/record.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/error.hpp"
#include "base/text.hpp"
#include "discovery/raw_members.hpp"

namespace etl::discovery {
namespace {

constexpr std::string_view kType = "discovery_metadata";

/// Members of `gen3_discovery` that this program writes.
constexpr std::array<std::string_view, 13> kOwnMembers{
    "_unique_id",      "study_id",    "name",         "full_name", "study_description",       "authz",     "tags",
    "_subjects_count", "commons_url", "commons_name", "commons",   "_research_subject_count", "__manifest"};
/// Categories of tags that this program writes.
constexpr std::array<std::string_view, 3> kOwnCategories{"Program", "Study Registration", "Project"};

template <typename List>
bool has(const List& list, std::string_view name) {
  return std::ranges::find(list, name) != list.end();
}

RefusedError refusal(const std::string& what) {
  return RefusedError(what, {}, "look at it with `aced-etl discovery get`, and correct it in metadata-service");
}

RawMembers parse_record(std::string_view record) {
  RawMembers members = RawMembers::parse(record);
  const std::string type = members.text_of("_guid_type");
  const bool has_type = members.find("_guid_type") != nullptr;
  if (type != kType && (has_type || !members.members().empty())) {
    throw refusal(
        fmt::format("metadata-service has a document under the project's id that is no discovery record: its "
                    "_guid_type is {}",
                    has_type ? "`" + printable(type.substr(0, 100)) + "`" : std::string("missing")));
  }
  return members;
}

RawMembers parse_discovery(const RawMembers& record) {
  const std::string* text = record.find("gen3_discovery");
  if (text == nullptr) return {};
  if (!text->starts_with('{')) throw refusal("the member gen3_discovery of the record is not an object");
  return RawMembers::parse(*text);
}

std::vector<std::string> parse_tags(const RawMembers& discovery) {
  const std::string* text = discovery.find("tags");
  if (text == nullptr || *text == "null") return {};
  if (!text->starts_with('[')) throw refusal("the member tags of the record is not a list");
  return raw_items(*text);
}

struct Tag {
  std::string name;
  std::string category;
};

Tag parse_tag(std::string_view text) {
  if (!text.starts_with('{')) return {};
  const RawMembers members = RawMembers::parse(text);
  return {members.text_of("name"), members.text_of("category")};
}

std::string join(const std::vector<std::string>& items) { return fmt::format("[{}]", fmt::join(items, ",")); }

/// Ours replaced where they stand; missing ones at the end.
std::string edit_tags(const RawMembers& discovery, const ProjectId& project) {
  std::vector<std::pair<Tag, bool>> wanted{{{project.program, "Program"}, false},
                                           {{project.str(), "Study Registration"}, false},
                                           {{project.code, "Project"}, false}};
  std::vector<std::string> tags;
  for (std::string& text : parse_tags(discovery)) {
    const Tag tag = parse_tag(text);
    if (has(kOwnCategories, tag.category)) {
      const auto ours = std::ranges::find_if(wanted, [&](const auto& one) {
        return !one.second && one.first.name == tag.name && one.first.category == tag.category;
      });
      if (ours == wanted.end()) continue;
      ours->second = true;
    }
    tags.push_back(std::move(text));
  }
  for (const auto& [tag, is_there] : wanted) {
    if (is_there) continue;
    tags.push_back(fmt::format(R"({{"name":{},"category":{}}})", json_string(tag.name), json_string(tag.category)));
  }
  return join(tags);
}

std::string manifest_of(const StudySummary& study) {
  std::vector<std::string> files;
  files.reserve(study.files.size());
  for (const ListedFile& file : study.files) {
    files.push_back(fmt::format(R"({{"object_id":{},"file_name":{},"file_size":{},"md5sum":{}}})",
                                json_string(file.object_id), json_string(file.name), file.size, json_string(file.md5)));
  }
  return join(files);
}

class Edit {
 public:
  Edit(RawMembers record, RawMembers discovery, std::vector<std::string>& changed)
      : record_(std::move(record)), discovery_(std::move(discovery)), changed_(changed) {}

  void set(std::string_view name, std::string value) {
    const std::string* there = discovery_.find(name);
    if (there != nullptr && same_value(*there, value)) return;
    discovery_.set(name, std::move(value));
    changed_.emplace_back(name);
  }
  void set_text(std::string_view name, std::string_view text) { set(name, json_string(text)); }
  /// Only where the record has no text there: the page needs one.
  void set_if_missing(std::string_view name, std::string_view text) {
    const std::string* there = discovery_.find(name);
    if (there == nullptr || !there->starts_with('"')) set_text(name, text);
  }
  void remove(std::string_view name) {
    if (discovery_.find(name) == nullptr) return;
    discovery_.remove(name);
    changed_.emplace_back(name);
  }

  Edited finish() {
    RawMembers ours;
    ours.set("_guid_type", json_string(kType));
    ours.set("gen3_discovery", discovery_.text());
    for (const auto& [name, value] : ours.members()) record_.set(name, value);
    return {.record = record_.text(), .members = ours.text(), .changed = std::move(changed_)};
  }

  [[nodiscard]] const RawMembers& discovery() const { return discovery_; }

 private:
  RawMembers record_;
  RawMembers discovery_;
  std::vector<std::string>& changed_;
};

}  // namespace

void require_discovery_record(std::string_view record) { static_cast<void>(parse_record(record)); }

Edited edit(const std::optional<std::string>& record, const Description& description) {
  RawMembers document = record ? parse_record(*record) : RawMembers();
  RawMembers discovery = parse_discovery(document);
  std::vector<std::string> changed;
  if (record && document.find("_guid_type") == nullptr) changed.emplace_back("_guid_type");
  Edit edit(std::move(document), std::move(discovery), changed);
  const std::string id = description.project.str();
  const StudySummary& study = description.study;
  edit.set_text("_unique_id", id);
  edit.set_text("study_id", id);
  edit.set_text("name", description.project.code);
  if (study.title.empty()) {
    edit.set_if_missing("full_name", description.project.code);
  } else {
    edit.set_text("full_name", study.title);
  }
  if (study.description.empty()) {
    edit.set_if_missing("study_description", "");
  } else {
    edit.set_text("study_description", study.description);
  }
  edit.set_text("authz", description.project.resource_path());
  edit.set("tags", edit_tags(edit.discovery(), description.project));
  edit.set("_research_subject_count", std::to_string(study.patients));
  edit.set("_subjects_count", std::to_string(study.patients));
  if (description.commons) edit.set_text("commons", *description.commons);
  if (description.commons_name) edit.set_text("commons_name", *description.commons_name);
  if (!description.commons_url.empty()) edit.set_text("commons_url", description.commons_url);
  if (description.manifest == Description::Manifest::write) edit.set("__manifest", manifest_of(study));
  if (description.manifest == Description::Manifest::remove) edit.remove("__manifest");
  return edit.finish();
}

std::vector<std::string> curated_members(std::string_view record) {
  std::vector<std::string> curated;
  const RawMembers document = parse_record(record);
  for (const auto& [name, value] : document.members()) {
    if (name != "_guid_type" && name != "gen3_discovery") curated.push_back(printable(name));
  }
  const RawMembers discovery = parse_discovery(document);
  for (const auto& [name, value] : discovery.members()) {
    if (!has(kOwnMembers, name)) curated.push_back("gen3_discovery." + printable(name));
  }
  for (const std::string& text : parse_tags(discovery)) {
    const Tag tag = parse_tag(text);
    if (!has(kOwnCategories, tag.category)) {
      curated.push_back(fmt::format("tag {}: {}", printable(tag.category), printable(tag.name)));
    }
  }
  return curated;
}

}  // namespace etl::discovery
