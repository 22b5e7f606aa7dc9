#include <algorithm>
#include <array>
#include <atomic>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/error.hpp"
#include "base/uuid.hpp"
#include "fhir/reference_syntax.hpp"
#include "fhir/resource_reference.hpp"
#include "flat/column_list.hpp"
#include "flat/cursor_values.hpp"
#include "flat/resource_columns.hpp"
#include "flat/rows.hpp"
#include "simplify/study_facts.hpp"

// The layout `dataframe`: a row for each ResearchSubject, Specimen, DocumentReference, MedicationAdministration and
// member of a Group. What is folded into the rows (subjects, observations, conditions) is kept by its key while the
// study is read, and joined when all has been read.

namespace etl::flat {
namespace {

using fhir::Cursor;
using fhir::Model;
using fhir::Type;

enum RowStore : std::size_t { subjects, observations, conditions, row_stores };

/// The types of resources that rows are usually about: their columns are always kept for the join. Those of other types
/// (a file may be about an Observation) are kept when a row is about one.
constexpr std::array<std::string_view, 12> usual_subjects{
    "Patient",   "Specimen", "Group",        "ResearchStudy", "Device",           "Medication",
    "Substance", "Location", "Organization", "Practitioner",  "PractitionerRole", "BiologicallyDerivedProduct"};

/// A number for each type of resource.
class ResourceTypes {
 public:
  static const ResourceTypes& get() {
    static const ResourceTypes types;
    return types;
  }
  [[nodiscard]] std::size_t size() const noexcept { return types_.size(); }
  /// size() for what is no type of resource.
  [[nodiscard]] std::size_t number(std::string_view name) const {
    const Type* const type = Model::r5().resource(name);
    return type == nullptr ? size() : numbers_[type->index];
  }
  [[nodiscard]] bool is_usual(std::size_t number) const { return usual_[number]; }

 private:
  ResourceTypes() {
    numbers_.resize(Model::r5().types().size());
    for (const Type& type : Model::r5().types()) {
      if (type.kind != fhir::Kind::resource || type.abstract) continue;
      numbers_[type.index] = types_.size();
      types_.push_back(&type);
      usual_.push_back(std::ranges::find(usual_subjects, type.name) != usual_subjects.end());
    }
  }
  std::vector<const Type*> types_;
  std::vector<std::size_t> numbers_;  ///< by Type::index
  std::vector<bool> usual_;
};

/// Which types' columns the joins need, learned while the study is read, and which were passed over before that.
struct Wanted {
  Wanted() : types(ResourceTypes::get().size()), passed_over(types.size()) {}
  std::vector<std::atomic<bool>> types;
  std::vector<std::atomic<bool>> passed_over;
};

/// The types whose rows have observations folded in, by what the observation is focused on.
struct Focus {
  std::string_view type;
  std::string_view row;
};
constexpr std::array<Focus, 3> focuses{
    {{"Patient", "research_subject"}, {"Specimen", "specimen"}, {"DocumentReference", "document_reference"}}};

constexpr std::size_t row_types = 5;

// The groups of column names (BlockRows::names).
constexpr std::size_t own_names = 0;                           ///< + place in document_types()
constexpr std::size_t row_subjects = own_names + row_types;    ///< + place in document_types(): types
constexpr std::size_t focus_names = row_subjects + row_types;  ///< + place in focuses
constexpr std::size_t condition_names = focus_names + focuses.size();
constexpr std::size_t subject_names = condition_names + 1;   ///< + 2 * number of the type
constexpr std::size_t subject_subjects = subject_names + 1;  ///< + 2 * number of the type: types
std::size_t name_group_count() { return subject_names + 2 * ResourceTypes::get().size(); }

constexpr std::string_view member_namespace = "3dbb886f-620b-3c52-bcb1-1992e7c6ccd5";

/// What a reference of a resource leads to.
struct Target {
  std::string type;
  std::string id;  ///< as records have it; without a type, the text's last segment
  [[nodiscard]] Key key() const { return fhir::IdIndex::key_of(type + "/" + id); }
};

/// Reads references as the records show them: `Type/id`, a version of it, the fullUrl of an entry of the same Bundle,
/// or a URL that ends in `Type/id` and leads to a resource of the study.
class References {
 public:
  explicit References(const simplify::IdTransform* ids) : ids_(ids) {}

  [[nodiscard]] std::optional<Target> target(std::string_view raw, const simplify::Source& source) {
    std::string_view text = plain_text(raw, scratch_);
    if (text.empty()) return std::nullopt;
    if (source.links != nullptr && text.find(':') != std::string_view::npos) {
      if (const auto found = source.links->find(std::string(text)); found != source.links->end()) text = found->second;
    }
    fhir::RelativeReference parts = fhir::relative_reference(text);
    if (!parts) {
      const fhir::ResourceReference other = fhir::resource_reference(text);
      const bool outside = !other.address.empty() && source.facts != nullptr &&
                           source.facts->is_outside(fhir::address_hash(other.address));
      if (other.target.empty() || outside) return Target{{}, std::string(last_segment(text))};
      parts = {other.type, other.id};
      return Target{std::string(parts.type), id_of(other.id)};
    }
    return Target{std::string(parts.type), id_of(parts.id)};
  }

