#include "flat/resource_columns.hpp"

#include <algorithm>
#include <array>

#include "flat/column_values.hpp"
#include "flat/cursor_values.hpp"
#include "flat/shown_value.hpp"

namespace etl::flat {
namespace {

using fhir::Cursor;
using fhir::Element;
using fhir::Model;
using fhir::Type;

constexpr std::array<std::string_view, 3> kept_names{"id", "identifier", "resourceType"};
/// Servers take no longer names of fields.
constexpr std::size_t longest_name = 255;

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// `valueQuantity` -> `Quantity`; empty for what is no value[x].
std::string_view value_kind(std::string_view name) {
  constexpr std::string_view prefix = "value";
  if (!name.starts_with(prefix) || name.size() == prefix.size() || !is_upper(name[prefix.size()])) return {};
  return name.substr(prefix.size());
}

/// The text of a CodeableConcept.
std::string_view concept_text(Cursor& cursor) {
  std::string_view text;
  each_member(cursor, [&](std::string_view name) {
    if (name == "text") {
      text = string_at(cursor);
    } else {
      cursor.skip();
    }
  });
  return text;
}

}  // namespace

std::string_view last_segment(std::string_view url) noexcept {
  const std::size_t slash = url.rfind('/');
  return slash == std::string_view::npos ? url : url.substr(slash + 1);
}

std::string extension_column(std::string_view url) {
  const std::string_view name = last_segment(url);
  std::string snake;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    const char before = i == 0 ? '\0' : name[i - 1];
    const char after = i + 1 == name.size() ? '\0' : name[i + 1];
    const bool word = is_upper(c) && ((is_lower(before) || is_digit(before)) || (is_upper(before) && is_lower(after)));
    if (word) snake += '_';
    snake += c == '-' ? '_' : is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c;
  }
  std::string_view text = snake;
  if (text.ends_with(".json")) text.remove_suffix(5);
  constexpr std::string_view definition = "structure_definition_";
  if (text.starts_with(definition)) text.remove_prefix(definition.size());
  return column_name(text);
}

bool ResourceColumns::is_kept(const Type& type, std::string_view name) {
  return std::ranges::find(kept_names, name) != kept_names.end() || kind_of_own_column(type, name) != Kind::keyword;
}

void ResourceColumns::set(std::string_view name, std::string_view value, std::string_view origin) {
  if (name.size() > longest_name) {
    lose(Loss::unusable_name, name.substr(0, longest_name));
    return;
  }
  if (!origin.empty() && is_kept(*type_, name)) {
    out_->set(std::string(name).append("__").append(origin), value);
  } else {
    out_->set(name, value);
  }
}

void ResourceColumns::set_text(std::string_view name, std::string_view raw, std::string_view origin) {
  value_.assign(1, '"').append(raw).append(1, '"');
  set(name, value_, origin);
}

void ResourceColumns::find_members(Cursor document) {
  document_ = document;
  member_count_ = 0;
  Cursor cursor = document;
  each_member(cursor, [&](std::string_view name) {
    if (member_count_ == members_.size()) members_.emplace_back();
    Member& member = members_[member_count_++];
    member.name.assign(plain_text(name, scratch_));
    member.at = cursor.position();
    cursor.skip();
  });
}

const ResourceColumns::Member* ResourceColumns::find(std::string_view name) const {
  for (std::size_t i = 0; i < member_count_; ++i) {
    if (members_[i].name == name) return &members_[i];
  }
  return nullptr;
}

Cursor ResourceColumns::at(const Member& member) const {
  Cursor cursor = document_;
  cursor.rewind(member.at);
  return cursor;
}

void ResourceColumns::own(const Type& type, std::string_view id, Cursor document, ColumnList& out, Losses& losses) {
  type_ = &type;
  out_ = &out;
  losses_ = &losses;
  out.clear();
  find_members(document);
  identifiers();
  scalars(id);
  if (type.name == "Condition") {
    condition_coding();
  } else {
    codings();
  }
  if (const Member* const member = find("extension")) {
    Cursor cursor = at(*member);
    extensions(cursor);
  }
  if (type.name == "DocumentReference") attachments();
  if (type.name == "MedicationAdministration") medication_administration();
  if (type.name == "Observation") value_of_observation();
}

