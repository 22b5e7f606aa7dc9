#pragma once

// Known faults: which records are spoilt, how, and the list that says so (OUT/faults.json).

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "world.hpp"

namespace etl::synth {

enum class IssueKind : std::uint8_t {
  unknown_element,     ///< an element that FHIR does not know
  bad_date,            ///< a date that is none
  missing_required,    ///< a required element is left out
  dangling_reference,  ///< a reference to a patient that is nowhere
  duplicate_id,        ///< the id of the type's first record, with another body
  broken_json,         ///< the line ends in the middle
  wrong_type,          ///< a number where a code belongs
  wrong_cardinality,   ///< an array where one value belongs
  unknown_type,        ///< a resourceType that FHIR does not know
  missing_id,          ///< no id
};

struct Fault {
  IssueKind kind;
  Type type;
  std::uint64_t index;  ///< number of the record within its type, from 0: it stands in line index + 1
};

class Faults {
 public:
  /// Spreads `count` faults, kind by kind, over Observations, Conditions and ResearchSubjects that no other
  /// record refers to. Throws UsageError when the study has too few of those.
  Faults(const World& world, std::uint64_t count);

  /// The fault that is due at this record, if any. Records must be asked for in order within a type.
  [[nodiscard]] std::optional<IssueKind> at(Type type, std::uint64_t index) const;

  /// Spoils the resource that stands at the end of `out`, from `start` on.
  void spoil(std::string& out, std::size_t start, const Fault& fault) const;

  [[nodiscard]] bool empty() const noexcept { return faults_.empty(); }
  /// The list as JSON. `suffix` is what follows the type in a file's name: ".ndjson" or ".ndjson.gz".
  [[nodiscard]] std::string json(std::string_view suffix) const;

 private:
  const World& world_;
  std::vector<Fault> faults_;  ///< sorted by type, then index
};

}  // namespace etl::synth
