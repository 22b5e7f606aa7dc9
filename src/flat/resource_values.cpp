#include <algorithm>
#include <array>
#include <string>

#include "flat/column_values.hpp"
#include "flat/cursor_values.hpp"
#include "flat/resource_columns.hpp"
#include "flat/shown_value.hpp"

// ResourceColumns: what has a value[x], that is extensions and Observations.

namespace etl::flat {
namespace {

using fhir::Cursor;
using fhir::Type;

bool is_upper_case(char c) { return c >= 'A' && c <= 'Z'; }

/// `valueQuantity` -> `Quantity`; empty for what is no value[x].
std::string_view value_kind(std::string_view name) {
  constexpr std::string_view prefix = "value";
  if (!name.starts_with(prefix) || name.size() == prefix.size() || !is_upper_case(name[prefix.size()])) return {};
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