/// The first one, and the last that is official, is `identifier`; the others are named by their systems.
void ResourceColumns::identifiers() {
  out_->set("identifier", "null");
  const Member* const member = find("identifier");
  if (member == nullptr) return;
  Cursor cursor = at(*member);
  bool first = true;
  each_item(cursor, [&] {
    std::string_view system;
    std::string_view value;
    std::string_view use;
    each_member(cursor, [&](std::string_view name) {
      if (name == "system") {
        system = string_at(cursor);
      } else if (name == "value") {
        value = string_at(cursor);
      } else if (name == "use") {
        use = string_at(cursor);
      } else {
        cursor.skip();
      }
    });
    if (personal_.matches(system)) {
      lose(Loss::personal, "identifier");
      return;
    }
    const bool main = first || use == "official";
    first = false;
    if (value.empty() || (!main && system.empty())) {
      lose(Loss::unreadable, "identifier");
    } else if (main) {
      set_text("identifier", value, {});
    } else {
      set_text("identifier_" + column_name(last_segment(plain_text(system, scratch_))), value, "other");
    }
  });
}

/// The elements that are one string, number or boolean.
void ResourceColumns::scalars(std::string_view id) {
  bool has_id = false;
  for (std::size_t i = 0; i < member_count_; ++i) {
    const Member& member = members_[i];
    Cursor cursor = at(member);
    const char c = cursor.peek();
    if (c == '{' || c == '[') continue;
    // An Observation shows it under the name of its code.
    if (member.name == "valueString" && type_->name == "Observation") continue;
    if (member.name == "id") {
      has_id = true;
      set_text("id", id, {});
      continue;
    }
    if (c == '"') {
      const std::string_view text = cursor.string();
      const Kind kind = kind_of_own_column(*type_, member.name);
      if (kind == Kind::keyword) {
        set_text(column_name(member.name), text, {});
        continue;
      }
    }
    cursor.rewind(member.at);
    value_.clear();
    if (c == '"') {
      value_.assign(1, '"').append(cursor.string()).append(1, '"');
    } else {
      value_.assign(cursor.scalar());
    }
    number_.clear();
    const Written written = write_scalar(number_, kind_of_own_column(*type_, member.name), value_);
    if (written.loss) lose(*written.loss, member.name);
    if (written.any) set(column_name(member.name), number_.view(), {});
  }
  if (!has_id) set_text("id", id, {});
}

void ResourceColumns::codings() {
  static constexpr std::array<std::string_view, 4> passed_over{"identifier", "extension", "component", "code"};
  for (std::size_t i = 0; i < member_count_; ++i) {
    const Member& member = members_[i];
    if (std::ranges::find(passed_over, member.name) != passed_over.end()) continue;
    coding_member(*type_, member.name, at(member));
  }
}

/// The codings of an object: its own, which counts when it has a code and stands in a list, and those below it.
void ResourceColumns::find_codings(Cursor& cursor, const Type* type, bool in_list, bool coding_list, Codings& out) {
  const std::size_t before = out.count;
  std::string_view code;
  std::string_view display;
  std::string_view text;
  each_member(cursor, [&](std::string_view name) {
    if (cursor.peek() == '"') {
      const std::string_view value = cursor.string();
      if (name == "code") code = value;
      if (name == "display") display = value;
      if (name == "text") text = value;
      return;
    }
    const Element* const element = type == nullptr ? nullptr : type->find(name);
    find_codings_below(cursor, element, name, out);
  });
  if (out.count != before) return;
  if ((in_list && !code.empty()) || (coding_list && !display.empty())) {
    out.last = display.empty() ? code : display;
    ++out.count;
  } else if (type != nullptr && type->name == "CodeableConcept" && !text.empty()) {
    out.last = text;
    ++out.count;
  }
}

