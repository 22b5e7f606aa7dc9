#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "dictionary/dictionary.hpp"
#include "fhir/model.hpp"
#include "simplify/config.hpp"
#include "simplify/object_writer.hpp"

namespace etl::simplify {

/// What becomes of an element of a resource.
enum class Action : std::uint8_t {
  none,  ///< walked over
  primitive,
  concept_,  ///< CodeableConcept
  coding,
  codeable_reference,
  identifier,
  reference,
  extension,
  quantity,            ///< Observation.valueQuantity
  primitive_children,  ///< Observation.value[x] of any other complex type
  task_values,         ///< Task.input, Task.output: their references
};

/// The three names under which a concept is written; a primitive or reference uses the first.
struct Keys {
  Key plain;
  Key text;
  Key coding;
};

/// One step of the paths to pluck, and what follows it.
struct PathExtraction {
  /// What DocumentReference's own keys are made of.
  enum class Role : std::uint8_t { none, url, md5, size };
  struct Named {
    std::string name;  ///< the extension whose url contains this
    std::string key;   ///< the name to write its value under
    Role role = Role::none;
  };
  const fhir::Element* element = nullptr;
  std::string key;  ///< its path joined by `_`
  bool leaf = false;
  Keys keys;
  Role role = Role::none;
  std::vector<PathExtraction> steps;
  std::vector<Named> extensions;  ///< only where element is an `extension`
};

struct ElementPlan {
  Action action = Action::none;
  bool is_id = false;
  std::string name;  ///< the element's name in the record, renamed where it is
  Keys keys;
  std::unique_ptr<PathExtraction> pluck;
};

/// A type that references may point to.
struct Target {
  std::string type;     ///< Patient
  std::string name;     ///< patient
  bool linked = false;  ///< the dictionary has it as a node, and limit_links lets it through from this source
};

/// All that is known about one resource type before its first resource comes.
struct TypePlan {
  const fhir::Type* type = nullptr;
  std::string name;                   ///< snake case: document_reference
  std::vector<ElementPlan> elements;  ///< by Element::index
  std::vector<Target> targets;
  fhir::NameTable target_names;  ///< numbers are places in targets
  bool container = false;        ///< Bundle or List: its entries may hold resources
  bool observation = false;
  bool document_reference = false;

  [[nodiscard]] const Target* target(std::string_view type_name) const noexcept {
    const std::uint16_t number = target_names.find(type_name);
    return number == fhir::NameTable::none ? nullptr : &targets[number];
  }
};

/// The plans of all resource types for one configuration and dictionary; immutable, shared by the workers.
class Plans {
 public:
  /// Without a dictionary every resource type of R5 counts as a node. Paths to pluck that R5 does not have are named in
  /// unknown_paths() and left out.
  Plans(const Config& config, const dictionary::Dictionary* dictionary);

  /// `type` must be a resource type.
  [[nodiscard]] const TypePlan& of(const fhir::Type& type) const { return plans_[by_type_[type.index]]; }
  [[nodiscard]] const std::vector<TypePlan>& all() const noexcept { return plans_; }
  [[nodiscard]] const std::vector<std::string>& unknown_paths() const noexcept { return unknown_paths_; }

 private:
  std::vector<TypePlan> plans_;
  std::vector<std::uint16_t> by_type_;
  std::vector<std::string> unknown_paths_;
};

}  // namespace etl::simplify