 private:
  [[nodiscard]] std::string id_of(std::string_view id) const { return ids_ == nullptr ? std::string(id) : (*ids_)(id); }

  const simplify::IdTransform* ids_;
  std::string scratch_;
};

/// The text of a Reference at the cursor; raw.
std::string_view reference_at(Cursor& cursor) {
  std::string_view out;
  each_member(cursor, [&](std::string_view name) {
    if (name == "reference") {
      out = string_at(cursor);
    } else {
      cursor.skip();
    }
  });
  return out;
}

/// Calls `each(raw)` with the references of one element of the resource.
template <class Each>
void each_reference(Cursor document, std::string_view element, Each&& each) {
  each_member(document, [&](std::string_view name) {
    if (name != element) {
      document.skip();
      return;
    }
    each_item(document, [&] {
      if (const std::string_view raw = reference_at(document); !raw.empty()) each(raw);
    });
  });
}

/// A reference in a row or in a subject's text: the size of the type's name in small letters, the name, the key. No
/// reference: a size of 0 and nothing else.
void append_reference(Buffer& to, const std::optional<Target>& target) {
  if (!target || target->type.empty() || target->type.size() > 100) {
    to.append('\0');
    return;
  }
  const std::string lower = lower_case(target->type);
  const Key key = target->key();
  to.append(static_cast<char>(lower.size()));
  to.append(std::string_view(lower));
  to.append({reinterpret_cast<const char*>(&key.high), sizeof key.high});
  to.append({reinterpret_cast<const char*>(&key.low), sizeof key.low});
}

struct StoredReference {
  std::string_view type;  ///< in small letters; empty: none
  Key key;
};

/// Takes a reference from the beginning of the text.
StoredReference take_reference(std::string_view& text) {
  StoredReference out;
  const auto size = static_cast<std::size_t>(static_cast<unsigned char>(text.front()));
  text.remove_prefix(1);
  if (size == 0) return out;
  out.type = text.substr(0, size);
  std::memcpy(&out.key.high, text.data() + size, sizeof out.key.high);
  std::memcpy(&out.key.low, text.data() + size + sizeof out.key.high, sizeof out.key.low);
  text.remove_prefix(size + sizeof out.key.high + sizeof out.key.low);
  return out;
}

/// The sets of the request, by place in document_types(); SIZE_MAX: not wanted.
using SetNumbers = std::array<std::size_t, row_types>;
constexpr std::size_t not_wanted = SIZE_MAX;
enum Place : std::size_t { research_subject, specimen, document_reference, medication_administration, group_member };

/// The place of the rows that a resource of this type gives.
std::size_t row_place(std::string_view type) {
  static constexpr std::array<std::string_view, row_types> types{"ResearchSubject", "Specimen", "DocumentReference",
                                                                 "MedicationAdministration", "Group"};
  return static_cast<std::size_t>(std::ranges::find(types, type) - types.begin());
}

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

class RowAssembler final : public Assembler {
 public:
  RowAssembler(const SetNumbers& sets, const std::vector<std::string>& types, const std::vector<KeyedStore>& stores,
               const ProjectId& project)
      : sets_(sets), types_(types), stores_(stores), end_(project_members(project) + "}") {}

  void document(const Row& row, Buffer& out, Losses& losses) override {
    const std::string& type = types_[row.set];
    std::string_view text = row.text;
    const StoredReference about = take_reference(text);
    list_.clear();
    if (row.set == sets_[group_member]) add_group(row.owner);
    read_columns(text, [&](std::string_view name, std::string_view value) { list_.set(name, value); });
    if (!about.type.empty()) fold_subject(about, row.set == sets_[document_reference], type, losses);
    if (row.set == sets_[research_subject]) {
      if (about.type == "patient") {
        fold(observations, about.key, type, losses);
        fold(conditions, about.key, type, losses);
      }
    } else if (row.set == sets_[specimen] || row.set == sets_[document_reference]) {
      fold(observations, row.owner, type, losses);
    }
    char separator = '{';
    list_.each([&](std::string_view name, std::string_view value) {
      if (value == "null") return;
      out.append(separator);
      separator = ',';
      out.append('"');
      out.append(std::string_view(type));
      out.append('_');
      out.append(name);
      out.append("\":");
      out.append(value);
    });
    out.append(std::string_view(end_));
  }

 private:
  /// The columns of the Group that a row's member is in.
  void add_group(const Key& group) {
    bool found = false;
    std::string_view text = stores_[subjects].last(group, scratch_, found);
    if (!found) throw InternalError("the columns of a Group are missing");
    static_cast<void>(take_reference(text));
    read_columns(text, [&](std::string_view name, std::string_view value) { list_.set(name, value); });
  }

