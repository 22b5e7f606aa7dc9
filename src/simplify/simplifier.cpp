#include "simplify/simplifier.hpp"

#include <fmt/format.h>

#include "simplify/simplifier_extensions.hpp"
#include "simplify/simplifier_paths.hpp"
#include "simplify/simplifier_values.hpp"

namespace etl::simplify {

using fhir::IssueKind;
using fhir::Token;

template <bool Validate>
std::optional<Record> Simplifier<Validate>::resource(fhir::Cursor document, fhir::Location where,
                                                     const fhir::BundleLinks* links, bool plain,
                                                     std::string_view given_id) {
  object_.clear();
  arena_.clear();
  relations_.clear();
  if (!known_relations_.empty()) known_relations_.clear();
  id_ = source_id_ = {};
  plan_ = nullptr;
  met_container_ = false;
  has_url_ = false;
  url_ = md5_ = size_ = {};
  walker_.start(document, where, links);
  if (walker_.cursor.peek() != '{') {
    walker_.issue(IssueKind::json, walker_.what_is_there() + "; expected a resource (a JSON object)");
    walker_.cursor.skip();
    return std::nullopt;
  }

  const std::string_view type_name = walker_.resource_type();
  const fhir::Type* const type = fhir::Model::r5().resource(walker_.plain(type_name));
  if (type == nullptr) {
    walker_.issue(IssueKind::resource_type,
                  type_name.empty() ? std::string("no resourceType; expected the name of a FHIR R5 resource")
                                    : fmt::format("\"{}\" is not a FHIR R5 resource", walker_.plain(type_name)));
    walker_.cursor.skip();
    return std::nullopt;
  }
  plan_ = &plans_.of(*type);
  met_container_ = plan_->container && !plain;
  if (met_container_) return std::nullopt;
  walker_.object(*type, [this](const Element& e) { return element(e); });
  if (id_.empty() && !given_id.empty()) {
    static const Key id_key("id");
    source_id_ = given_id;
    id_ = transformed(given_id);
    object_.begin(id_key, Rank::primitive);
    object_.quoted(id_);
    object_.end();
  }
  if (id_.empty())
    walker_.issue(IssueKind::id, document.offset(), std::string(type->name) + " without an id; expected one");
  return finish(where);
}

template <bool Validate>
void Simplifier<Validate>::shell(fhir::Cursor document, fhir::Location where) {
  plan_ = nullptr;  // it gives no record
  walker_.start(document, where, nullptr);
  if (walker_.cursor.peek() == '[') {
    array_shell();
    return;
  }
  const std::string_view name = walker_.resource_type();
  const fhir::Type& bundle = *fhir::Model::r5().type("Bundle");
  if (name != "Bundle" && name != "List") {
    walker_.issue(IssueKind::resource_type,
                  fmt::format("entries with resources in a \"{}\"; expected a Bundle", walker_.plain(name)));
  }
  if (name != "Bundle") {
    walker_.cursor.skip();
    return;
  }
  walker_.object(bundle, [&](const Element& member) {
    if (member.name != "entry") return false;
    walker_.array(member, [&](std::size_t) {
      walker_.object(*member.type, [&](const Element& part) {
        if (part.name != "resource") return false;
        // It has been taken out, and a 0 stands in its place; what is no object was left where it was.
        if (walker_.cursor.peek() != '0') walker_.issue(IssueKind::wrong_type, "no object; expected a resource");
        walker_.cursor.skip();
        return true;
      });
    });
    return true;
  });
}

/// What is left of an array of resources: a 0 for each of them.
template <bool Validate>
void Simplifier<Validate>::array_shell() {
  walker_.cursor.expect('[', "'['");
  if (walker_.cursor.empty(']')) return;
  std::size_t index = 0;
  do {
    if (walker_.cursor.peek() != '0')
      walker_.issue(IssueKind::wrong_type, fmt::format("no object at [{}]; expected a resource", index));
    ++index;
    walker_.cursor.skip();
  } while (walker_.cursor.more(']'));
}

template <bool Validate>
bool Simplifier<Validate>::element(const Element& element) {
  const ElementPlan& plan = plan_->elements[element.index];
  const std::uint32_t* const begin = walker_.cursor.position();
  bool consumed = true;
  switch (plan.action) {
    case Action::none:
      consumed = false;
      break;
    case Action::primitive:
      primitive_member(plan, element);
      break;
    case Action::concept_:
      concept_member(plan, element);
      break;
    case Action::coding:
      coding_member(plan, element);
      break;
    case Action::codeable_reference:
      codeable_reference_member(plan, element);
      break;
    case Action::identifier:
      identifier_member(element);
      break;
    case Action::reference:
      reference_member(plan, element);
      break;
    case Action::extension:
      name_.clear();
      walker_.array(element, [&](std::size_t) { extension(0); });
      break;
    case Action::quantity:
      observation_quantity(plan, element);
      break;
    case Action::primitive_children:
      primitive_children(walker_, *element.type, plan.name, Rank::observation);
      break;
    case Action::task_values:
      walker_.array(element, [&](std::size_t) { task_values(element); });
      break;
  }
  if (plan.pluck) {
    if (!consumed) walker_.value(element);
    consumed = true;
    // The walk has checked the grammar of what is read here once more.
    fhir::Cursor again = walker_.cursor;
    again.rewind(begin);
    plucker_.start(again, walker_.where(), nullptr);
    pluck(*plan.pluck);
    plucker_findings_.document.clear();
  }
  return consumed;
}

template <bool Validate>
void Simplifier<Validate>::primitive_member(const ElementPlan& plan, const Element& element) {
  if (element.shape == fhir::Shape::resource_type) {
    object_.begin(plan.keys.plain, Rank::primitive);
    object_.quoted(walker_.cursor.string("the resource's type as a string"));
    object_.end();
    return;
  }
  if (plan.is_id) {
    const Token token = walker_.primitive(element);
    if (!token.valid || token.raw.empty()) return;
    source_id_ = plain(token.raw);
    id_ = transformed(source_id_);
    object_.begin(plan.keys.plain, Rank::primitive);
    object_.quoted(id_);
    object_.end();
    return;
  }
  object_.begin(plan.keys.plain, Rank::primitive);
  token_value(walker_, element);
  object_.end();
}

template <bool Validate>
void Simplifier<Validate>::concept_member(const ElementPlan& plan, const Element& element) {
  codings_.clear();
  texts_.clear();
  shown_.clear();
  walker_.array(element, [&](std::size_t) { read_concept(walker_, codings_, texts_); });
  for (const Coding& coding : codings_) {
    if (!coding.shown().empty()) shown_.push_back(coding.shown());
  }
  write_codings(plan.keys, element.many, Rank::coding);
}

template <bool Validate>
void Simplifier<Validate>::coding_member(const ElementPlan& plan, const Element& element) {
  codings_.clear();
  texts_.clear();
  shown_.clear();
  walker_.array(element, [&](std::size_t) { codings_.push_back(read_coding(walker_)); });
  for (const Coding& coding : codings_) {
    if (!coding.shown().empty()) shown_.push_back(coding.shown());
  }
  write_codings(plan.keys, element.many, Rank::coding);
}

template <bool Validate>
void Simplifier<Validate>::codeable_reference_member(const ElementPlan& plan, const Element& element) {
  const KnownTypes& known = KnownTypes::get();
  codings_.clear();
  texts_.clear();
  shown_.clear();
  walker_.array(element, [&](std::size_t) {
    const std::size_t first = codings_.size();
    std::string_view reference;
    walker_.object(*known.codeable_reference, [&](const Element& part) {
      if (part.index == known.codeable_reference_concept) {
        read_concept(walker_, codings_, texts_);
      } else if (part.index == known.codeable_reference_reference) {
        reference = read_reference(walker_);
      } else {
        return false;
      }
      return true;
    });
    for (std::size_t i = first; i < codings_.size(); ++i) {
      if (!codings_[i].shown().empty()) shown_.push_back(codings_[i].shown());
    }
    if (!reference.empty()) shown_.push_back(collect(reference, element, plan.name));
  });
  write_codings(plan.keys, element.many, Rank::coding);
}

template <bool Validate>
void Simplifier<Validate>::identifier_member(const Element& element) {
  static const Key plain_key("identifier");
  static const Key coding_key("identifier_coding");
  static const Key text_key("identifier_text_coding");
  codings_.clear();
  texts_.clear();
  identifiers_.clear();
  walker_.array(element, [&](std::size_t) { identifiers_.push_back(read_identifier(walker_, codings_, texts_)); });
  if (identifiers_.empty()) return;

  const auto each = [&](const Key& key, auto&& write) {
    object_.begin(key, Rank::identifier);
    char separator = '[';
    for (const Identifier& identifier : identifiers_) {
      object_.put(separator);
      separator = ',';
      write(identifier);
    }
    object_.put(']');
    object_.end();
  };
  each(plain_key, [&](const Identifier& identifier) {
    name_.clear();
    append_identifier_name(name_, plain(identifier.system));
    write_joined(name_, identifier.value);
  });
  each(coding_key, [&](const Identifier& identifier) { write_joined(identifier.system, identifier.value); });
  if (codings_.empty()) return;
  object_.begin(text_key, Rank::identifier);
  char separator = '[';
  for (const Coding& coding : codings_) {
    object_.put(separator);
    separator = ',';
    write_joined(coding.system, coding.code);
  }
  object_.put(']');
  object_.end();
}

template <bool Validate>
void Simplifier<Validate>::reference_member(const ElementPlan& plan, const Element& element) {
  references_.clear();
  walker_.array(element, [&](std::size_t) {
    const std::string_view reference = read_reference(walker_);
    if (!reference.empty()) references_.push_back(collect(reference, element, plan.name));
  });
  write_list(plan.keys.plain, Rank::reference, references_, element.many);
}

/// One Task.input or Task.output: its value, where that is a reference.
template <bool Validate>
void Simplifier<Validate>::task_values(const Element& element) {
  const KnownTypes& known = KnownTypes::get();
  walker_.object(*element.type, [&](const Element& part) {
    if (part.choice == 0) return false;
    std::string_view reference;
    if (part.type == known.reference) {
      reference = read_reference(walker_);
    } else if (part.type == known.codeable_reference) {
      walker_.object(*part.type, [&](const Element& inner) {
        if (inner.index != known.codeable_reference_reference) return false;
        reference = read_reference(walker_);
        return true;
      });
    } else {
      return false;
    }
    if (!reference.empty()) static_cast<void>(collect(reference, element, element.name));
    return true;
  });
}

template <bool Validate>
void Simplifier<Validate>::finish_observation() {
  static const Key category("category");
  static const Key coding("category_coding");
  if (object_.has(category.hash)) return;
  object_.begin(category, Rank::observation);
  object_.put("[\"laboratory\"]");
  object_.end();
  object_.begin(coding, Rank::observation);
  object_.put("[\"http://terminology.hl7.org/CodeSystem/observation-category#laboratory\"]");
  object_.end();
}

template <bool Validate>
std::optional<Record> Simplifier<Validate>::finish(fhir::Location where) {
  if (walker_.has_issues()) return std::nullopt;
  if (plan_->observation) finish_observation();
  if (plan_->document_reference && document_keys_) finish_document_reference();
  finished_.clear();
  object_.finish(finished_);
  return Record{id_, plan_->type->name, plan_->name, relations_, finished_.view(), where};
}

template class Simplifier<true>;
template class Simplifier<false>;

}  // namespace etl::simplify
