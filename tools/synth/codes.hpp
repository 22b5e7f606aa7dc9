#pragma once

// The vocabularies of a synthetic study. All strings are JSON text: quotes and backslashes are escaped already.

#include <cstdint>
#include <span>
#include <string_view>

namespace etl::synth {

struct Code {
  std::string_view system;
  std::string_view code;
  std::string_view display;
};

/// A measurement with a number: its code, its unit, and the range of its values, scaled by 10^digits.
struct Measure {
  Code code;
  Code unit;
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  int digits = 0;
};

namespace code_system {
inline constexpr std::string_view snomed = "http://snomed.info/sct";
inline constexpr std::string_view loinc = "http://loinc.org";
inline constexpr std::string_view ucum = "http://unitsofmeasure.org";
inline constexpr std::string_view rxnorm = "http://www.nlm.nih.gov/research/umls/rxnorm";
inline constexpr std::string_view omb = "urn:oid:2.16.840.1.113883.6.238";
}  // namespace code_system

[[nodiscard]] std::span<const Measure> laboratory_measures() noexcept;
[[nodiscard]] std::span<const Measure> vital_signs() noexcept;
[[nodiscard]] std::span<const Code> conditions() noexcept;
[[nodiscard]] std::span<const Code> body_sites() noexcept;
[[nodiscard]] std::span<const Code> procedures() noexcept;
[[nodiscard]] std::span<const Code> drugs() noexcept;
[[nodiscard]] std::span<const Code> substances() noexcept;
[[nodiscard]] std::span<const Code> specimen_types() noexcept;
[[nodiscard]] std::span<const Code> races() noexcept;
[[nodiscard]] std::span<const Code> smoking_states() noexcept;
[[nodiscard]] std::span<const Code> relatives() noexcept;
[[nodiscard]] std::span<const Code> modalities() noexcept;
/// Family and given names, with accents, other scripts, escapes.
[[nodiscard]] std::span<const std::string_view> family_names() noexcept;
[[nodiscard]] std::span<const std::string_view> given_names() noexcept;
/// City, state, postal code.
struct Place {
  std::string_view city, state, postal_code;
};
[[nodiscard]] std::span<const Place> places() noexcept;
/// What a clinician writes: unicode, quotes, newlines, a backslash.
[[nodiscard]] std::span<const std::string_view> remarks() noexcept;

}  // namespace etl::synth
