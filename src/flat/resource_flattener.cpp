#include <algorithm>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "base/uuid.hpp"
#include "fhir/json_text.hpp"
#include "flat/column_list.hpp"
#include "flat/cursor_values.hpp"
#include "flat/dataframe_layout.hpp"
#include "flat/references.hpp"
#include "flat/resource_columns.hpp"

namespace etl::flat {
namespace {

using fhir::Cursor;
using fhir::Model;
using fhir::Type;

constexpr std::string_view member_namespace = "3dbb886f-620b-3c52-bcb1-1992e7c6ccd5";

class ResourceFlattener final : public Flattener {
 public:
  ResourceFlattener(const SetNumbers& sets, const DocumentsRequest& request, Wanted& wanted)
      : sets_(sets),
        references_(request.study.ids ? &*request.study.ids : nullptr),
        columns_(request.personal),
        wanted_(wanted),
        known_(name_group_count()) {}

  void record(const simplify::Record& record, BlockRows& out) override {
    if (record.source == nullptr) return;
    const std::string_view type = record.type;
    if (type == "Observation") observation(record, out);
    if (type == "Condition" && sets_[research_subject] != not_wanted) condition(record, out);
    const std::size_t number = types_.number(type);
    const bool kept = types_.is_usual(number) || wanted_.types[number].load(std::memory_order_relaxed);
    if (!kept) wanted_.passed_over[number].store(true, std::memory_order_relaxed);
    const std::size_t as_row = row_place(type);
    const bool has_row = as_row < row_types && sets_[as_row] != not_wanted;
    if (!has_row && !kept) return;
    columns_.own(type_of(record), record.id, record.source->document, list_, out.losses);
    if (type == "Specimen") parents(record);
    const std::optional<Target> about = subject_of(record);
    if (kept) subject(record, number, about, out);
    if (!has_row) return;
    if (as_row == group_member) {
      members(record, out);
    } else {
      row(as_row, record, about, out);
    }
  }

 private:
  [[nodiscard]] static const Type& type_of(const simplify::Record& record) {
    return *Model::r5().resource(record.type);
  }

  /// The names of the columns at hand, those that this object has not met before.
  void note(std::size_t group, std::string_view name, BlockRows& out) {
    name_.assign(name);
    if (known_[group].insert(name_).second) out.names[group].insert(name_);
  }
  void note_columns(std::size_t group, BlockRows& out) {
    list_.each([&](std::string_view name, std::string_view) { note(group, name, out); });
  }

  void want(std::string_view type) {
    if (const std::size_t number = types_.number(type); number < types_.size())
      wanted_.types[number].store(true, std::memory_order_relaxed);
  }

  std::optional<Target> subject_of(const simplify::Record& record) {
    std::optional<Target> found;
    each_reference(record.source->document, "subject",
                   [&](std::string_view raw) { found = references_.target(raw, *record.source); });
    return found;
  }

  /// list_ holds the resource's own columns.
  void row(std::size_t place, const simplify::Record& record, const std::optional<Target>& about, BlockRows& out) {
    note_columns(own_names + place, out);
    if (about && !about->type.empty()) {
      note(row_subjects + place, about->type, out);
      want(about->type);
    }
    out.begin_row(sets_[place], record.id, key_of(record.type, record.id));
    append_reference(out.rows, about);
    list_.write(out.rows);
    out.end_row();
  }

  /// The ids of the parents, joined by commas.
  void parents(const simplify::Record& record) {
    std::string ids = "\"";
    each_reference(record.source->document, "parent", [&](std::string_view raw) {
      const auto parent = references_.target(raw, *record.source);
      if (!parent) return;
      if (ids.size() > 1) ids += ',';
      fhir::append_escaped(ids, parent->id);
    });
    if (ids.size() > 1) list_.set("parent", ids + "\"");
  }

  /// list_ holds the resource's own columns.
  void subject(const simplify::Record& record, std::size_t number, const std::optional<Target>& about, BlockRows& out) {
    note_columns(subject_names + 2 * number, out);
    if (about && !about->type.empty()) {
      note(subject_subjects + 2 * number, about->type, out);
      if (sets_[document_reference] != not_wanted) want(about->type);
    }
    append_reference(out.side_text, about);
    list_.write(out.side_text);
    out.end_side(subjects, key_of(record.type, record.id));
  }

