#pragma once

// The parts of Simplifier that read extensions and values of any type; included by simplifier.cpp only.

#include "simplify/simplifier_values.hpp"

namespace etl::simplify {

/// The url of the Extension at the walker's cursor, which does not move; empty when there is none.
template <class W>
std::string_view extension_url(W& walker) {
  if (walker.cursor.peek() != '{') return {};
  const std::uint32_t* const begin = walker.cursor.position();
  walker.cursor.expect('{', "'{'");
  std::string_view url;
  if (!walker.cursor.empty('}')) {
    do {
      const std::string_view name = walker.plain(walker.cursor.key());
      if (name == "url" && walker.cursor.peek() == '"') {
        url = walker.cursor.string();
        break;
      }
      walker.cursor.skip();
    } while (walker.cursor.more('}'));
  }
  walker.cursor.rewind(begin);
  return url;
}

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
  } else if (element.shape == fhir::Shape::object) {
    primitive_children(walker, *element.type, base, rank);
  } else {
    walker.one(element);
  }
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