void ResourceColumns::find_codings_below(Cursor& cursor, const Element* element, std::string_view name, Codings& out) {
  const Type* const type = element != nullptr && element->shape == fhir::Shape::object ? element->type : nullptr;
  const char c = cursor.peek();
  if (c == '{') {
    find_codings(cursor, type, false, false, out);
  } else if (c == '[') {
    const bool coding = name == "coding";
    each_item(cursor, [&] {
      if (cursor.peek() == '{') {
        find_codings(cursor, type, true, coding, out);
      } else {
        find_codings_below(cursor, element, name, out);
      }
    });
  } else {
    cursor.skip();
  }
}

/// One column with the last coding below the member. A list of concepts gives a column for each system.
void ResourceColumns::coding_member(const Type& type, std::string_view name, Cursor cursor) {
  const char c = cursor.peek();
  if (c != '{' && c != '[') return;
  const Element* const element = type.find(name);
  const Type* const of = element != nullptr && element->shape == fhir::Shape::object ? element->type : nullptr;
  const std::string column = column_name(name);
  if (c == '{') {
    Codings found;
    find_codings(cursor, of, false, false, found);
    if (found.count > 0) set_text(column, found.last, "coding");
    return;
  }
  // How many are there? A single one goes by the name of the element.
  Cursor ahead = cursor;
  std::size_t items = 0;
  each_item(ahead, [&] {
    ++items;
    ahead.skip();
  });
  each_item(cursor, [&] {
    Codings found;
    if (cursor.peek() != '{') {
      find_codings_below(cursor, element, name, found);
      if (found.count > 0) set_text(column, found.last, "coding");
      return;
    }
    // Has it codings of its own? Then it is a concept.
    Cursor look = cursor;
    std::string_view system;
    bool first = true;
    each_member(look, [&](std::string_view member) {
      if (member != "coding") {
        look.skip();
        return;
      }
      each_item(look, [&] {
        std::string_view own;
        each_member(look, [&](std::string_view part) {
          if (part == "system") {
            own = string_at(look);
          } else {
            look.skip();
          }
        });
        if (first) system = own;
        first = false;
      });
    });
    find_codings(cursor, of, true, false, found);
    if (found.count == 0) return;
    if (items > 1 && !system.empty()) {
      set_text(column_name(last_segment(plain_text(system, scratch_))), found.last, "coding");
    } else {
      set_text(column, found.last, "coding");
    }
  });
}

/// A Condition's code, in a column that is named by its category.
void ResourceColumns::condition_coding() {
  const Member* const code = find("code");
  if (code == nullptr) return;
  const auto last_of = [&](const Member& member) {
    Codings found;
    Cursor cursor = at(member);
    find_codings_below(cursor, type_->find(member.name), member.name, found);
    return found.count > 0 ? found.last : std::string_view{};
  };
  const std::string_view value = last_of(*code);
  if (value.empty()) {
    lose(Loss::unreadable, "code");
    return;
  }
  const Member* const category = find("category");
  const std::string_view name = category == nullptr ? std::string_view{} : last_of(*category);
  set_text(name.empty() ? "code" : column_name(plain_text(name, scratch_)), value, "coding");
}

void ResourceColumns::extensions(Cursor& cursor) {
  each_item(cursor, [&] { extension(cursor, {}); });
}

