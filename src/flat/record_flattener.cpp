#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <vector>

#include "fhir/json_text.hpp"
#include "flat/column_values.hpp"
#include "flat/cursor_values.hpp"
#include "flat/dictionary_layout.hpp"
#include "flat/json_members.hpp"
#include "flat/personal_identifiers.hpp"

namespace etl::flat {
namespace {

struct Member {
  std::string_view name;
  std::string_view value;
};

Key key_of(std::string_view type, std::string_view id, std::string& scratch) {
  scratch.assign(type).append(1, '/').append(id);
  return fhir::IdIndex::key_of(scratch);
}

class RecordFlattener final : public Flattener {
 public:
  RecordFlattener(const Sets& sets, const std::vector<std::unique_ptr<ColumnTable>>& tables,
                  const std::vector<std::string>& personal)
      : sets_(sets), tables_(tables), personal_(personal) {}

  void record(const simplify::Record& record, BlockRows& out) override {
    if (record.type == "Observation") {
      if (sets_.observation != Sets::none) row(sets_.observation, record, out);
    } else if (record.type == "Patient") {
      if (sets_.patient != Sets::none) row(sets_.patient, record, out);
      if (sets_.observation != Sets::none) patient(record, out);
    } else if (record.type == "DocumentReference") {
      if (sets_.file != Sets::none) row(sets_.file, record, out);
    } else if (record.type == "Condition" || record.type == "FamilyMemberHistory") {
      if (sets_.observation != Sets::none) condition(record, record.type != "Condition", out);
    }
  }

 private:
  void row(std::size_t set, const simplify::Record& record, BlockRows& out);
  void member(const ColumnTable& table, std::string_view name, std::string_view value, BlockRows& out);
  void relation_ids(const ColumnTable& table, const simplify::Record& record, Buffer& to);
  void patient(const simplify::Record& record, BlockRows& out);
  void condition(const simplify::Record& record, bool family, BlockRows& out);
  void family_conditions(const simplify::Source& source);
  void find_personal(std::string_view type, Losses& losses);
  void without_personal(std::string_view coded_name, std::string_view coded, std::string_view type, Losses& losses);
  [[nodiscard]] static const simplify::Relation* patient_of(const simplify::Record& record);
  [[nodiscard]] std::string_view plain_name(std::string_view name);
  [[nodiscard]] bool is_personal(std::string_view item);

