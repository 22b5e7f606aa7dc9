#pragma once

#include <array>
#include <string_view>

namespace etl::flat {

/// What an observation of the layout `dictionary` has from its patient.
inline constexpr std::array<std::string_view, 6> patient_columns{
    "us_core_race", "us_core_ethnicity", "address", "gender", "birthDate", "address_orh_zip_designation_code"};

/// The codes of the patient's Conditions and FamilyMemberHistory resources: what is shown of them, and `system#code`.
inline constexpr std::array<std::string_view, 4> condition_columns{
    "condition", "condition_code", "family_history_condition", "family_history_condition_code"};

}  // namespace etl::flat
