#include "flat/personal_identifiers.hpp"

#include <fnmatch.h>

#include <algorithm>

#include "fhir/json_text.hpp"
#include "flat/documents.hpp"

namespace etl::flat {
namespace {

/// Systems are the study's: a study with a system of its own for each patient must not fill the memory.
constexpr std::size_t most_known = 4096;

}  // namespace

const std::vector<std::string>& personal_systems() {
  // US driver's licences have the OID 2.16.840.1.113883.4.3.<state>, social security numbers 2.16.840.1.113883.4.1.
  static const std::vector<std::string> patterns{"*us-ssn", "*passport*", "*driver*licen[cs]e*",
                                                 "urn:oid:2.16.840.1.113883.4.1", "urn:oid:2.16.840.1.113883.4.3.*"};
  return patterns;
}

bool PersonalIdentifiers::matches_any(const std::string& system) const {
  return std::ranges::any_of(patterns_, [&](const std::string& pattern) {
    return ::fnmatch(pattern.c_str(), system.c_str(), FNM_CASEFOLD) == 0;
  });
}

bool PersonalIdentifiers::matches(std::string_view system) {
  if (system.empty() || patterns_.empty()) return false;
  scratch_.assign(system);
  if (system.find('\\') != std::string_view::npos) {
    std::string plain;
    fhir::unescape(system, plain);
    scratch_ = std::move(plain);
  }
  if (const auto found = known_.find(scratch_); found != known_.end()) return found->second;
  const bool personal = matches_any(scratch_);
  if (known_.size() < most_known) known_.emplace(scratch_, personal);
  return personal;
}

}  // namespace etl::flat
