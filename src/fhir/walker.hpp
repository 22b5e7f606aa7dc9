#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "fhir/cursor.hpp"
#include "fhir/findings.hpp"
#include "fhir/model.hpp"
#include "fhir/primitive_format.hpp"
#include "fhir/resource_reference.hpp"

namespace etl::fhir {

/// A primitive as it stands in the source: a string's bytes between its quotes, or the text of a number or literal.
struct Token {
  std::string_view raw;
  bool quoted = false;
  bool valid = false;  ///< false: it was not there (null), or not what it should be and reported
};

/// One step of the path from a resource to what stands at the cursor.
struct PathStep {
  const Type* type = nullptr;
  const Element* element = nullptr;  ///< a member of `type`
  int index = -1;                    ///< among the element's values; -1 where it does not repeat
};

/// Told of the references of a resource that may lead to a resource of the study, and of the extensions that nobody
/// visits, wherever they stand.
class ReferenceObserver {
 public:
  ReferenceObserver() = default;
  ReferenceObserver(const ReferenceObserver&) = delete;
  ReferenceObserver& operator=(const ReferenceObserver&) = delete;
  virtual ~ReferenceObserver() = default;
  /// `text` is `Type/id`, `parts` its halves; `element` is the element of the resource itself that it stands in. A
  /// versioned reference comes without its version.
  virtual void relative_reference(std::string_view text, const RelativeReference& parts, const Element& element) = 0;
  /// An absolute URL that ends in Type/id (ReferenceForm::absolute).
  virtual void absolute_reference(const ResourceReference& reference, const Element& element) = 0;
  /// An Extension is about to be passed over; the last step is its element (`extension`, `modifierExtension`), and the
  /// walker's cursor is at it.
  virtual void passed_extension(std::span<const PathStep> path) = 0;
};

/// What a Bundle's entries are called within it: fullUrl -> Type/id. Of absolute URLs only those that do not end in
/// this Type/id.
using BundleLinks = std::unordered_map<std::string, std::string>;

/// Walks one resource along the definitions of its type. The caller visits the elements that it wants and consumes
/// their values with the functions below; all others are walked over here. With `Validate`, every element on the way is
/// held against FHIR R5; without, only what the caller reads is looked at (and the JSON grammar, always).
template <bool Validate>
class Walker {
 public:
  static constexpr std::size_t max_depth = 256;

  explicit Walker(Findings& findings) : findings_(findings) {}

  /// Begin with the document at the cursor.
  void start(Cursor document, Location where, const BundleLinks* links) {
    cursor = document;
    where_ = where;
    links_ = links;
    depth_ = 0;
    passing_extension_ = false;
    in_contained_ = false;
    contained_.clear();
    fragments_.clear();
  }

  /// An object of this type. `visit(const Element&)` is called with the cursor at the element's value, and returns
  /// whether it has consumed it.
  template <class Visit>
  void object(const Type& type, Visit&& visit);

  /// Every value of an element that may repeat (or the only one): `each(std::size_t index)` consumes it.
  template <class Each>
  void array(const Element& element, Each&& each);

  /// One primitive value.
  [[nodiscard]] Token primitive(const Element& element);

  /// The value of an element that nobody asked for.
  void value(const Element& element) {
    if constexpr (Validate) {
      array(element, [&](std::size_t) { one(element); });
    } else {
      cursor.skip();
    }
  }

  /// One value, not an array, of an element that nobody asked for.
  void one(const Element& element);

  /// The resourceType of the object at the cursor, which does not move; empty when there is none.
  [[nodiscard]] std::string_view resource_type();

  void issue(IssueKind kind, std::string message) { issue(kind, cursor.offset(), std::move(message)); }
  void issue(IssueKind kind, std::uint32_t offset, std::string message) {
    findings_.document.push_back({kind, offset, path(), std::move(message)});
  }
  void warn(IssueKind kind, std::string_view path, std::string_view message) {
    findings_.warnings.add(kind, path, message, where_);
  }

  /// The same for an element and a text, often met: `message()` is called for the first of them only.
  template <class Message>
  void warn(IssueKind kind, const Element& element, std::string_view text, Message&& message);

  /// A warning that is counted for its kind as a whole, with the path of the first.
  void warn_once(IssueKind kind, std::string_view message) {
    findings_.warnings.of(kind, "", message, where_).add_at(where_, [this] { return path_without_indexes(); });
  }
  /// The text of a reference that cannot become an edge, whatever its form, is counted.
  void count_unlinkable(ReferenceForm form);