  void fold_subject(const StoredReference& about, bool further, const std::string& type, Losses& losses) {
    bool found = false;
    std::string_view text = stores_[subjects].last(about.key, scratch_, found);
    if (!found) {
      losses.add(Loss::missing_subject, type);
      return;
    }
    const StoredReference next = take_reference(text);
    prefix_.assign(about.type).append(1, '_');
    read_columns(text, [&](std::string_view name, std::string_view value) {
      if (name != "resourceType") list_.set(prefix_, name, value);
    });
    if (!further || next.type.empty()) return;
    const std::string next_type(next.type);  // it stands in scratch_
    text = stores_[subjects].last(next.key, scratch_, found);
    if (!found) return;
    static_cast<void>(take_reference(text));
    prefix_.assign(next_type).append(1, '_');
    read_columns(text, [&](std::string_view name, std::string_view value) {
      if (name != "resourceType") list_.set(prefix_, name, value);
    });
  }

  void fold(RowStore store, const Key& key, const std::string& type, Losses& losses) {
    stores_[store].each(key, scratch_, [&](std::string_view text) {
      read_columns(text, [&](std::string_view name, std::string_view value) {
        if (list_.set(name, value)) losses.add(Loss::overwritten, type, name);
      });
    });
  }

  SetNumbers sets_;
  const std::vector<std::string>& types_;
  const std::vector<KeyedStore>& stores_;
  std::string end_;
  ColumnList list_;
  KeyedStore::Scratch scratch_;
  std::string prefix_;
};

class DataframeMethod final : public Method {
 public:
  DataframeMethod(const DocumentsRequest& request, std::vector<std::string> types)
      : request_(request), types_(std::move(types)) {
    const auto& all = document_types(Layout::dataframe);
    sets_.fill(not_wanted);
    for (std::size_t place = 0; place < all.size(); ++place) {
      const auto found = std::ranges::find(types_, all[place]);
      if (found != types_.end()) sets_[place] = static_cast<std::size_t>(found - types_.begin());
    }
    if (request.study.path == "-" || !std::filesystem::exists(request.study.path) ||
        !(std::filesystem::is_directory(request.study.path) || std::filesystem::is_regular_file(request.study.path))) {
      for (std::atomic<bool>& wanted : wanted_.types) wanted = true;  // a pipe cannot be read again
    }
  }

  [[nodiscard]] bool must_read_again() override {
    bool again = false;
    for (std::size_t i = 0; i < wanted_.types.size(); ++i)
      again = again || (wanted_.types[i] && wanted_.passed_over[i]);
    for (std::atomic<bool>& passed_over : wanted_.passed_over) passed_over = false;
    return again;
  }

  [[nodiscard]] std::size_t stores() const override { return row_stores; }
  [[nodiscard]] std::size_t name_groups() const override { return name_group_count(); }
  [[nodiscard]] std::unique_ptr<Flattener> flattener() const override {
    return std::make_unique<ResourceFlattener>(sets_, request_, wanted_);
  }
  [[nodiscard]] std::unique_ptr<Assembler> assembler(const std::vector<KeyedStore>& stores) const override {
    return std::make_unique<RowAssembler>(sets_, types_, stores, request_.project);
  }
  [[nodiscard]] std::vector<Column> columns(std::size_t set, const NameSets& names) const override;

 private:
  const DocumentsRequest& request_;
  std::vector<std::string> types_;
  SetNumbers sets_{};
  mutable Wanted wanted_;  ///< the flatteners write to it
};

std::vector<Column> DataframeMethod::columns(std::size_t set, const NameSets& names) const {
  const std::string& type = types_[set];
  const std::size_t place = static_cast<std::size_t>(std::ranges::find(sets_, set) - sets_.begin());
  std::map<std::string, Column> out;
  for (Column& column : fixed_columns(Layout::dataframe, type, nullptr)) {
    std::string name = column.name;
    out.emplace(std::move(name), std::move(column));
  }
  const auto add = [&](std::string_view prefix, std::size_t group) {
    for (const std::string& name : names[group]) {
      std::string whole = type + "_" + std::string(prefix) + name;
      const Kind kind = kind_of_column(type, whole);
      out.try_emplace(whole, Column{whole, kind, false});
    }
  };
  add({}, own_names + place);
  const ResourceTypes& resources = ResourceTypes::get();
  for (const std::string& subject : names[row_subjects + place]) {
    const std::size_t of = resources.number(subject);
    if (of == resources.size()) continue;
    add(lower_case(subject) + "_", subject_names + 2 * of);
    if (place != document_reference) continue;
    for (const std::string& further : names[subject_subjects + 2 * of]) {
      if (const std::size_t next = resources.number(further); next < resources.size())
        add(lower_case(further) + "_", subject_names + 2 * next);
    }
  }
  if (place < focuses.size()) add({}, focus_names + place);
  if (place == research_subject) add({}, condition_names);
  std::vector<Column> sorted;
  for (auto& [name, column] : out) sorted.push_back(std::move(column));
  return sorted;
}

}  // namespace

std::unique_ptr<Method> dataframe_method(const DocumentsRequest& request, const std::vector<std::string>& types) {
  static_assert(focuses[research_subject].row == "research_subject" && focuses[specimen].row == "specimen" &&
                focuses[document_reference].row == "document_reference");
  return std::make_unique<DataframeMethod>(request, types);
}

}  // namespace etl::flat
