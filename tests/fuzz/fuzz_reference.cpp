// The text of References, which two functions read: one says whether its syntax is right, one takes it apart to find
// the target.

#include "fhir/primitive_format.hpp"
#include "fhir/reference_syntax.hpp"
#include "fhir/resource_reference.hpp"
#include "properties.hpp"

namespace {

using namespace etl;
using fhir::ReferenceForm;
using fuzz::require;

/// A view of the text itself, not of something that is gone.
void lies_in(std::string_view part, std::string_view text) {
  if (part.empty()) return;
  require(part.data() >= text.data() && part.data() + part.size() <= text.data() + text.size(), "no part of the text");
}

bool names_a_resource(ReferenceForm form) {
  return form == ReferenceForm::relative || form == ReferenceForm::versioned || form == ReferenceForm::absolute;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  const std::string shown(text);
  const fhir::ReferenceSyntax syntax = fhir::reference_syntax(text);
  lies_in(syntax.type, text);
  lies_in(syntax.id, text);
  require(fuzz::is_utf8(syntax.problem), "a problem that is not text");

  const fhir::ResourceReference taken = fhir::resource_reference(text);
  for (const std::string_view part : {taken.target, taken.type, taken.id, taken.address}) lies_in(part, text);
  if (!names_a_resource(taken.form)) {
    require(taken.target.empty() && taken.address.empty(), "a target of a reference that names no resource: " + shown);
    return 0;
  }
  require(taken.target == std::string(taken.type) + '/' + std::string(taken.id), "another target: " + shown);
  require(fhir::is_id(taken.id) && taken.id.size() <= 64, "a target whose id is none: " + shown);
  require(static_cast<bool>(fhir::relative_reference(taken.target)), "a target that is no reference: " + shown);
  const fhir::ResourceReference again = fhir::resource_reference(taken.target);
  require(again.form == ReferenceForm::relative && again.target == taken.target, "another target's target: " + shown);
  if (taken.form == ReferenceForm::absolute) {
    require(taken.address.starts_with("//") && taken.address.ends_with(taken.target), "another address: " + shown);
    for (const char* const scheme : {"http:", "https:"}) {
      const std::string other = scheme + std::string(taken.address);
      const fhir::ResourceReference same = fhir::resource_reference(other);
      require(same.address == taken.address, "http and https differ: " + shown);
      require(fhir::address_hash(same.address) == fhir::address_hash(taken.address), "another hash: " + shown);
    }
  }
  // What has a target and passes names the same target.
  if (syntax.problem.empty() && taken.form != ReferenceForm::absolute) {
    require(syntax.type == taken.type && syntax.id == taken.id, "two targets: " + shown);
  }
  return 0;
}
