#include "fhir/walker.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "fhir/reference_syntax.hpp"
#include "fhir/walker_rules.hpp"
#include "fhir/xhtml.hpp"

namespace etl::fhir {
namespace {

constexpr auto visit_none = [](const Element&) { return false; };

}  // namespace

template <bool Validate>
std::string Walker<Validate>::path() const {
  std::string out;
  for (std::size_t i = 0; i < depth_; ++i) {
    const Frame& frame = frames_[i];
    if (i == 0) out = frame.type->name;
    if (frame.element == nullptr) break;
    out += '.';
    out += frame.element->name;
    if (frame.index >= 0) out += fmt::format("[{}]", frame.index);
  }
  return out;
}

template <bool Validate>
std::string Walker<Validate>::what_is_there() const {
  switch (cursor.peek()) {
    case '{':
      return "an object";
    case '[':
      return "an array";
    case '"':
      return "a string";
    case 't':
    case 'f':
      return "a boolean";
    case 'n':
      return "null";
    default:
      return "a number";
  }
}

template <bool Validate>
std::string_view Walker<Validate>::resource_type() {
  if (cursor.peek() != '{') return {};
  const std::uint32_t* const begin = cursor.position();
  cursor.expect('{', "'{'");
  std::string_view found;
  if (!cursor.empty('}')) {
    do {
      const std::string_view name = cursor.key();
      if (plain(name) == "resourceType" && cursor.peek() == '"') {
        found = cursor.string();
        break;
      }
      cursor.skip();
    } while (cursor.more('}'));
  }
  cursor.rewind(begin);
  return found;
}

template <bool Validate>
Token Walker<Validate>::primitive(const Element& element) {
  const char c = cursor.peek();
  const JsonKind expected = json_kind(element.primitive);
  Token token;
  if (c == '"') {
    if (expected != JsonKind::string && element.primitive != Primitive::integer64) [[unlikely]] {
      issue(IssueKind::wrong_type, fmt::format("a string; expected {}", json_type(element.primitive)));
      cursor.skip();
      return {};
    }
    token = {cursor.string(), true, true};
  } else if (c == '{' || c == '[') [[unlikely]] {
    issue(IssueKind::wrong_type, fmt::format("{}; expected {}", what_is_there(), json_type(element.primitive)));
    cursor.skip();
    return {};
  } else {
    const std::uint32_t at = cursor.offset();
    const bool number = c == '-' || (c >= '0' && c <= '9');
    const std::string found = [&] { return number ? std::string{} : what_is_there(); }();
    token = {cursor.scalar(), false, true};
    if (token.raw == "null" && frames_[depth_ == 0 ? 0 : depth_ - 1].index >= 0) {
      // A gap in an array of primitives, which its companion fills: check_companions().
      if (depth_ > 0) marks_[depth_ - 1].gap = true;
      token.valid = false;
      return token;
    }
    if ((expected == JsonKind::number) != number || (expected == JsonKind::boolean && token.raw == "null") ||
        expected == JsonKind::string) [[unlikely]] {
      issue(IssueKind::wrong_type, at,
            fmt::format("{}; expected {}", number ? "a number" : found, json_type(element.primitive)));
      return {};
    }
  }
  if constexpr (Validate) {
    const std::string_view text = token.quoted ? plain(token.raw) : token.raw;
    if (!fits(element.primitive, text)) [[unlikely]] {
      check_format(element, token, text);
      return token;
    }
    if (element.reference_text) {
      reference(text);
    } else if (element.primitive == Primitive::canonical && observer != nullptr && !element.profile) {
      count_unlinkable(ReferenceForm::canonical);
    } else if (element.binding != 0 && !Model::r5().in_binding(element.binding, text)) {
      warn(IssueKind::binding, element, text, [&] {
        return fmt::format("\"{}\"; expected a code of {}", shown(text),
                           fhir::bindings()[element.binding - 1U].value_set);
      });
    } else if (element.reference_type) {
      reference_type(text);
    } else if (element.primitive == Primitive::xhtml) [[unlikely]] {
      check_narrative(token, text);
      return token;
    }
    // A control character can only come out of an escape.
    const bool escaped = text.data() != token.raw.data();
    if (token.quoted && !text.empty() && (escaped || static_cast<unsigned char>(text.front()) <= ' ')) [[unlikely]] {
      check_characters(element, text, escaped);
    }
  }
  return token;
}

template <bool Validate>
void Walker<Validate>::reference(std::string_view text) {
  // References are checked here, wherever they stand; whether their targets exist is known only at the study's end.
  text = resolve(text);
  const RelativeReference relative = relative_reference(text);
  const Type* target = relative ? Model::r5().resource(relative.type) : nullptr;
  if (target == nullptr || !is_id(relative.id)) [[unlikely]] {
    const ReferenceSyntax syntax = reference_syntax(text);
    if (!syntax.problem.empty()) {
      issue(IssueKind::reference, fmt::format("\"{}\"; {}", shown(text), syntax.problem));
      return;
    }
    if (text.starts_with('#')) fragment(text, reference_holder());
    target = syntax.type.empty() ? nullptr : Model::r5().resource(syntax.type);
    tell_observer(text);
  } else if (observer != nullptr) {
    observer->relative_reference(text, relative, *frames_[0].element);
  }
  if (target != nullptr) check_target(reference_holder(), *target);
}

/// Passes on a well-formed reference that is not simply Type/id.
template <bool Validate>
void Walker<Validate>::tell_observer(std::string_view text) {
  const ResourceReference parts = resource_reference(text);
  if (parts.form == ReferenceForm::urn) {
    count_unlinkable(parts.form);
    return;
  }
  if (observer == nullptr) return;
  switch (parts.form) {
    case ReferenceForm::relative:
    case ReferenceForm::versioned:
      observer->relative_reference(parts.target, {parts.type, parts.id}, *frames_[0].element);
      break;
    case ReferenceForm::absolute:
      observer->absolute_reference(parts, *frames_[0].element);
      break;
    default:
      count_unlinkable(parts.form);
  }
}

/// Reference.type: a resource by its name, or by the URL of its definition.
template <bool Validate>
void Walker<Validate>::reference_type(std::string_view text) {
  constexpr std::string_view definitions = "http://hl7.org/fhir/StructureDefinition/";
  if (text.starts_with(definitions)) text.remove_prefix(definitions.size());
  if (const Type* const type = Model::r5().resource(text)) check_target(reference_holder(), *type);
}

template <bool Validate>
void Walker<Validate>::count_unlinkable(ReferenceForm form) {
  switch (form) {
    case ReferenceForm::search:
      warn_once(IssueKind::search_reference, "references by a search (Type?name=value) become no edges");
      break;
    case ReferenceForm::contained:
      warn_once(IssueKind::contained_reference, "references to contained resources (#id) become no edges");
      break;
    case ReferenceForm::urn:
      warn_once(IssueKind::unresolved_reference,
                "urn: references that no entry.fullUrl of their Bundle resolves become no edges");
      break;
    case ReferenceForm::canonical:
      warn_once(IssueKind::canonical_reference, "canonical URLs of definitions become no edges");
      break;
    case ReferenceForm::absolute:
    case ReferenceForm::url:
      warn_once(IssueKind::outside_reference,
                "references by URL to resources that the study does not have become no edges");
      break;
    case ReferenceForm::relative:
    case ReferenceForm::versioned:
    case ReferenceForm::other:
      break;
  }
}

/// The Extension at the cursor, which nobody visits. Those nested in it belong to it.
template <bool Validate>
void Walker<Validate>::pass_extension() {
  // A contained resource gives no record, and neither do its extensions.
  const std::span<const PathStep> path(frames_.data(), depth_);
  const bool contained = std::ranges::any_of(path.first(path.size() - 1), [](const PathStep& step) {
    return step.element != nullptr && step.element->shape == Shape::resource;
  });
  if (!contained) observer->passed_extension(path);
  passing_extension_ = true;
  object(*extension_type_, visit_none);
  passing_extension_ = false;
}

template <bool Validate>
std::string Walker<Validate>::path_without_indexes() const {
  std::string out;
  for (std::size_t i = 0; i < depth_; ++i) {
    if (i == 0) out = frames_[i].type->name;
    if (frames_[i].element == nullptr) break;
    out += '.';
    out += frames_[i].element->name;
  }
  return out;
}

template <bool Validate>
void Walker<Validate>::one(const Element& element) {
  if constexpr (!Validate) {
    cursor.skip();
    return;
  }
  switch (element.shape) {
    case Shape::primitive:
      static_cast<void>(primitive(element));
      break;
    case Shape::object:
      if (observer != nullptr && element.type == extension_type_ && !passing_extension_) {
        pass_extension();
      } else {
        object(*element.type, visit_none);
      }
      break;
    case Shape::resource:
      nested_resource(element);
      break;
    case Shape::resource_type:
      static_cast<void>(cursor.string("the resource's type as a string"));
      break;
  }
}

template <bool Validate>
void Walker<Validate>::nested_resource(const Element& element) {
  if (cursor.peek() != '{') {
    issue(IssueKind::wrong_type, what_is_there() + "; expected a resource");
    cursor.skip();
    return;
  }
  const std::string_view name = resource_type();
  const Type* type = Model::r5().resource(name);
  if (type == nullptr) {
    issue(IssueKind::resource_type, name.empty() ? fmt::format("no resourceType; expected one for {}", element.name)
                                                 : fmt::format("\"{}\" is not a FHIR R5 resource", shown(name)));
    cursor.skip();
    return;
  }
  if (element.name == "contained") {
    contained_resource(*type);
  } else if (in_contained_) {
    object(*type, visit_none);
  } else {
    // A resource of its own: what is contained in it can be referred to from within it only.
    const std::size_t first_fragment = fragments_.size();
    const std::size_t first_contained = contained_.size();
    object(*type, visit_none);
    settle_fragments(first_fragment, first_contained);
  }
}

template <bool Validate>
void Walker<Validate>::other_member(const Type& type, std::string_view name, std::uint32_t at, ElementSet& companions) {
  if constexpr (Validate) {
    if (name.starts_with('_')) {
      const Element* element = type.find(name.substr(1));
      if (element != nullptr && element->companion) {
        if (companions.insert(element->index)) {
          issue(IssueKind::duplicate_element, at, fmt::format("\"{}\" appears a second time", name));
        }
        frames_[depth_ - 1].element = element;
        companion(*element);
        return;
      }
    }
    issue(IssueKind::unknown_element, at, fmt::format("\"{}\" is not an element of {}", shown(name), type.name));
  }
  cursor.skip();
}

template <bool Validate>
void Walker<Validate>::companion(const Element& element) {
  static const Type& element_type = *Model::r5().type("Element");
  if (!element.many) {
    object(element_type, visit_none);
    return;
  }
  array(element, [&](std::size_t) {
    if (cursor.peek() == 'n') {
      static_cast<void>(cursor.scalar());
    } else {
      object(element_type, visit_none);
    }
  });
}

template <bool Validate>
void Walker<Validate>::missing(const Type& type, const ElementSet& seen, const ElementSet& companions,
                               std::uint32_t choices) {
  std::uint32_t reported = 0;
  for (const Element& element : type.elements) {
    // A primitive without a value, whose companion says why, is there.
    if (element.choice != 0 && companions.contains(element.index)) choices |= 1U << (element.choice - 1U);
  }
  for (const Element& element : type.elements) {
    if (!element.required || seen.contains(element.index) || companions.contains(element.index)) continue;
    if (element.choice != 0) {
      const std::uint32_t bit = 1U << (element.choice - 1U);
      if (((choices | reported) & bit) != 0) continue;
      reported |= bit;
    }
    issue(IssueKind::cardinality, fmt::format("\"{}\"{} is missing; expected at least one", element.name,
                                              element.choice != 0 ? " (or another type of the choice)" : ""));
  }
}

template class Walker<true>;
template class Walker<false>;

}  // namespace etl::fhir