  /// Has the document at hand any issue so far?
  [[nodiscard]] bool has_issues() const noexcept { return !findings_.document.empty(); }

  /// The place in the resource: Observation.component[2].valueQuantity
  [[nodiscard]] std::string path() const;
  [[nodiscard]] Location where() const noexcept { return where_; }

  /// `raw` without its escapes; valid until the next call.
  [[nodiscard, gnu::always_inline]] std::string_view plain(std::string_view raw) {
    return cursor.checks_strings() ? unescaped(raw) : raw;
  }
  [[nodiscard]] std::string_view unescaped(std::string_view raw) {
    if (raw.find('\\') == std::string_view::npos) return raw;
    unescape(raw, plain_);
    return plain_;
  }

  /// What a urn: or absolute reference stands for within its Bundle (`Type/id`), or the reference itself.
  [[nodiscard]] std::string_view resolve(std::string_view text) const {
    if (links_ == nullptr || text.find(':') == std::string_view::npos) return text;
    const auto found = links_->find(std::string(text));
    return found == links_->end() ? text : std::string_view(found->second);
  }

  Cursor cursor;
  ReferenceObserver* observer = nullptr;

  /// The JSON value that comes next, for a message: `an array`.
  [[nodiscard]] std::string what_is_there() const;

 private:
  using Frame = PathStep;

  /// Where the members of the object at a depth begin, and whether one of its arrays of primitives has a null.
  struct Mark {
    const std::uint32_t* members = nullptr;
    bool gap = false;
  };

  /// A contained resource.
  struct Contained {
    std::string id;
    const Type* type = nullptr;
  };
  /// A reference to one (`#id`), which may come before it.
  struct Fragment {
    std::string id;
    std::uint32_t offset = 0;
    std::string path;
    const Element* holder = nullptr;  ///< the element that refers
  };

  /// A warning that was given lately, and where it is counted.
  struct Given {
    IssueKind kind{};
    const Element* element = nullptr;
    std::string text;
    Warnings::Count* count = nullptr;
  };

  void other_member(const Type& type, std::string_view name, std::uint32_t at, ElementSet& companions);
  void companion(const Element& element);
  void missing(const Type& type, const ElementSet& seen, const ElementSet& companions, std::uint32_t choices);
  void nested_resource(const Element& element);
  void contained_resource(const Type& type);
  void check_narrative(const Token& token, std::string_view text);
  void check_characters(const Element& element, std::string_view text, bool escaped);
  void check_format(const Element& element, const Token& token, std::string_view text);
  void check_companions(const Type& type);
  void check_companion(const Element& element, const std::uint32_t* value, const std::uint32_t* companion);
  void check_choices(const Type& type, const ElementSet& seen, const ElementSet& companions, std::uint32_t choices);
  void check_extension(const Type& type, const ElementSet& seen, const ElementSet& companions, std::uint32_t choices);
  void check_coded(const Element& holder, const Type& type);
  [[nodiscard]] bool is_source_path(const Element& element);
  void fragment(std::string_view text, const Element& holder);
  void settle_fragments(std::size_t first_fragment, std::size_t first_contained);
  void check_target(const Element& holder, const Type& target);
  [[nodiscard]] const Element& reference_holder() const;
  void reference(std::string_view text);
  void tell_observer(std::string_view text);
  void pass_extension();
  void reference_type(std::string_view text);
  [[nodiscard]] std::string path_without_indexes() const;