/// The Extension at the cursor. Of a nested one, `text` is the value of the whole, and any other child is a column of
/// its own: `us_core_race`, `us_core_race__omb_category`.
void ResourceColumns::extension(Cursor& cursor, const std::string& outer) {
  if (cursor.peek() != '{') {
    cursor.skip();
    return;
  }
  std::string_view url;
  Cursor ahead = cursor;
  each_member(ahead, [&](std::string_view name) {
    if (name == "url") {
      url = string_at(ahead);
    } else {
      ahead.skip();
    }
  });
  const std::string own = extension_column(plain_text(url, scratch_));
  const std::string name = outer.empty() ? own : outer + "__" + own;
  if (name.size() > longest_name) {  // however deep they are nested
    lose(Loss::unusable_name, name.substr(0, longest_name));
    cursor.skip();
    return;
  }

  std::string whole;       // the value of the child `text`
  std::string categories;  // what is shown of the children `ombCategory`
  each_member(cursor, [&](std::string_view member) {
    if (const std::string_view kind = value_kind(member); !kind.empty()) {
      if (shown_value(cursor, kind, value_)) {
        set(name, value_, "extension");
      } else {
        lose(Loss::unreadable, name);
      }
    } else if (member == "extension") {
      each_item(cursor, [&] {
        // `text` and `ombCategory` are looked at first, then the child is read like any other.
        Cursor child = cursor;
        std::string_view child_url;
        std::string shown;
        bool has = false;
        each_member(child, [&](std::string_view part) {
          if (part == "url") {
            child_url = string_at(child);
          } else if (const std::string_view of = value_kind(part); !of.empty()) {
            has = shown_value(child, of, shown);
          } else {
            child.skip();
          }
        });
        if (child_url == "text" && has) {
          whole = shown;
          cursor.skip();
          return;
        }
        if (child_url == "ombCategory" && has && shown.size() > 2 && shown.front() == '"') {
          if (!categories.empty()) categories += ' ';
          categories.append(shown, 1, shown.size() - 2);
        }
        extension(cursor, name);
      });
    } else {
      cursor.skip();
    }
  });
  if (!whole.empty()) {
    set(name, whole, "extension");
  } else if (!categories.empty()) {
    set_text(name, categories, "extension");
  }
}

/// What an Attachment has, of the last one that has it.
void ResourceColumns::attachments() {
  const Member* const content = find("content");
  if (content == nullptr) return;
  Cursor cursor = at(*content);
  bool first = true;
  each_item(cursor, [&] {
    each_member(cursor, [&](std::string_view name) {
      if (name != "attachment") {
        cursor.skip();
        return;
      }
      if (!first) lose(Loss::overwritten, "content.attachment");
      first = false;
      attachment(cursor);
      cursor.skip();
    });
  });
}

void ResourceColumns::attachment(Cursor cursor) {
  static const Type& type = *Model::r5().type("Attachment");
  const Cursor begin = cursor;
  each_member(cursor, [&](std::string_view raw) {
    const char c = cursor.peek();
    if (c == '{' || c == '[') {
      cursor.skip();
      return;
    }
    const std::string name(plain_text(raw, scratch_));
    const std::string_view token = c == '"' ? cursor.string() : cursor.scalar();
    value_.assign(token);
    if (c == '"') value_.insert(0, 1, '"').push_back('"');
    const bool kept = std::ranges::find(kept_names, name) != kept_names.end();
    number_.clear();
    const Written written = write_scalar(number_, kind_of_own_column(*type_, name), value_);
    if (written.loss) lose(*written.loss, name);
    if (written.any) set(column_name(name), number_.view(), kept ? "attachment" : "");
  });
  cursor = begin;
  each_member(cursor, [&](std::string_view raw) {
    if (raw != "extension") coding_member(type, std::string(plain_text(raw, scratch_)), cursor);
    cursor.skip();
  });
  cursor = begin;
  each_member(cursor, [&](std::string_view raw) {
    if (raw == "extension") {
      extensions(cursor);
    } else {
      cursor.skip();
    }
  });
}

