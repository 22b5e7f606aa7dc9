#pragma once

// One function per FHIR type: record number `index`, from its open() to its close(). Which variant of a record is made
// follows from its number where a small study should have them all, and from chance elsewhere.

#include <cstdint>

#include "documents.hpp"
#include "record.hpp"

namespace etl::synth {

// study.cpp: what the study shares
void organization(Record& r, std::uint64_t index);
void practitioner(Record& r, std::uint64_t index);
void practitioner_role(Record& r, std::uint64_t index);
void research_study(Record& r, std::uint64_t index);
void substance(Record& r, std::uint64_t index);
void medication(Record& r, std::uint64_t index);

// patients.cpp
void patient(Record& r, std::uint64_t index);
void research_subject(Record& r, std::uint64_t index);
void body_structure(Record& r, std::uint64_t index);
void family_member_history(Record& r, std::uint64_t index);

// clinical.cpp
void specimen(Record& r, std::uint64_t index);
void encounter(Record& r, std::uint64_t index);
void condition(Record& r, std::uint64_t index);
void procedure(Record& r, std::uint64_t index);
void imaging_study(Record& r, std::uint64_t index);
void diagnostic_report(Record& r, std::uint64_t index);

// observations.cpp
void observation(Record& r, std::uint64_t index);

// prescriptions.cpp
void medication_request(Record& r, std::uint64_t index);
void medication_administration(Record& r, std::uint64_t index);
void medication_statement(Record& r, std::uint64_t index);

// work.cpp
void document_reference(Record& r, std::uint64_t index, Documents& documents);
void task(Record& r, std::uint64_t index);

/// The record of any type.
void resource(Record& r, Type type, std::uint64_t index, Documents& documents);

}  // namespace etl::synth
