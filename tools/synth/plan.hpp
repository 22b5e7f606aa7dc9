#pragma once

// How many resources of each type a study has, and which of them may be referred to.

#include <array>
#include <cstdint>
#include <optional>

#include "types.hpp"

namespace etl::synth {

/// The wishes that decide the counts; one of records and patients is set.
struct Size {
  std::optional<std::uint64_t> records;
  std::optional<std::uint64_t> patients;
  std::optional<std::uint64_t> documents;  ///< exactly this many DocumentReferences
};

class Plan {
 public:
  /// The counts of a study: exactly `records` resources in all, or as many as `patients` patients have (20 each).
  /// Throws UsageError when the wishes do not fit together.
  static Plan of(const Size& size);

  [[nodiscard]] std::uint64_t count(Type type) const noexcept { return counts_[static_cast<std::size_t>(type)]; }
  [[nodiscard]] std::uint64_t patients() const noexcept { return count(Type::Patient); }
  [[nodiscard]] std::uint64_t total() const noexcept;

  /// The patient to whom record `index` belongs. Record i of most types belongs to patient i modulo patients().
  [[nodiscard]] std::uint64_t patient_of(Type type, std::uint64_t index) const noexcept {
    return index / at_a_time(type) % patients();
  }
  /// Which of its patient's records of this type it is, from 0.
  [[nodiscard]] std::uint64_t nth_of(Type type, std::uint64_t index) const noexcept {
    const std::uint64_t few = at_a_time(type);
    return index / (few * patients()) * few + index % few;
  }
  /// The other way round: number `nth` of the patient's records of this type, if there are so many.
  [[nodiscard]] std::optional<std::uint64_t> owned(Type type, std::uint64_t patient, std::uint64_t nth) const noexcept {
    const std::uint64_t few = at_a_time(type);
    const std::uint64_t index = (nth / few * patients() + patient) * few + nth % few;
    return index < count(type) ? std::optional(index) : std::nullopt;
  }
  /// How many records of this type the patient has.
  [[nodiscard]] std::uint64_t owned(Type type, std::uint64_t patient) const noexcept {
    const std::uint64_t few = at_a_time(type);
    const std::uint64_t round = few * patients();  // every patient has `few` of a round
    const std::uint64_t rest = count(type) % round;
    const std::uint64_t before = patient * few;
    return count(type) / round * few + (rest <= before ? 0 : rest - before < few ? rest - before : few);
  }

  /// From this number on no other record refers to the records of this type: they may be spoilt without
  /// breaking anything else.
  [[nodiscard]] std::uint64_t first_leaf(Type type) const noexcept;

 private:
  std::array<std::uint64_t, type_count> counts_{};
};

}  // namespace etl::synth