  const Type* const reference_type_ = Model::r5().type("Reference");
  const Element* const reference_element_ = reference_type_->find("reference");
  const Element* const identifier_element_ = reference_type_->find("identifier");
  const Type* const extension_type_ = Model::r5().type("Extension");
  Findings& findings_;
  Location where_;
  const BundleLinks* links_ = nullptr;
  std::size_t depth_ = 0;
  bool passing_extension_ = false;
  std::array<Frame, max_depth + 1> frames_;
  std::array<Mark, max_depth + 1> marks_;
  bool in_contained_ = false;
  std::vector<Contained> contained_;
  std::vector<Fragment> fragments_;
  std::array<Given, 16> given_;
  std::string plain_;
  std::string name_;
};

template <bool Validate>
template <class Message>
void Walker<Validate>::warn(IssueKind kind, const Element& element, std::string_view text, Message&& message) {
  Given& given = given_[(element.ordinal + text.size()) % given_.size()];
  if (given.element != &element || given.kind != kind || given.text != text) {
    std::string place(element.owner->name);
    place += '.';
    place += element.name;
    given = {kind, &element, std::string(text), &findings_.warnings.of(kind, place, message(), where_)};
  }
  given.count->add(where_);
}

template <bool Validate>
template <class Visit>
void Walker<Validate>::object(const Type& type, Visit&& visit) {
  if (cursor.peek() != '{') {
    issue(IssueKind::wrong_type, what_is_there() + "; expected an object (" + std::string(type.name) + ")");
    cursor.skip();
    return;
  }
  const std::uint32_t begin = cursor.offset();
  cursor.expect('{', "'{'");
  if (depth_ == max_depth) cursor.fail("at most 256 levels of FHIR elements");
  if (cursor.empty('}')) {
    if constexpr (Validate) issue(IssueKind::cardinality, begin, "an empty object; expected at least one element");
    return;
  }
  ElementSet seen;
  ElementSet companions;
  std::uint32_t choices = 0;
  std::size_t members = 0;
  // The element that this object is a value of.
  const Element* const holder = depth_ == 0 ? nullptr : frames_[depth_ - 1].element;
  Mark& mark = marks_[depth_];
  mark = {cursor.position(), false};
  Frame& frame = frames_[depth_++];
  frame.type = &type;
  do {
    ++members;
    frame.element = nullptr;
    frame.index = -1;
    const std::uint32_t at = cursor.offset();
    const std::string_view raw = cursor.key();
    const Element* element = type.find(raw);
    if (element == nullptr) [[unlikely]] {
      // A name may be written with escapes; that is worth a second look only here.
      name_.assign(plain(raw));
      element = type.find(name_);
      if (element == nullptr) {
        other_member(type, name_, at, companions);
        continue;
      }
    }
    frame.element = element;
    if (seen.insert(element->index)) [[unlikely]] {
      issue(IssueKind::duplicate_element, at, "the element appears a second time");
      cursor.skip();
      continue;
    }
    if constexpr (Validate) {
      if (element->choice != 0) {
        const std::uint32_t bit = 1U << (element->choice - 1U);
        if ((choices & bit) != 0) {
          issue(IssueKind::choice, at, "a value of another type of this choice is set already; expected only one");
        }
        choices |= bit;
      }
    }
    if (!visit(*element)) value(*element);
  } while (cursor.more('}'));
  frame.element = nullptr;
  if (observer != nullptr && &type == reference_type_) [[unlikely]] {
    if (!seen.contains(reference_element_->index) && seen.contains(identifier_element_->index)) {
      warn_once(IssueKind::logical_reference, "references by an identifier alone become no edges");
    }
  }
  if constexpr (Validate) {
    if (members == 1 && seen.contains(0) && type.kind != Kind::resource && type.rule != Rule::companion) [[unlikely]] {
      issue(IssueKind::cardinality, begin, "only an id; expected a value or other elements beside it");
    } else if (!seen.covers(type.required) || (choices & type.required_choices) != type.required_choices) [[unlikely]] {
      missing(type, seen, companions, choices);
    }
    if (mark.gap || !companions.empty()) [[unlikely]] {
      check_companions(type);
      check_choices(type, seen, companions, choices);
    }
    if (type.rule != Rule::none) {
      if (type.rule == Rule::extension) {
        check_extension(type, seen, companions, choices);
      } else if (type.rule == Rule::coded && holder != nullptr && holder->binding != 0) {
        check_coded(*holder, type);
      }
    }
    if (depth_ == 1 && !fragments_.empty()) [[unlikely]]
      settle_fragments(0, 0);
  }
  --depth_;
}

template <bool Validate>
template <class Each>
void Walker<Validate>::array(const Element& element, Each&& each) {
  if (!element.many) {
    if (cursor.peek() == '[') [[unlikely]] {
      issue(IssueKind::wrong_type, "an array; expected one value");
      cursor.skip();
      return;
    }
    each(std::size_t{0});
    return;
  }
  if (cursor.peek() != '[') [[unlikely]] {
    issue(IssueKind::wrong_type, what_is_there() + "; expected an array");
    cursor.skip();
    return;
  }
  cursor.expect('[', "'['");
  if (cursor.empty(']')) {
    if constexpr (Validate) issue(IssueKind::cardinality, "an empty array; expected at least one value");
    return;
  }
  Frame& frame = frames_[depth_ == 0 ? 0 : depth_ - 1];
  std::size_t index = 0;
  do {
    frame.index = static_cast<int>(index);
    each(index++);
  } while (cursor.more(']'));
  frame.index = -1;
}

extern template class Walker<true>;
extern template class Walker<false>;

}  // namespace etl::fhir
