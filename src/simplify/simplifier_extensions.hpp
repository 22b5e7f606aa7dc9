#pragma once

// The parts of Simplifier that read extensions and values of any type; included by simplifier.cpp only.

#include "simplify/extension_url.hpp"
#include "simplify/simplifier_values.hpp"
#include "simplify/value_members.hpp"

namespace etl::simplify {

/// The Extension at the cursor; name_[0, prefix) is the name of the extension that it is nested in.
template <bool Validate>
void Simplifier<Validate>::extension(std::size_t prefix) {
  const KnownTypes& known = KnownTypes::get();
  name_.resize(prefix);
  if (prefix > 0) name_.push_back('_');
  append_tail(name_, plain(extension_url(walker_)));
  const std::size_t own = name_.size();
  walker_.object(*known.extension, [&](const Element& part) {
    if (part.index == known.extension_extension) {
      walker_.array(part, [&](std::size_t) { extension(own); });
      name_.resize(own);
    } else if (part.choice != 0) {
      extension_value(walker_, part, name_, Rank::extension);
    } else {
      return false;
    }
    return true;
  });
  name_.resize(prefix);
}

/// A value[x] of any type under `name` and names made of it.
template <bool Validate>
template <class W>
void Simplifier<Validate>::extension_value(W& walker, const Element& element, std::string_view name, Rank rank) {
  const KnownTypes& known = KnownTypes::get();
  const std::string base(name);
  if (element.shape == fhir::Shape::primitive) {
    token_member(walker, element, base, rank);
  } else if (element.type == known.coding) {
    const Coding coding = read_coding(walker);
    object_.begin(base + "_coding", rank);
    object_.put('[');
    write_joined(coding.system, coding.code);
    object_.put(']');
    object_.end();
    if (coding.display.empty()) return;
    object_.begin(base, rank);
    object_.quoted(coding.display);
    object_.end();
  } else if (element.type == known.reference) {
    const std::string_view reference = read_reference(walker);
    if (reference.empty()) return;
    const std::string_view shown = collect(reference, element, arena_.keep(base));
    object_.begin(base, rank);
    object_.quoted(shown);
    object_.end();
  } else if (is_quantity(*element.type)) {
    const Quantity quantity = read_quantity(walker, *element.type);
    object_.begin(base + "_unit", rank);
    object_.put('[');
    write_joined(quantity.system, quantity.code);
    object_.put(']');
    object_.end();
    if (quantity.value.empty()) return;
    object_.begin(base + "_value", rank);
    object_.put('[');
    object_.put(quantity.value);
    object_.put(']');
    object_.end();
    object_.begin(base, rank);
    object_.put('"');
    object_.put(quantity.value);
    if (!quantity.unit.empty()) object_.put(' ');
    object_.put(quantity.unit);
    object_.put('"');
    object_.end();
    if (!quantity.comparator.empty()) {
      object_.begin(base + "_comparator", rank);
      object_.quoted(quantity.comparator);
      object_.end();
    }
  } else if (element.shape == fhir::Shape::object) {
    ValueMembers members;
    const bool by_its_own_rule = complex_value(walker, element, base, members);
    if (!by_its_own_rule) members.add_text(base + "_resourceType", element.type->name, false);
    members.write(object_, rank);
  } else {
    walker.one(element);
  }
}

/// The concept's texts, codings and what is shown of them.
inline void add_concept(ValueMembers& out, const std::string& name, const std::vector<Coding>& codings,
                        const std::vector<std::string_view>& texts) {
  for (const std::string_view text : texts) out.add_text(name + "_text", text, true);
  for (const Coding& coding : codings) out.add_joined(name + "_coding", coding.system, coding.code);
  for (const Coding& coding : codings) {
    if (!coding.shown().empty()) out.add_text(name, coding.shown(), true);
  }
}

inline void add_quantity(ValueMembers& out, const std::string& name, const Quantity& quantity) {
  out.add_joined(name + "_unit", quantity.system, quantity.code);
  if (!quantity.comparator.empty()) out.add_text(name + "_comparator", quantity.comparator, false);
  if (quantity.value.empty()) return;
  out.add(name + "_value", std::string(quantity.value), true);
  std::string shown(quantity.value);
  if (!quantity.unit.empty()) shown.append(1, ' ').append(quantity.unit);
  out.add_text(name, shown, false);
}

/// One value of a complex type, and all that is in it, under `name` and names made of it. Answers whether the type has
/// a rule of its own; any other gives one member for each of its elements.
template <bool Validate>
template <class W>
bool Simplifier<Validate>::complex_value(W& walker, const Element& element, const std::string& name,
                                         ValueMembers& out) {
  const KnownTypes& known = KnownTypes::get();
  const fhir::Type* const type = element.type;
  if (type == known.coding) {
    const Coding coding = read_coding(walker);
    out.add_joined(name + "_coding", coding.system, coding.code);
    if (!coding.display.empty()) out.add_text(name, coding.display, false);
  } else if (type == known.codeable_concept) {
    std::vector<Coding> codings;
    std::vector<std::string_view> texts;
    read_concept(walker, codings, texts);
    add_concept(out, name, codings, texts);
  } else if (type == known.reference) {
    const std::string_view reference = read_reference(walker);
    if (!reference.empty()) out.add_text(name, collect(reference, element, arena_.keep(name)), false);
  } else if (type == known.codeable_reference) {
    std::vector<Coding> codings;
    std::vector<std::string_view> texts;
    std::string_view reference;
    walker.object(*type, [&](const Element& part) {
      if (part.index == known.codeable_reference_concept) {
        read_concept(walker, codings, texts);
      } else if (part.index == known.codeable_reference_reference) {
        reference = read_reference(walker);
      } else {
        return false;
      }
      return true;
    });
    add_concept(out, name, codings, texts);
    if (!reference.empty()) out.add_text(name, collect(reference, element, arena_.keep(name)), true);
  } else if (is_quantity(*type)) {
    add_quantity(out, name, read_quantity(walker, *type));
  } else if (type == known.identifier) {
    identifier_value(walker, name, out);
  } else {
    walker.object(*type, [&](const Element& child) { return value_child(walker, child, name, out); });
    return false;
  }
  return true;
}

/// An Identifier: as a resource's own, under `name_identifier…`; its other elements as those of any complex type.
template <bool Validate>
template <class W>
void Simplifier<Validate>::identifier_value(W& walker, const std::string& name, ValueMembers& out) {
  const KnownTypes& known = KnownTypes::get();
  Identifier identifier;
  std::vector<Coding> codings;
  std::vector<std::string_view> texts;
  walker.object(*known.identifier, [&](const Element& part) {
    if (part.index == known.identifier_system) {
      identifier.system = walker.primitive(part).raw;
    } else if (part.index == known.identifier_value) {
      identifier.value = walker.primitive(part).raw;
    } else if (part.index == known.identifier_type) {
      read_concept(walker, codings, texts);
    } else {
      return value_child(walker, part, name, out);
    }
    return true;
  });
  std::string tail;
  append_identifier_name(tail, plain(identifier.system));
  out.add_joined(name + "_identifier", tail, identifier.value);
  out.add_joined(name + "_identifier_coding", identifier.system, identifier.value);
  for (const Coding& coding : codings) out.add_joined(name + "_identifier_text_coding", coding.system, coding.code);
  for (const std::string_view text : texts) out.add_text(name + "_identifier_text", text, true);
}

/// One element of a value: primitives as they stand, all else by the rules of its type. False for what is left out.
template <bool Validate>
template <class W>
bool Simplifier<Validate>::value_child(W& walker, const Element& child, const std::string& name, ValueMembers& out) {
  const KnownTypes& known = KnownTypes::get();
  const std::string own = name + "_" + std::string(child.name);
  if (child.shape == fhir::Shape::primitive) {
    walker.array(child, [&](std::size_t) {
      const fhir::Token token = walker.primitive(child);
      if (!token.valid && !child.many) return;
      out.add(own, token.valid ? token_json(child, token) : std::string("null"), child.many);
    });
  } else if (child.type == known.extension) {
    walker.array(child, [&](std::size_t) { nested_extension(walker, name, out); });
  } else if (child.shape == fhir::Shape::object) {
    walker.array(child, [&](std::size_t) { complex_value(walker, child, own, out); });
  } else {
    return false;
  }
  return true;
}

/// An Extension of a value or of one of its elements: named as one that is nested in an extension.
template <bool Validate>
template <class W>
void Simplifier<Validate>::nested_extension(W& walker, const std::string& name, ValueMembers& out) {
  const KnownTypes& known = KnownTypes::get();
  std::string own = name + "_";
  append_tail(own, plain(extension_url(walker)));
  walker.object(*known.extension, [&](const Element& part) {
    if (part.index == known.extension_extension) {
      walker.array(part, [&](std::size_t) { nested_extension(walker, own, out); });
    } else if (part.choice == 0) {
      return false;
    } else if (part.shape == fhir::Shape::primitive) {
      if (const fhir::Token token = walker.primitive(part); token.valid) out.add(own, token_json(part, token), false);
    } else if (part.shape == fhir::Shape::object) {
      complex_value(walker, part, own, out);
    } else {
      return false;
    }
    return true;
  });
}

template <bool Validate>
void Simplifier<Validate>::observation_quantity(const ElementPlan& plan, const Element& element) {
  const Quantity quantity = read_quantity(walker_, *element.type);
  object_.begin(plan.name + "_unit", Rank::observation);
  write_joined(quantity.system, quantity.code);
  object_.end();
  if (quantity.value.empty()) return;
  object_.begin(plan.name + "_value", Rank::observation);
  object_.put(quantity.value);
  object_.end();
  object_.begin(plan.keys.plain, Rank::observation);
  object_.put('"');
  object_.put(quantity.value);
  if (!quantity.unit.empty()) object_.put(' ');
  object_.put(quantity.unit);
  object_.put('"');
  object_.end();
}

}  // namespace etl::simplify
