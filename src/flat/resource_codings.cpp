#include <string>

#include "flat/cursor_values.hpp"
#include "flat/resource_columns.hpp"
#include "flat/shown_value.hpp"

// ResourceColumns: the codings of a resource.

namespace etl::flat {

namespace {

using fhir::Cursor;
using fhir::Element;
using fhir::Type;

}  // namespace

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

}  // namespace etl::flat
