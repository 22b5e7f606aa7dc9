#pragma once

// The parts of Walker that check what joins several members of an object, or several objects of a resource; included by
// walker.cpp only.

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/text.hpp"
#include "fhir/walker.hpp"
#include "fhir/xhtml.hpp"

namespace etl::fhir {

/// A value as an issue shows it.
inline std::string shown(std::string_view text) { return shortened(text, 60); }

/// The items of the array at the cursor.
inline std::vector<const std::uint32_t*> items(Cursor cursor) {
  std::vector<const std::uint32_t*> out;
  cursor.expect('[', "'['");
  if (cursor.empty(']')) return out;
  do {
    out.push_back(cursor.position());
    cursor.skip();
  } while (cursor.more(']'));
  return out;
}

/// A primitive that is not what its type asks for.
template <bool Validate>
void Walker<Validate>::check_format(const Element& element, const Token& token, std::string_view text) {
  const bool file = element.owner->name == "Attachment" || is_source_path(element);
  if ((element.primitive == Primitive::url || element.primitive == Primitive::uri) && file &&
      is_path_with_blanks(text)) {
    warn(IssueKind::blank_in_path, element, {}, [] { return "a space in the URL of a file; expected %20"; });
    return;
  }
  issue(element.primitive == Primitive::decimal ? IssueKind::storage : IssueKind::format,
        static_cast<std::uint32_t>(token.raw.data() - cursor.base()),
        fmt::format("\"{}\"; expected {}", shown(text), describe(element.primitive)));
}

template <bool Validate>
void Walker<Validate>::check_narrative(const Token& token, std::string_view text) {
  if (std::string wrong = xhtml_problem(text); !wrong.empty()) {
    issue(IssueKind::format, static_cast<std::uint32_t>(token.raw.data() - cursor.base()), std::move(wrong));
  }
}

/// Text that begins with white space or was written with escapes.
template <bool Validate>
void Walker<Validate>::check_characters(const Element& element, std::string_view text, bool escaped) {
  if (!has_visible(text)) {
    warn(IssueKind::text, element, "blank", [] { return "text that is only white space"; });
  } else if (escaped && has_control(text)) {
    warn(IssueKind::text, element, "control",
         [] { return "a control character in a text; expected only tab, line feed and carriage return"; });
  }
}

/// Is it the value of an extension whose url ends in `source_path`?
template <bool Validate>
bool Walker<Validate>::is_source_path(const Element& element) {
  if (element.owner->rule != Rule::extension || element.choice == 0 || depth_ == 0) return false;
  Cursor again = cursor;
  again.rewind(marks_[depth_ - 1].members);
  do {
    const bool url = again.key() == "url";
    if (url && again.peek() == '"') return again.string().ends_with("source_path");
    again.skip();
  } while (again.more('}'));
  return false;
}

/// Values of primitives and their companions, of the object that has just been read.
template <bool Validate>
void Walker<Validate>::check_companions(const Type& type) {
  struct Pair {
    const Element* element;
    const std::uint32_t* value = nullptr;
    const std::uint32_t* companion = nullptr;
  };
  std::vector<Pair> pairs;
  Cursor again = cursor;
  again.rewind(marks_[depth_ - 1].members);
  do {
    const std::string name(plain(again.key()));
    const bool companion = name.starts_with('_');
    const Element* const element = type.find(std::string_view(name).substr(companion ? 1 : 0));
    if (element != nullptr && element->companion) {
      auto pair = std::ranges::find(pairs, element, &Pair::element);
      if (pair == pairs.end()) pair = pairs.insert(pairs.end(), Pair{element});
      (companion ? pair->companion : pair->value) = again.position();
    }
    again.skip();
  } while (again.more('}'));
  for (const Pair& pair : pairs) check_companion(*pair.element, pair.value, pair.companion);
  frames_[depth_ - 1].element = nullptr;
  frames_[depth_ - 1].index = -1;
}

/// One primitive: where its values and its companion stand, or null.
template <bool Validate>
void Walker<Validate>::check_companion(const Element& element, const std::uint32_t* value,
                                       const std::uint32_t* companion) {
  const auto at = [&](const std::uint32_t* position) {
    Cursor there = cursor;
    there.rewind(position);
    return there;
  };
  // Without a value, a companion must have more than an id. Empty objects and other JSON have been reported.
  const auto says_something = [&](const std::uint32_t* position) {
    Cursor there = at(position);
    if (there.peek() != '{') return there.peek() != 'n';
    there.expect('{', "'{'");
    if (there.empty('}')) return true;
    do {
      if (plain(there.key()) != "id") return true;
      there.skip();
    } while (there.more('}'));
    return false;
  };
  Frame& frame = frames_[depth_ - 1];
  frame.element = &element;
  frame.index = -1;
  if (!element.many) {
    if (value == nullptr && !says_something(companion)) {
      issue(IssueKind::cardinality, *companion,
            "only an id; expected a value, or an extension that says why there is none");
    }
    return;
  }
  if ((value != nullptr && at(value).peek() != '[') || (companion != nullptr && at(companion).peek() != '[')) return;
  const auto values = value == nullptr ? std::vector<const std::uint32_t*>{} : items(at(value));
  const auto companions = companion == nullptr ? std::vector<const std::uint32_t*>{} : items(at(companion));
  if (value != nullptr && companions.size() > values.size()) {
    issue(IssueKind::cardinality, *companions[values.size()],
          fmt::format("\"_{}\" has {} items; expected no more than the {} of \"{}\"", element.name, companions.size(),
                      values.size(), element.name));
  }
  const std::size_t count = value == nullptr ? companions.size() : values.size();
  for (std::size_t i = 0; i < count; ++i) {
    if (i < values.size() && at(values[i]).peek() != 'n') continue;
    if (i < companions.size() && says_something(companions[i])) continue;
    frame.index = static_cast<int>(i);
    issue(value == nullptr ? IssueKind::cardinality : IssueKind::wrong_type,
          i < values.size() ? *values[i] : *companions[i],
          fmt::format("no value; expected one, or an extension in \"_{}\" that says why there is none", element.name));
    frame.index = -1;
  }
}

/// A companion alone takes a choice, too.
template <bool Validate>
void Walker<Validate>::check_choices(const Type& type, const ElementSet& seen, const ElementSet& companions,
                                     std::uint32_t choices) {
  for (const Element& element : type.elements) {
    if (element.choice == 0 || !companions.contains(element.index) || seen.contains(element.index)) continue;
    const std::uint32_t bit = 1U << (element.choice - 1U);
    if ((choices & bit) != 0) {
      issue(IssueKind::choice,
            fmt::format("\"_{}\" beside another type of the same choice; expected only one", element.name));
    }
    choices |= bit;
  }
}

/// ext-1: a value or nested extensions, not both.
template <bool Validate>
void Walker<Validate>::check_extension(const Type& type, const ElementSet& seen, const ElementSet& companions,
                                       std::uint32_t choices) {
  static const std::uint16_t nested = type.find("extension")->index;
  const bool has_value =
      choices != 0 || (!companions.empty() && std::ranges::any_of(type.elements, [&](const Element& e) {
        return e.choice != 0 && companions.contains(e.index);
      }));
  if (has_value != seen.contains(nested)) [[likely]]
    return;
  if (has_value) {
    issue(IssueKind::choice, "an extension with a value and with extensions; expected one of them");
  } else if (seen.contains(type.find("url")->index)) {
    issue(IssueKind::cardinality, "an extension without a value and without extensions; expected one of them");
  }
}

/// The object that has just been read is the value of `holder`, which has a required binding: one of its codings must
/// be in the value set.
template <bool Validate>
void Walker<Validate>::check_coded(const Element& holder, const Type& type) {
  Cursor there = cursor;
  there.rewind(marks_[depth_ - 1].members);
  const auto each_member = [](Cursor& at, auto&& member) {
    do {
      const std::string_view name = at.key();
      if (!member(name)) at.skip();
    } while (at.more('}'));
  };
  bool fits = false;
  std::string first;
  bool any = false;
  const auto coding = [&](Cursor& at) {
    std::string_view system;
    std::string_view code;
    std::string kept_system;  // only a text with escapes has to be kept
    std::string kept_code;
    each_member(at, [&](std::string_view name) {
      const bool is_system = name == "system";
      if ((!is_system && name != "code") || at.peek() != '"') return false;
      const std::string_view raw = at.string();
      std::string_view text = plain(raw);
      if (text.data() != raw.data()) text = (is_system ? kept_system : kept_code) = text;
      (is_system ? system : code) = text;
      return true;
    });
    if (code.empty()) return;
    fits = fits || Model::r5().coding_in_binding(holder.binding, system, code);
    if (!any && !fits) first = system.empty() ? std::string(code) : std::string(system).append("#").append(code);
    any = true;
  };
  const auto in_object = [](Cursor& at) {
    if (at.peek() != '{') return false;
    at.expect('{', "'{'");
    return !at.empty('}');
  };
  const auto concept_ = [&](Cursor& at) {
    each_member(at, [&](std::string_view name) {
      if (name == "text" && first.empty() && at.peek() == '"') first = plain(Cursor(at).string());
      if (name != "coding" || at.peek() != '[') return false;
      Cursor list = at;
      list.expect('[', "'['");
      if (list.empty(']')) return false;
      do {
        Cursor one = list;
        if (in_object(one)) coding(one);
        list.skip();
      } while (list.more(']'));
      return false;
    });
  };
  if (type.name == "Coding") {
    coding(there);
  } else if (type.name == "CodeableConcept") {
    concept_(there);
  } else {
    each_member(there, [&](std::string_view name) {
      if (name != "concept") return false;
      Cursor one = there;
      if (in_object(one)) concept_(one);
      return false;
    });
  }
  // A value that is not coded at all, but has a text, is not in the value set either.
  if (fits || (!any && first.empty())) return;
  warn(IssueKind::binding, holder, first, [&] {
    return fmt::format("\"{}\"; expected {} of {}", shown(first),
                       any ? "a code" : "a coding beside the text, with a code",
                       fhir::bindings()[holder.binding - 1U].value_set);
  });
}

template <bool Validate>
void Walker<Validate>::contained_resource(const Type& type) {
  const std::uint32_t at = cursor.offset();
  if (in_contained_) {
    issue(IssueKind::cardinality, "a contained resource with contained resources of its own; expected none");
    cursor.skip();
    return;
  }
  in_contained_ = true;
  std::string id;
  object(type, [&](const Element& element) {
    if (element.name != "id") return false;
    const Token token = primitive(element);
    if (token.valid) id = plain(token.raw);
    return true;
  });
  in_contained_ = false;
  if (id.empty()) {
    issue(IssueKind::id, at, std::string(type.name) + " without an id; expected one in a contained resource");
    return;
  }
  if (std::ranges::find(contained_, id, &Contained::id) != contained_.end()) {
    issue(IssueKind::duplicate_id, at,
          fmt::format("\"{}\" is already the id of another contained resource", shown(id)));
  }
  contained_.push_back({std::move(id), &type});
}

/// `#id`, or `#` for the resource that contains this one. `holder` is the element that refers.
template <bool Validate>
void Walker<Validate>::fragment(std::string_view text, const Element& holder) {
  if (text.size() == 1) {
    if (!in_contained_) {
      issue(IssueKind::reference, "\"#\" refers to the containing resource, but nothing contains this one");
    }
    return;
  }
  fragments_.push_back({std::string(text.substr(1)), cursor.offset(), path(), &holder});
}

/// Looks for the targets of the fragments of a resource that has been read.
template <bool Validate>
void Walker<Validate>::settle_fragments(std::size_t first_fragment, std::size_t first_contained) {
  for (std::size_t i = first_fragment; i < fragments_.size(); ++i) {
    const Fragment& one = fragments_[i];
    const auto found = std::find_if(contained_.begin() + static_cast<std::ptrdiff_t>(first_contained), contained_.end(),
                                    [&](const Contained& contained) { return contained.id == one.id; });
    if (found == contained_.end()) {
      findings_.document.push_back({IssueKind::reference, one.offset, one.path,
                                    fmt::format("\"#{}\"; expected the id of a contained resource", shown(one.id))});
    } else {
      check_target(*one.holder, *found->type);
    }
  }
  fragments_.resize(first_fragment);
  contained_.resize(first_contained);
}

template <bool Validate>
void Walker<Validate>::check_target(const Element& holder, const Type& target) {
  if (Model::r5().may_target(holder.targets, target)) return;
  warn(IssueKind::reference_type, holder, target.name, [&] {
    std::string allowed;
    const TargetRow& row = fhir::targets()[holder.targets - 1U];
    constexpr std::size_t most = 8;
    std::size_t shown_types = 0;
    for (const std::uint16_t type : target_types().subspan(row.first, row.count)) {
      if (++shown_types > most) {
        allowed += ", …";
        break;
      }
      if (!allowed.empty()) allowed += ", ";
      allowed += fhir::types()[type].name;
    }
    return fmt::format("a reference to {}; expected one to {}", target.name, allowed);
  });
}

/// The element that holds the Reference at hand; of a CodeableReference, the element that holds that.
template <bool Validate>
const Element& Walker<Validate>::reference_holder() const {
  const Element* holder = depth_ < 2 ? frames_[0].element : frames_[depth_ - 2].element;
  if (holder->owner->rule == Rule::coded && depth_ >= 3) holder = frames_[depth_ - 3].element;
  return *holder;
}

}  // namespace etl::fhir
