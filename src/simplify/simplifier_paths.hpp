#pragma once

// The parts of Simplifier that pluck nested values, and what DocumentReference makes of them; included by
// simplifier.cpp only.

#include <array>

#include "simplify/simplifier_extensions.hpp"

namespace etl::simplify {

/// The value at the plucker's cursor is that of `step.element`. Of a repeated element that is not the last step, the
/// first is taken.
template <bool Validate>
void Simplifier<Validate>::pluck(const PathExtraction& step) {
  if (!step.extensions.empty()) {
    pluck_extensions(step);
    return;
  }
  if (step.leaf) {
    const std::uint32_t* const begin = plucker_.cursor.position();
    pluck_leaf(step);
    plucker_.cursor.rewind(begin);
  }
  if (step.steps.empty()) return;
  if (step.element->many) {
    if (plucker_.cursor.peek() != '[') return;
    plucker_.cursor.expect('[', "'['");
    if (plucker_.cursor.empty(']')) return;
  }
  pluck_object(step);
}

template <bool Validate>
void Simplifier<Validate>::pluck_object(const PathExtraction& step) {
  if (plucker_.cursor.peek() != '{') return;
  plucker_.cursor.expect('{', "'{'");
  if (plucker_.cursor.empty('}')) return;
  do {
    const std::string_view name = plucker_.plain(plucker_.cursor.key());
    const std::uint32_t* const value = plucker_.cursor.position();
    for (const PathExtraction& next : step.steps) {
      if (next.element->name != name) continue;
      pluck(next);
      plucker_.cursor.rewind(value);
      break;
    }
    plucker_.cursor.skip();
  } while (plucker_.cursor.more('}'));
}

template <bool Validate>
void Simplifier<Validate>::remember(PathExtraction::Role role, std::string_view raw) {
  switch (role) {
    case PathExtraction::Role::none:
      break;
    case PathExtraction::Role::url:
      url_ = raw;
      has_url_ = true;
      break;
    case PathExtraction::Role::md5:
      md5_ = raw;
      break;
    case PathExtraction::Role::size:
      size_ = raw;
      break;
  }
}

template <bool Validate>
void Simplifier<Validate>::pluck_leaf(const PathExtraction& step) {
  const KnownTypes& known = KnownTypes::get();
  const Element& element = *step.element;
  const fhir::Type* const type = element.type;
  codings_.clear();
  texts_.clear();
  shown_.clear();
  references_.clear();
  if (element.shape == fhir::Shape::primitive) {
    pluck_primitive(step);
  } else if (type == known.codeable_concept || type == known.coding || type == known.codeable_reference) {
    pluck_concept(step);
  } else if (type == known.reference) {
    plucker_.array(element, [&](std::size_t) {
      const std::string_view reference = read_reference(plucker_);
      if (!reference.empty()) shown_.push_back(collect(reference, element, step.key));
    });
    write_list(step.keys.plain, Rank::nested, shown_, element.many);
  } else if (element.shape == fhir::Shape::object) {
    plucker_.array(element, [&](std::size_t index) {
      if (index > 0) {
        plucker_.one(element);
      } else if (is_quantity(*type)) {
        extension_value(plucker_, element, step.key, Rank::nested);
      } else {
        primitive_children(plucker_, *type, step.key, Rank::nested);
      }
    });
  }
}

template <bool Validate>
void Simplifier<Validate>::pluck_primitive(const PathExtraction& step) {
  const Element& element = *step.element;
  if (step.role != PathExtraction::Role::none && !element.many) {
    const std::uint32_t* const begin = plucker_.cursor.position();
    if (const fhir::Token token = plucker_.primitive(element); token.valid) remember(step.role, token.raw);
    plucker_.cursor.rewind(begin);
  }
  object_.begin(step.keys.plain, Rank::nested);
  token_value(plucker_, element);
  object_.end();
}

/// A CodeableConcept, Coding or CodeableReference: the first of each; of the last the reference where there is no
/// concept.
template <bool Validate>
void Simplifier<Validate>::pluck_concept(const PathExtraction& step) {
  const KnownTypes& known = KnownTypes::get();
  const Element& element = *step.element;
  const auto part_of_reference = [&](const Element& part) {
    if (part.index == known.codeable_reference_concept) {
      read_concept(plucker_, codings_, texts_);
    } else if (part.index == known.codeable_reference_reference) {
      const std::string_view reference = read_reference(plucker_);
      if (!reference.empty()) references_.push_back(collect(reference, element, step.key));
    } else {
      return false;
    }
    return true;
  };
  plucker_.array(element, [&](std::size_t) {
    if (element.type == known.coding) {
      codings_.push_back(read_coding(plucker_));
    } else if (element.type == known.codeable_concept) {
      read_concept(plucker_, codings_, texts_);
    } else {
      plucker_.object(*element.type, part_of_reference);
    }
  });
  for (const Coding& coding : codings_) {
    if (!coding.shown().empty()) shown_.push_back(coding.shown());
  }
  if (shown_.empty()) shown_ = references_;
  write_codings(step.keys, false, Rank::nested);
}

/// Of the extensions at the cursor, the first whose url contains each wanted name.
template <bool Validate>
void Simplifier<Validate>::pluck_extensions(const PathExtraction& step) {
  const KnownTypes& known = KnownTypes::get();
  for (const PathExtraction::Named& wanted : step.extensions) {
    bool found = false;
    const std::uint32_t* const begin = plucker_.cursor.position();
    plucker_.array(*step.element, [&](std::size_t) {
      const std::string_view url = plain(extension_url(plucker_));
      if (found || url.find(wanted.name) == std::string_view::npos) {
        plucker_.cursor.skip();
        return;
      }
      found = true;
      plucker_.object(*known.extension, [&](const Element& part) {
        if (part.choice == 0) return false;
        if (wanted.role != PathExtraction::Role::none && part.shape == fhir::Shape::primitive) {
          const std::uint32_t* const value = plucker_.cursor.position();
          if (const fhir::Token token = plucker_.primitive(part); token.valid) remember(wanted.role, token.raw);
          plucker_.cursor.rewind(value);
        }
        extension_value(plucker_, part, wanted.key, Rank::nested);
        return true;
      });
    });
    plucker_.cursor.rewind(begin);
  }
}

/// What a file's suffix says about its content, or empty.
inline std::string_view data_format(std::string_view suffix) {
  struct Format {
    std::string_view suffix;
    std::string_view name;
  };
  static constexpr std::array<Format, 8> formats{{{"csv", "variants"},
                                                  {"dcm", "imaging"},
                                                  {"tif", "imaging"},
                                                  {"txt", "note"},
                                                  {"out", "log"},
                                                  {"log", "log"},
                                                  {"m", "matlab"},
                                                  {"sh", "script"}}};
  for (const Format& format : formats) {
    if (format.suffix == suffix) return format.name;
  }
  return {};
}

template <bool Validate>
void Simplifier<Validate>::finish_document_reference() {
  const auto member = [&](std::string_view name, std::string_view value) {
    object_.begin(name, Rank::document_reference);
    object_.quoted(value);
    object_.end();
  };
  const auto null_member = [&](std::string_view name) {
    object_.begin(name, Rank::document_reference);
    object_.put("null");
    object_.end();
  };
  if (!has_url_) {
    null_member("data_type");
    null_member("file_name");
  } else {
    std::string_view name = plain(url_);
    while (name.size() > 1 && name.ends_with('/')) name.remove_suffix(1);
    if (const std::size_t slash = name.rfind('/'); slash != std::string_view::npos) name.remove_prefix(slash + 1);
    const std::size_t dot = name.rfind('.');
    const bool has_suffix = dot != std::string_view::npos && dot > 0 && dot + 1 < name.size();
    const std::string_view suffix = has_suffix ? name.substr(dot + 1) : std::string_view{};
    member("data_type", suffix);
    if (const std::string_view format = data_format(suffix); !format.empty()) member("data_format", format);
    member("file_name", name);
  }
  if (!md5_.empty()) member("md5sum", md5_);
  if (!size_.empty()) {
    object_.begin("file_size", Rank::document_reference);
    write_integer64(size_);
    object_.end();
  }
  member("object_id", id_);
}

}  // namespace etl::simplify