  Sets sets_;
  const std::vector<std::unique_ptr<ColumnTable>>& tables_;
  PersonalIdentifiers personal_;
  std::vector<Member> members_;
  std::vector<bool> seen_;
  std::vector<std::string> others_;                           ///< names of members that have no column
  std::map<std::string, std::string, std::less<>> replaced_;  ///< members without their personal identifiers
  std::vector<std::string> shown_;                            ///< codes of a family's conditions, raw JSON
  std::vector<std::string> codings_;
  std::string name_;
  std::string scratch_;
};

/// Of the patients that a record refers to, the one that it is about.
const simplify::Relation* RecordFlattener::patient_of(const simplify::Record& record) {
  const simplify::Relation* found = nullptr;
  for (const simplify::Relation& relation : record.relations) {
    if (relation.dst_name != "patient") continue;
    const auto about = [](std::string_view key) { return key == "subject" || key == "patient"; };
    if (about(relation.key) || std::ranges::any_of(relation.keys, about)) return &relation;
    if (found == nullptr) found = &relation;
  }
  return found;
}

/// A member's name without escapes; valid until the next call.
std::string_view RecordFlattener::plain_name(std::string_view name) {
  if (name.find('\\') == std::string_view::npos) return name;
  fhir::unescape(name, name_);
  return name_;
}

/// Is `item`, a raw `system#value` with its quotes, of a system that stays out?
bool RecordFlattener::is_personal(std::string_view item) {
  if (item.size() < 2 || item.front() != '"') return false;
  item = item.substr(1, item.size() - 2);
  const std::size_t first = item.find('#');
  if (first == std::string_view::npos) return false;
  if (personal_.matches(item.substr(0, first))) return true;
  // A system may hold a # of its own.
  const std::size_t last = item.rfind('#');
  return last != first && personal_.matches(item.substr(0, last));
}

/// Puts what is left of `identifier` and `identifier_coding` (and of members that end so) into replaced_. The two are
/// parallel lists: `tail#value` and `system#value`.
void RecordFlattener::without_personal(std::string_view coded_name, std::string_view coded, std::string_view type,
                                       Losses& losses) {
  std::vector<bool> drop;
  each_item(coded, [&](std::string_view item) { drop.push_back(is_personal(item)); });
  const auto dropped = static_cast<std::uint64_t>(std::ranges::count(drop, true));
  if (dropped == 0) return;
  losses.add(Loss::personal, type, coded_name.substr(0, coded_name.size() - 7), dropped);
  const auto keep = [&](std::string_view name, std::string_view value) {
    std::size_t items = 0;
    each_item(value, [&](std::string_view) { ++items; });
    std::string kept = "[";
    std::size_t at = 0;
    each_item(value, [&](std::string_view item) {
      // Lists that are not parallel tell nothing of which item is which.
      const bool out = items == drop.size() ? drop[at] : true;
      ++at;
      if (out) return;
      if (kept.size() > 1) kept += ',';
      kept.append(item);
    });
    kept += ']';
    replaced_.insert_or_assign(std::string(name), std::move(kept));
  };
  keep(coded_name, coded);
  const std::string_view plain = coded_name.substr(0, coded_name.size() - 7);
  for (const Member& member : members_) {
    if (member.name == plain) keep(plain, member.value);
  }
}

void RecordFlattener::find_personal(std::string_view type, Losses& losses) {
  constexpr std::string_view coded = "identifier_coding";
  replaced_.clear();
  bool has_coded = false;
  for (const Member& member : members_) {
    if (!member.name.ends_with(coded)) continue;
    has_coded = true;
    without_personal(member.name, member.value, type, losses);
  }
  if (has_coded) return;
  // A record of another tool: the name is what is left of the system, with _ for -.
  for (const Member& member : members_) {
    if (member.name != "identifier") continue;
    std::string kept = "[";
    std::uint64_t dropped = 0;
    each_item(member.value, [&](std::string_view item) {
      std::string as_system(item);
      std::replace(as_system.begin(),
                   as_system.begin() + static_cast<std::ptrdiff_t>(std::min(as_system.find('#'), as_system.size())),
                   '_', '-');
      if (is_personal(as_system)) {
        ++dropped;
        return;
      }
      if (kept.size() > 1) kept += ',';
      kept.append(item);
    });
    if (dropped == 0) continue;
    losses.add(Loss::personal, type, "identifier", dropped);
    replaced_.insert_or_assign("identifier", kept + "]");
  }
}

void RecordFlattener::member(const ColumnTable& table, std::string_view name, std::string_view value, BlockRows& out) {
  Buffer& to = out.rows;
  const std::uint16_t number = table.find(name);
  const std::size_t begin = to.size();
  if (number != ColumnTable::none) {
    if (table.is_computed(number) || seen_[number]) return;
    const Column& column = table.at(number);
    to.append(",\"");
    to.append(std::string_view(column.name));
    to.append("\":");
    const Written written = write_value(to, column, value);
    if (written.loss) out.losses.add(*written.loss, table.type(), column.name);
    if (!written.any) {
      to.resize(begin);
    } else {
      seen_[number] = true;
    }
    return;
  }
  // The index does not show it: the dictionary does not have it. The document keeps it.
  if (value == "null") return;
  std::string usable = column_name(name);
  if (usable.starts_with("__")) usable.erase(0, 1);
  if (table.find(usable) != ColumnTable::none || std::ranges::find(others_, usable) != others_.end()) {
    out.losses.add(Loss::unusable_name, table.type(), usable);
    return;
  }
  to.append(",\"");
  to.append(std::string_view(usable));
  to.append("\":");
  const Column column{{}, Kind::keyword, value.starts_with('[')};
  const Written written = write_value(to, column, value);
  if (written.loss) out.losses.add(*written.loss, table.type(), usable);
  if (written.any) {
    others_.push_back(std::move(usable));
  } else {
    to.resize(begin);
  }
}

/// `patient_id`, `specimen_id`, … of the relations; of several to one type, the one that the record is about, else the
/// first.
void RecordFlattener::relation_ids(const ColumnTable& table, const simplify::Record& record, Buffer& to) {
  const simplify::Relation* const about = patient_of(record);
  for (std::size_t i = 0; i < record.relations.size(); ++i) {
    const simplify::Relation& relation = record.relations[i];
    if (relation.dst_name == "patient" && &relation != about) continue;
    const auto same_type = [&](const simplify::Relation& other) { return other.dst_name == relation.dst_name; };
    const auto before = record.relations.first(i);
    if (relation.dst_name != "patient" && std::ranges::any_of(before, same_type)) continue;
    scratch_.assign(relation.dst_name).append("_id");
    const std::uint16_t number = table.find(scratch_);
    if (number != ColumnTable::none && (table.is_computed(number) || seen_[number])) continue;
    if (number == ColumnTable::none) {
      if (!is_column_name(scratch_) || std::ranges::find(others_, scratch_) != others_.end()) continue;
      others_.push_back(scratch_);
    } else {
      seen_[number] = true;
    }
    to.append(",\"");
    to.append(std::string_view(scratch_));
    to.append("\":\"");
    to.append(relation.dst_id);
    to.append('"');
  }
}

void RecordFlattener::row(std::size_t set, const simplify::Record& record, BlockRows& out) {
  const ColumnTable& table = *tables_[set];
  members_.clear();
  each_member(record.object, [&](std::string_view name, std::string_view value) { members_.push_back({name, value}); });
  find_personal(table.type(), out.losses);
  seen_.assign(table.size(), false);
  others_.clear();

  out.begin_row(set, record.id, key_of(record.type, record.id, scratch_));
  if (set == sets_.observation) {
    const simplify::Relation* const about = patient_of(record);
    out.rows.append(about == nullptr ? '0' : '1');
    const Key key = about == nullptr ? Key{} : key_of("Patient", about->dst_id, scratch_);
    out.rows.append({reinterpret_cast<const char*>(&key.high), sizeof key.high});
    out.rows.append({reinterpret_cast<const char*>(&key.low), sizeof key.low});
  }
  out.rows.append("{\"id\":\"");
  out.rows.append(record.id);
  out.rows.append('"');
  // Before the members: an id of a relation is ours, whatever an extension is called.
  if (set != sets_.patient) relation_ids(table, record, out.rows);
  for (const Member& one : members_) {
    std::string_view value = one.value;
    if (!replaced_.empty()) {
      if (const auto found = replaced_.find(one.name); found != replaced_.end()) value = found->second;
    }
    member(table, plain_name(one.name), value, out);
  }
  out.end_row();
}

/// One value of what may be a list; empty for null, objects and lists of nothing.
std::string_view first_value(std::string_view value) {
  std::string_view out;
  each_item(value, [&](std::string_view item) {
    if (out.empty() && item != "null" && !item.starts_with('{') && !item.starts_with('[')) out = item;
  });
  return out;
}

void RecordFlattener::patient(const simplify::Record& record, BlockRows& out) {
  // For a column, the members that it may be taken from: the first that is there.
  static constexpr std::array<std::array<std::string_view, 3>, 2> fallbacks{
      {{"us_core_race", "us_core_race_text", "us_core_race_ombCategory"},
       {"us_core_ethnicity", "us_core_ethnicity_text", "us_core_ethnicity_ombCategory"}}};
  std::array<std::string_view, patient_columns.size()> values{};
  std::array<std::size_t, patient_columns.size()> ranks;
  ranks.fill(SIZE_MAX);
  each_member(record.object, [&](std::string_view name, std::string_view value) {
    for (std::size_t i = 0; i < patient_columns.size(); ++i) {
      std::size_t rank = name == patient_columns[i] ? 0 : SIZE_MAX;
      if (i < fallbacks.size()) {
        const auto found = std::ranges::find(fallbacks[i], name);
        if (found != fallbacks[i].end()) rank = static_cast<std::size_t>(found - fallbacks[i].begin());
      }
      if (rank >= ranks[i]) continue;
      const std::string_view one = first_value(value);
      if (one.empty()) continue;
      ranks[i] = rank;
      values[i] = one;
    }
  });
  Buffer& to = out.side_text;
  for (std::size_t i = 0; i < patient_columns.size(); ++i) {
    if (values[i].empty()) continue;
    to.append(",\"");
    to.append(patient_columns[i]);
    to.append("\":");
    to.append(values[i]);
  }
  out.end_side(patients, key_of(record.type, record.id, scratch_));
}

/// A FamilyMemberHistory has its conditions a level deeper than records go, unless the configuration plucks them.
void RecordFlattener::family_conditions(const simplify::Source& source) {
  fhir::Cursor cursor = source.document;
  const auto coding = [&] {
    std::string_view system;
    std::string_view code;
    std::string_view display;
    each_member(cursor, [&](std::string_view name) {
      if (name == "system") {
        system = string_at(cursor);
      } else if (name == "code") {
        code = string_at(cursor);
      } else if (name == "display") {
        display = string_at(cursor);
      } else {
        cursor.skip();
      }
    });
    if (!code.empty()) codings_.push_back(std::string("\"").append(system).append("#").append(code).append("\""));
    const std::string_view one = display.empty() ? code : display;
    if (!one.empty()) shown_.push_back(std::string("\"").append(one).append("\""));
  };
  const auto code_of = [&] {
    std::string_view text;
    const std::size_t before = shown_.size();
    each_member(cursor, [&](std::string_view name) {
      if (name == "coding") {
        each_item(cursor, coding);
      } else if (name == "text") {
        text = string_at(cursor);
      } else {
        cursor.skip();
      }
    });
    if (shown_.size() == before && !text.empty()) shown_.push_back(std::string("\"").append(text).append("\""));
  };
  each_member(cursor, [&](std::string_view name) {
    if (name != "condition") {
      cursor.skip();
      return;
    }
    each_item(cursor, [&] {
      each_member(cursor, [&](std::string_view part) {
        if (part == "code") {
          code_of();
        } else {
          cursor.skip();
        }
      });
    });
  });
}

/// Appends each code as the number of its column, its size and its raw JSON.
void RecordFlattener::condition(const simplify::Record& record, bool family, BlockRows& out) {
  const simplify::Relation* const about = patient_of(record);
  if (about == nullptr) return;
  std::string_view shown;
  std::string_view text;
  std::string_view coding;
  each_member(record.object, [&](std::string_view name, std::string_view value) {
    // The configuration may pluck the conditions of a FamilyMemberHistory.
    if (family && name.starts_with("condition_")) name.remove_prefix(10);
    if (name == "code") shown = value;
    if (name == "code_text") text = value;
    if (name == "code_coding") coding = value;
  });
  if (shown.empty()) shown = text;
  const auto add = [&](std::size_t column, std::string_view value) {
    if (!value.starts_with('"')) return;
    const auto size = static_cast<std::uint32_t>(value.size());
    out.side_text.append(static_cast<char>(column));
    out.side_text.append({reinterpret_cast<const char*>(&size), sizeof size});
    out.side_text.append(value);
  };
  const auto add_all = [&](std::size_t column, std::string_view values) {
    if (!values.empty()) each_item(values, [&](std::string_view value) { add(column, value); });
  };
  shown_.clear();
  codings_.clear();
  if (family && record.source != nullptr) family_conditions(*record.source);
  if (shown_.empty() && codings_.empty()) {
    add_all(family ? 2 : 0, shown);
    add_all(family ? 3 : 1, coding);
  } else {
    for (const std::string& one : shown_) add(2, one);
    for (const std::string& one : codings_) add(3, one);
  }
  out.end_side(codes_of_patients, key_of("Patient", about->dst_id, scratch_));
}

}  // namespace

std::unique_ptr<Flattener> record_flattener(const Sets& sets, const std::vector<std::unique_ptr<ColumnTable>>& tables,
                                            const std::vector<std::string>& personal) {
  return std::make_unique<RecordFlattener>(sets, tables, personal);
}

}  // namespace etl::flat