  void observation(const simplify::Record& record, BlockRows& out) {
    const Focus* made = nullptr;  // whose columns are in list_
    each_reference(record.source->document, "focus", [&](std::string_view raw) {
      const auto target = references_.target(raw, *record.source);
      if (!target) return;
      for (std::size_t i = 0; i < focuses.size(); ++i) {
        if (focuses[i].type != target->type || sets_[i] == not_wanted) continue;
        if (made != &focuses[i]) {
          columns_.observation(*resource_of(focuses[i].row), record.source->document, list_, out.losses);
          note_columns(focus_names + i, out);
          made = &focuses[i];
        }
        if (list_.empty()) return;
        list_.write(out.side_text);
        out.end_side(observations, target->key());
      }
    });
  }

  void condition(const simplify::Record& record, BlockRows& out) {
    const std::optional<Target> about = subject_of(record);
    if (!about || about->type != "Patient") return;
    columns_.own(type_of(record), record.id, record.source->document, list_, out.losses);
    condition_.clear();
    list_.each([&](std::string_view name, std::string_view value) {
      if (name == "id" || name == "identifier" || name == "resourceType" || name.starts_with("identifier_")) return;
      condition_.set("condition_", name, value);
    });
    condition_.each([&](std::string_view name, std::string_view) { note(condition_names, name, out); });
    condition_.write(out.side_text);
    out.end_side(conditions, about->key());
  }

  /// The Group's own columns are kept as a subject's: a row holds only what tells the members apart.
  void members(const simplify::Record& record, BlockRows& out) {
    note_columns(own_names + group_member, out);
    const std::string group(record.id);
    const Key owner = key_of(record.type, record.id);
    std::unordered_set<std::uint64_t> met;  // hashes: a Group may have a million members
    Cursor cursor = record.source->document;
    each_member(cursor, [&](std::string_view name) {
      if (name != "member") {
        cursor.skip();
        return;
      }
      each_item(cursor, [&] {
        each_member(cursor, [&](std::string_view part) {
          if (part != "entity") {
            cursor.skip();
            return;
          }
          const auto member = references_.target(reference_at(cursor), *record.source);
          if (!member || member->id.empty()) {
            out.losses.add(Loss::unreadable, "Group", "member.entity");
          } else if (!met.insert(fhir::IdIndex::key_of(member->id).high).second) {
            out.losses.add(Loss::repeated, "Group", "member");
          } else {
            member_row(group, member->id, owner, out);
          }
        });
      });
    });
  }

  void member_row(const std::string& group, const std::string& member, const Key& owner, BlockRows& out) {
    const std::string id = uuid5(member_namespace, group + "," + member);
    out.begin_row(sets_[group_member], id, owner);
    append_reference(out.rows, std::nullopt);
    std::string text;
    const auto quoted = [&](std::string_view of) {
      text = "\"";
      fhir::append_escaped(text, of);
      return text += '"';
    };
    list_.clear();
    list_.set("id", quoted(id));
    list_.set("group_id", quoted(group));
    list_.set("member_id", quoted(member));
    list_.write(out.rows);
    out.end_row();
  }

  [[nodiscard]] static Key key_of(std::string_view type, std::string_view id) {
    return fhir::IdIndex::key_of(std::string(type) + "/" + std::string(id));
  }

  const ResourceTypes& types_ = ResourceTypes::get();
  SetNumbers sets_;
  References references_;
  ResourceColumns columns_;
  Wanted& wanted_;
  ColumnList list_;
  ColumnList condition_;
  std::vector<std::unordered_set<std::string>> known_;  ///< column names by group
  std::string name_;
};

}  // namespace

std::unique_ptr<Flattener> resource_flattener(const SetNumbers& sets, const DocumentsRequest& request, Wanted& wanted) {
  return std::make_unique<ResourceFlattener>(sets, request, wanted);
}

}  // namespace etl::flat
