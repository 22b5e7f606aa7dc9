#pragma once

// What all records of one synthetic study share: seed, counts, names, and the id of every record, which is computed,
// never stored.

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "plan.hpp"
#include "random.hpp"
#include "types.hpp"

namespace etl::synth {

/// Patients [first, last): the ones whose records stand in the Bundle that is being written.
struct Window {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
};

struct World {
  std::uint64_t seed = 1;
  std::string study = "demo";
  std::string id_prefix;  ///< put before every id; empty: the ids are plain UUIDs
  Plan plan;
  /// Bodies of files: none are written when `bodies` is false, and sizes and md5s are then made up.
  bool bodies = true;
  std::uint64_t least_bytes = 64;
  std::uint64_t most_bytes = 1024;

  /// The numbers from which record `index` of `type` is made; `salt` gives another, unrelated stream.
  [[nodiscard]] Random random(Type type, std::uint64_t index, std::uint64_t salt = 0) const noexcept {
    return Random(mix(mix(mix(seed) ^ (static_cast<std::uint64_t>(type) + 1)) ^ index) + salt * 0xD1342543DE82EF95ULL);
  }

  /// Number `nth` of the patient's records of this type, if there are so many.
  [[nodiscard]] std::optional<std::uint64_t> owned(Type type, std::uint64_t patient, std::uint64_t nth) const noexcept {
    return plan.owned(type, patient, nth);
  }
  /// Any of the patient's records of this type, if there is one.
  [[nodiscard]] std::optional<std::uint64_t> any_owned(Type type, std::uint64_t patient,
                                                       Random& random) const noexcept {
    return owned(type, patient, random.below(std::max<std::uint64_t>(1, plan.owned(type, patient))));
  }
  /// Any record of a type that the whole study shares.
  [[nodiscard]] std::uint64_t any_shared(Type type, Random& random) const noexcept {
    return random.below(plan.count(type));
  }

  void append_id(std::string& out, Type type, std::uint64_t index) const;
  /// The UUID by which a Bundle's entry is known (`fullUrl`, without `urn:uuid:`). For records of odd number it
  /// is another than the id, as FHIR allows.
  void append_entry_uuid(std::string& out, Type type, std::uint64_t index) const;
};

/// 36 characters: a UUID made of two random words.
void append_uuid(std::string& out, Random random);
/// The number's decimal digits.
void append_number(std::string& out, std::uint64_t number);
/// The low digits only, with leading zeros: append_digits(out, 7, 3) appends 007.
void append_digits(std::string& out, std::uint64_t number, int digits);
/// 16 hexadecimal digits.
void append_hex(std::string& out, std::uint64_t word);

}  // namespace etl::synth