void ResourceColumns::medication_administration() {
  const auto number_below = [](Cursor& cursor, std::string_view member) {
    std::string_view out;
    each_member(cursor, [&](std::string_view name) {
      if (name == member) {
        out = number_at(cursor);
      } else {
        cursor.skip();
      }
    });
    return out;
  };
  const auto put = [&](std::string_view name, std::string_view value) {
    number_.clear();
    const Written written = write_scalar(number_, Kind::double_decimal, value);
    if (written.loss) lose(*written.loss, name);
    if (written.any) set(name, number_.view(), {});
  };
  if (const Member* const dosage = find("dosage")) {
    Cursor cursor = at(*dosage);
    each_member(cursor, [&](std::string_view name) {
      if (name == "dose") {
        put("total_dosage", number_below(cursor, "value"));
      } else {
        cursor.skip();
      }
    });
  }
  if (const Member* const timing = find("occurenceTiming")) {
    Cursor cursor = at(*timing);
    // A 0 is written as nothing: there is no day 0.
    const auto day = [&](std::string_view name) {
      const std::string_view value = number_below(cursor, "value");
      const bool zero = value.find_first_not_of("-0.eE+") == std::string_view::npos;
      if (!zero) put(name, value);
    };
    each_member(cursor, [&](std::string_view name) {
      if (name != "repeat") {
        cursor.skip();
        return;
      }
      each_member(cursor, [&](std::string_view of_repeat) {
        if (of_repeat != "boundsRange") {
          cursor.skip();
          return;
        }
        each_member(cursor, [&](std::string_view end) {
          if (end == "low") {
            day("index_date_start_days");
          } else if (end == "high") {
            day("index_date_end_days");
          } else {
            cursor.skip();
          }
        });
      });
    });
  }
  if (const Member* const identifier = find("identifier")) {
    Cursor cursor = at(*identifier);
    each_item(cursor, [&] {
      std::string_view system;
      std::string_view value;
      each_member(cursor, [&](std::string_view name) {
        if (name == "system") {
          system = string_at(cursor);
        } else if (name == "value") {
          value = string_at(cursor);
        } else {
          cursor.skip();
        }
      });
      if (plain_text(system, scratch_).ends_with("/regimen") && !value.empty() && !personal_.matches(system))
        set_text("regimen_id", value, {});
    });
  }
}

/// An Observation's value, under the name of its code.
void ResourceColumns::value_of_observation() {
  const Member* const code = find("code");
  for (std::size_t i = 0; i < member_count_; ++i) {
    const std::string_view kind = value_kind(members_[i].name);
    if (kind.empty()) continue;
    std::string_view text;
    if (code != nullptr) {
      Cursor cursor = at(*code);
      text = concept_text(cursor);
    }
    const std::string name =
        column_name(text.empty() ? std::string_view(members_[i].name) : plain_text(text, scratch_));
    // A number has its column already.
    if (text.empty() && kind_of_own_column(*type_, name) != Kind::keyword) continue;
    Cursor cursor = at(members_[i]);
    if (shown_value(cursor, kind, value_)) {
      set(name, value_, "value");
    } else {
      lose(Loss::unreadable, name);
    }
  }
}

void ResourceColumns::observation(const Type& row, Cursor document, ColumnList& out, Losses& losses) {
  out.clear();
  const auto name_of_column = [&](std::string_view text, std::string_view member) {
    std::string name = column_name(text.empty() ? member : plain_text(text, scratch_));
    if (is_kept(row, name)) name += "__observation";
    return name;
  };
  const auto put = [&](Cursor& cursor, std::string_view kind, const std::string& name) {
    if (name.size() > longest_name) {
      losses.add(Loss::unusable_name, "Observation", name.substr(0, longest_name));
      cursor.skip();
    } else if (shown_value(cursor, kind, value_)) {
      if (out.set(name, value_)) losses.add(Loss::overwritten, "Observation", name);
    } else {
      losses.add(Loss::unreadable, "Observation", name);
    }
  };
  // A value is named by the code, which may come behind it.
  const auto valued = [&](const Cursor& begin, std::string_view& text) {
    Cursor cursor = begin;
    each_member(cursor, [&](std::string_view name) {
      if (name == "code" && cursor.peek() == '{') {
        text = concept_text(cursor);
      } else {
        cursor.skip();
      }
    });
    cursor = begin;
    each_member(cursor, [&](std::string_view name) {
      const std::string_view kind = value_kind(name);
      if (kind.empty()) {
        cursor.skip();
      } else {
        put(cursor, kind, name_of_column(text, name));
      }
    });
  };
  std::string_view text;
  valued(document, text);
  Cursor cursor = document;
  each_member(cursor, [&](std::string_view name) {
    if (name != "component") {
      cursor.skip();
      return;
    }
    each_item(cursor, [&] {
      std::string_view of_component;
      valued(cursor, of_component);
      cursor.skip();
    });
  });
  if (!text.empty()) {
    value_.assign(1, '"').append(text).append(1, '"');
    out.set("observation_code", value_);
  }
}

}  // namespace etl::flat
