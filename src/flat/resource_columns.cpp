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

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

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

}  // namespace etl::flat
