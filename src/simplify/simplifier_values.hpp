#pragma once

// The parts of Simplifier that write values; included by its translation units only.

#include "fhir/json_text.hpp"
#include "simplify/simplifier.hpp"

namespace etl::simplify {

/// `https://…/us-core-race` -> `us_core_race`, appended.
inline void append_tail(std::string& out, std::string_view raw) {
  const std::size_t slash = raw.rfind('/');
  if (slash != std::string_view::npos) raw.remove_prefix(slash + 1);
  for (const char c : raw) out.push_back(c == '-' ? '_' : c);
}

/// What an identifier's system is called in the record, appended.
inline void append_identifier_name(std::string& out, std::string_view system) {
  if (system == "urn:ietf:rfc:3986") {
    out += "uri";
  } else if (system.starts_with("urn:oid:")) {
    out += fhir::oid_name(system.substr(8));
  } else {
    append_tail(out, system);
  }
}

template <bool Validate>
std::string_view Simplifier<Validate>::plain(std::string_view raw) {
  if (!walker_.cursor.checks_strings() || raw.find('\\') == std::string_view::npos) return raw;
  fhir::unescape(raw, scratch_);
  std::string escaped;
  fhir::append_escaped(escaped, scratch_);
  return arena_.keep(escaped);
}

template <bool Validate>
std::string_view Simplifier<Validate>::transformed(std::string_view id) {
  return ids_ == nullptr ? id : arena_.keep((*ids_)(id));
}

/// Is there such a relation already? Few are compared one by one, many are looked up.
template <bool Validate>
bool Simplifier<Validate>::is_known(const Relation& relation) {
  constexpr std::size_t few = 64;
  if (relations_.size() < few) {
    bool there = false;
    for (const Relation& known : relations_) {
      there = there || (known.dst_id == relation.dst_id && known.dst_name == relation.dst_name &&
                        known.element == relation.element);
    }
    return there;
  }
  const auto add = [this](const Relation& one) {
    std::string text = std::to_string(one.element->ordinal);
    text.append(1, '/').append(one.dst_name).append(1, '/').append(one.dst_id);
    return known_relations_.insert(std::move(text)).second;
  };
  if (known_relations_.empty()) {
    for (const Relation& known : relations_) add(known);
  }
  return !add(relation);
}

/// Note a reference: the text that the record shows for it. What names a resource of the study (`Type/id`, a version of
/// it, its absolute URL) is shown as `Type/id` and becomes a relation where it is linked; all else stays as it is.
template <bool Validate>
std::string_view Simplifier<Validate>::collect(std::string_view raw, const Element& element, std::string_view key) {
  const std::string_view text = walker_.resolve(plain(raw));
  std::string_view shown = text;
  fhir::RelativeReference parts = fhir::relative_reference(text);
  if (!parts) {
    const fhir::ResourceReference other = fhir::resource_reference(text);
    if constexpr (!Validate) {  // else the walk counts it
      if (walker_.observer != nullptr && other.form == fhir::ReferenceForm::absolute) {
        walker_.observer->absolute_reference(other, element);
      } else {
        walker_.count_unlinkable(other.form);
      }
    }
    if (other.target.empty()) return text;
    if (!other.address.empty() && facts_ != nullptr && facts_->is_outside(fhir::address_hash(other.address)))
      return text;
    parts = {other.type, other.id};
    shown = other.target;
  }
  const std::string_view id = transformed(parts.id);
  const Target* const target = plan_->target(parts.type);
  if (target != nullptr && target->linked) {
    const Relation relation{id, target->type, target->name, &element, key, {}};
    if (!is_known(relation)) relations_.push_back(relation);
  }
  if (ids_ == nullptr) return shown;
  return arena_.keep(std::string(parts.type) + "/" + std::string(id));
}

template <bool Validate>
std::string Simplifier<Validate>::token_json(const Element& element, const fhir::Token& token) {
  if (!token.quoted) return std::string(token.raw);
  if (element.primitive == fhir::Primitive::integer64) return integer64_json(token.raw);
  return std::string(1, '"').append(token.raw).append(1, '"');
}

template <bool Validate>
void Simplifier<Validate>::write_token(const Element& element, const fhir::Token& token) {
  if (!token.quoted) {
    object_.put(token.raw);
  } else if (element.primitive == fhir::Primitive::integer64) {
    write_integer64(token.raw);
  } else {
    object_.quoted(token.raw);
  }
}

/// An integer64 may stand as a string, and there as "007": write a number of JSON. Where nobody has checked it, it may
/// be anything, and stays a string.
template <bool Validate>
std::string Simplifier<Validate>::integer64_json(std::string_view raw) {
  const std::string_view text = plain(raw);
  const bool negative = text.starts_with('-');
  const std::size_t first = text.find_first_not_of('0', negative ? 1 : 0);
  const std::string_view digits = first == std::string_view::npos ? std::string_view{"0"} : text.substr(first);
  if (text.size() == (negative ? 1U : 0U) || digits.find_first_not_of("0123456789") != std::string_view::npos) {
    return std::string(1, '"').append(raw).append(1, '"');
  }
  return std::string(negative ? "-" : "").append(digits);
}

template <bool Validate>
void Simplifier<Validate>::write_integer64(std::string_view raw) {
  object_.put(std::string_view(integer64_json(raw)));
}

/// The value of a primitive element, one or an array; the walker stands at it.
template <bool Validate>
template <class W>
void Simplifier<Validate>::token_value(W& walker, const Element& element) {
  if (!element.many) {
    write_token(element, walker.primitive(element));
    return;
  }
  object_.put('[');
  walker.array(element, [&](std::size_t index) {
    if (index > 0) object_.put(',');
    const fhir::Token token = walker.primitive(element);
    if (token.valid) {
      write_token(element, token);
    } else {
      object_.put("null");
    }
  });
  object_.put(']');
}

template <bool Validate>
template <class W>
void Simplifier<Validate>::token_member(W& walker, const Element& element, std::string_view name, Rank rank) {
  object_.begin(name, rank);
  token_value(walker, element);
  object_.end();
}

template <bool Validate>
void Simplifier<Validate>::write_joined(std::string_view system, std::string_view value) {
  object_.put('"');
  object_.put(system);
  object_.put('#');
  object_.put(value);
  object_.put('"');
}

template <bool Validate>
void Simplifier<Validate>::write_list(const Key& key, Rank rank, const std::vector<std::string_view>& items,
                                      bool many) {
  if (items.empty()) return;
  object_.begin(key, rank);
  if (!many) {
    object_.quoted(items.front());
  } else {
    char separator = '[';
    for (const std::string_view item : items) {
      object_.put(separator);
      object_.quoted(item);
      separator = ',';
    }
    object_.put(']');
  }
  object_.end();
}

/// texts_, codings_ and shown_ under their three names; of an element that does not repeat, the first of each.
template <bool Validate>
void Simplifier<Validate>::write_codings(const Keys& keys, bool many, Rank rank) {
  write_list(keys.text, rank, texts_, many);
  if (!codings_.empty()) {
    object_.begin(keys.coding, rank);
    if (!many) {
      write_joined(codings_.front().system, codings_.front().code);
    } else {
      char separator = '[';
      for (const Coding& coding : codings_) {
        object_.put(separator);
        write_joined(coding.system, coding.code);
        separator = ',';
      }
      object_.put(']');
    }
    object_.end();
  }
  write_list(keys.plain, rank, shown_, many);
}

/// One key per primitive child of a value of a complex type, and one that names the type.
template <bool Validate>
template <class W>
void Simplifier<Validate>::primitive_children(W& walker, const fhir::Type& type, std::string_view name, Rank rank) {
  const std::string prefix = std::string(name) + "_";
  walker.object(type, [&](const Element& child) {
    if (child.shape != fhir::Shape::primitive) return false;
    token_member(walker, child, prefix + std::string(child.name), rank);
    return true;
  });
  object_.begin(prefix + "resourceType", rank);
  object_.quoted(type.name);
  object_.end();
}

}  // namespace etl::simplify
