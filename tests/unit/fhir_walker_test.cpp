#include "fhir/walker.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "fhir_fixture.hpp"

namespace etl::fhir {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct Checked {
  std::vector<std::string> issues;    ///< `kind path`
  std::vector<std::string> messages;  ///< of the issues
  std::vector<std::string> warnings;  ///< `kind path`
};

Checked check(const std::string& json, const BundleLinks* links = nullptr) {
  const Indexed indexed(json);
  EXPECT_EQ(indexed.wrong(), "") << json;
  Findings findings;
  Walker<true> walker(findings);
  walker.start(indexed.cursor(), {0, 1}, links);
  const Type* type = Model::r5().resource(walker.resource_type());
  EXPECT_NE(type, nullptr) << json;
  if (type == nullptr) return {};
  walker.object(*type, [](const Element&) { return false; });
  EXPECT_EQ(walker.cursor.offset(), indexed.size()) << "not read to its end: " << json;
  Checked out;
  for (const OpenIssue& issue : findings.document) {
    out.issues.push_back(std::string(to_string(issue.kind)) + " " + issue.path);
    out.messages.push_back(issue.message);
  }
  for (const Issue& warning : findings.warnings.issues({"file"})) {
    out.warnings.push_back(std::string(to_string(warning.kind)) + " " + warning.path);
  }
  return out;
}

struct Case {
  const char* name;
  const char* json;
  std::vector<std::string> issues;
};

class FhirValidation : public ::testing::TestWithParam<Case> {};

TEST_P(FhirValidation, FindsExactlyWhatIsWrong) {
  const Case& given = GetParam();
  EXPECT_THAT(check(given.json).issues, ::testing::ElementsAreArray(given.issues)) << given.json;
}

// Of a Patient unless another type matters.
#define PATIENT(members) R"({"resourceType":"Patient","id":"p",)" members "}"

INSTANTIATE_TEST_SUITE_P(
    Rules, FhirValidation,
    ::testing::Values(
        Case{"valid",
             PATIENT(R"("active":true,"name":[{"family":"A","given":["B","C"]}],"birthDate":"1970-01-01")"),
             {}},
        Case{"unknown_element", PATIENT(R"("colour":"red")"), {"unknown-element Patient"}},
        Case{"unknown_element_nested",
             PATIENT(R"("name":[{"family":"A"},{"first":"B"}])"),
             {"unknown-element Patient.name[1]"}},
        Case{"unknown_element_in_backbone",
             PATIENT(R"("contact":[{"nick":"A"}])"),
             {"unknown-element Patient.contact[0]"}},
        Case{"unknown_element_hides_nothing",
             PATIENT(R"("colour":{"a":[1,{"b":2}]},"active":"no")"),
             {"unknown-element Patient", "wrong-type Patient.active"}},
        Case{"name_with_escapes_is_known", PATIENT(R"("\u0061ctive":true)"), {}},
        Case{"empty_name", PATIENT(R"("":1)"), {"unknown-element Patient"}},
        Case{"string_for_boolean", PATIENT(R"("active":"true")"), {"wrong-type Patient.active"}},
        Case{"number_for_boolean", PATIENT(R"("active":1)"), {"wrong-type Patient.active"}},
        Case{"number_for_string", PATIENT(R"("gender":1)"), {"wrong-type Patient.gender"}},
        Case{"boolean_for_string", PATIENT(R"("gender":true)"), {"wrong-type Patient.gender"}},
        Case{"object_for_primitive", PATIENT(R"("gender":{"code":"male"})"), {"wrong-type Patient.gender"}},
        Case{
            "string_for_number", PATIENT(R"("multipleBirthInteger":"2")"), {"wrong-type Patient.multipleBirthInteger"}},
        Case{"string_for_object", PATIENT(R"("maritalStatus":"M")"), {"wrong-type Patient.maritalStatus"}},
        Case{"null_for_object", PATIENT(R"("maritalStatus":null)"), {"wrong-type Patient.maritalStatus"}},
        Case{"null_for_primitive", PATIENT(R"("gender":null)"), {"wrong-type Patient.gender"}},
        Case{"null_for_number", PATIENT(R"("multipleBirthInteger":null)"), {"wrong-type Patient.multipleBirthInteger"}},
        Case{"null_for_boolean", PATIENT(R"("active":null)"), {"wrong-type Patient.active"}},
        Case{"one_value_where_an_array_should_be", PATIENT(R"("name":{"family":"A"})"), {"wrong-type Patient.name"}},
        Case{"array_where_one_value_should_be", PATIENT(R"("birthDate":["1970"])"), {"wrong-type Patient.birthDate"}},
        Case{"array_of_objects_where_one_should_be",
             PATIENT(R"("maritalStatus":[{"text":"M"}])"),
             {"wrong-type Patient.maritalStatus"}},
        Case{"array_in_array", PATIENT(R"("name":[[{"family":"A"}]])"), {"wrong-type Patient.name[0]"}},
        Case{"empty_array", PATIENT(R"("name":[])"), {"cardinality Patient.name"}},
        Case{"empty_object", PATIENT(R"("maritalStatus":{})"), {"cardinality Patient.maritalStatus"}},
        Case{"required_element_missing",
             R"({"resourceType":"Observation","id":"o","status":"final"})",
             {"cardinality Observation"}},
        Case{"required_elements_missing",
             R"({"resourceType":"Observation","id":"o"})",
             {"cardinality Observation", "cardinality Observation"}},
        Case{"required_element_of_a_backbone_missing",
             PATIENT(R"("link":[{"type":"seealso"}])"),
             {"cardinality Patient.link[0]"}},
        Case{"required_choice_missing",
             R"({"resourceType":"MedicationAdministration","id":"m","status":"completed",
             "medication":{"concept":{"text":"x"}},"subject":{"reference":"Patient/p"}})",
             {"cardinality MedicationAdministration"}},
        Case{"required_choice_there",
             R"({"resourceType":"MedicationAdministration","id":"m","status":"completed",
             "medication":{"concept":{"text":"x"}},"subject":{"reference":"Patient/p"},"occurenceDateTime":"2024"})",
             {}},
        Case{"required_choice_as_companion",
             R"({"resourceType":"MedicationAdministration","id":"m","status":"completed",
             "medication":{"concept":{"text":"x"}},"subject":{"reference":"Patient/p"},"_occurenceDateTime":{"extension":[{"url":"http://a","valueCode":"x"}]}})",
             {}},
        Case{"two_of_a_choice",
             PATIENT(R"("deceasedBoolean":true,"deceasedDateTime":"2024")"),
             {"choice Patient.deceasedDateTime"}},
        Case{"bad_date", PATIENT(R"("birthDate":"2023-02-29")"), {"format Patient.birthDate"}},
        Case{"bad_id", R"({"resourceType":"Patient","id":"a b"})", {"format Patient.id"}},
        Case{"long_id",
             R"({"resourceType":"Patient","id":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"})",
             {"format Patient.id"}},
        Case{"element_id_may_be_any_text", PATIENT(R"("name":[{"id":"a b","family":"A"}])"), {}},
        Case{"empty_string", PATIENT(R"("name":[{"family":""}])"), {"format Patient.name[0].family"}},
        Case{
            "decimal_of_a_quantity",
            R"({"resourceType":"Observation","id":"o","status":"final","code":{"text":"c"},"valueQuantity":{"value":"1"}})",
            {"wrong-type Observation.valueQuantity.value"}},
        Case{"path_counts_repeats",
             R"({"resourceType":"Observation","id":"o","status":"final","code":{"text":"c"},
             "component":[{"code":{"text":"a"}},{"code":{"text":"b"}},{"code":{"text":"d"},"valueQuantity":{"value":true}}]})",
             {"wrong-type Observation.component[2].valueQuantity.value"}},
        Case{"integer_with_a_fraction",
             PATIENT(R"("multipleBirthInteger":1.0)"),
             {"format Patient.multipleBirthInteger"}},
        Case{"integer64_as_number_or_string",
             R"({"resourceType":"DocumentReference","id":"d","status":"current",
             "content":[{"attachment":{"size":1}},{"attachment":{"size":"1"}}]})",
             {}},
        Case{
            "integer64_malformed",
            R"({"resourceType":"DocumentReference","id":"d","status":"current","content":[{"attachment":{"size":"big"}}]})",
            {"format DocumentReference.content[0].attachment.size"}},
        Case{"companion", PATIENT(R"("_birthDate":{"extension":[{"url":"http://a","valueCode":"unknown"}]})"), {}},
        Case{"companion_beside_its_value", PATIENT(R"("birthDate":"1970","_birthDate":{"id":"a"})"), {}},
        Case{"companion_not_an_object", PATIENT(R"("_birthDate":"x")"), {"wrong-type Patient.birthDate"}},
        Case{"companion_of_no_element", PATIENT(R"("_colour":{"id":"a"})"), {"unknown-element Patient"}},
        Case{"companion_of_an_object", PATIENT(R"("_name":[{"id":"a"}])"), {"unknown-element Patient"}},
        Case{"companion_with_a_fault", PATIENT(R"("_birthDate":{"value":"x"})"), {"unknown-element Patient.birthDate"}},
        Case{"companion_twice",
             PATIENT(R"("birthDate":"1970","_birthDate":{"id":"a"},"_birthDate":{"id":"a"})"),
             {"duplicate-element Patient"}},
        Case{"companion_satisfies_a_required_element",
             R"({"resourceType":"Observation","id":"o","_status":{"extension":[{"url":"http://a","valueCode":"x"}]},
             "code":{"text":"c"}})",
             {}},
        Case{"companion_with_an_id_alone",
             R"({"resourceType":"Observation","id":"o","_status":{"id":"x"},"code":{"text":"c"}})",
             {"cardinality Observation.status"}},
        Case{"companions_of_a_repeated_primitive",
             PATIENT(
                 R"("name":[{"given":["A",null],"_given":[null,{"extension":[{"url":"http://a","valueCode":"x"}]}]}])"),
             {}},
        Case{"companions_with_ids_beside_values", PATIENT(R"("name":[{"given":["A","B"],"_given":[{"id":"x"}]}])"), {}},
        Case{"null_with_an_id_alone",
             PATIENT(R"("name":[{"given":["A",null],"_given":[null,{"id":"x"}]}])"),
             {"wrong-type Patient.name[0].given[1]"}},
        Case{"null_without_companions",
             PATIENT(R"("name":[{"given":["A",null]}])"),
             {"wrong-type Patient.name[0].given[1]"}},
        Case{"null_on_both_sides",
             PATIENT(R"("name":[{"given":["A",null],"_given":[{"id":"x"},null]}])"),
             {"wrong-type Patient.name[0].given[1]"}},
        Case{"more_companions_than_values",
             PATIENT(R"("name":[{"given":["A"],"_given":[null,{"id":"x"}]}])"),
             {"cardinality Patient.name[0].given"}},
        Case{"companions_without_values",
             PATIENT(R"("name":[{"_given":[{"extension":[{"url":"http://a","valueCode":"x"}]}]}])"),
             {}},
        Case{"a_gap_in_companions_without_values",
             PATIENT(R"("name":[{"_given":[null,{"extension":[{"url":"http://a","valueCode":"x"}]}]}])"),
             {"cardinality Patient.name[0].given[0]"}},
        Case{"empty_companion", PATIENT(R"("birthDate":"1970","_birthDate":{})"), {"cardinality Patient.birthDate"}},
        Case{
            "companion_of_another_type_of_a_choice",
            PATIENT(R"("deceasedBoolean":true,"_deceasedDateTime":{"extension":[{"url":"http://a","valueCode":"x"}]})"),
            {"choice Patient"}},
        Case{"an_id_alone_is_no_content",
             PATIENT(R"("maritalStatus":{"id":"x"})"),
             {"cardinality Patient.maritalStatus"}},
        Case{"extension_with_a_value_and_extensions",
             PATIENT(R"("extension":[{"url":"http://a","valueCode":"x","extension":[{"url":"b","valueCode":"x"}]}])"),
             {"choice Patient.extension[0]"}},
        Case{"extension_with_neither",
             PATIENT(R"("extension":[{"url":"http://a"}])"),
             {"cardinality Patient.extension[0]"}},
        Case{"extension_whose_value_has_a_companion_only",
             PATIENT(
                 R"("extension":[{"url":"http://a","_valueCode":{"extension":[{"url":"http://b","valueCode":"x"}]}}])"),
             {}},
        Case{"extension_url_with_a_blank",
             PATIENT(R"("extension":[{"url":"http://a b","valueCode":"x"}])"),
             {"format Patient.extension[0].url"}},
        Case{"contained_without_an_id",
             PATIENT(R"("contained":[{"resourceType":"Organization","name":"O"}])"),
             {"id Patient.contained[0]"}},
        Case{"contained_twice",
             PATIENT(R"("contained":[{"resourceType":"Organization","id":"o"},{"resourceType":"Patient","id":"o"}])"),
             {"duplicate-id Patient.contained[1]"}},
        Case{
            "contained_in_contained",
            PATIENT(
                R"("contained":[{"resourceType":"Organization","id":"o","contained":[{"resourceType":"Patient","id":"q"}]}])"),
            {"cardinality Patient.contained[0].contained[0]"}},
        Case{"fragment_before_its_target",
             PATIENT(
                 R"("managingOrganization":{"reference":"#o"},"contained":[{"resourceType":"Organization","id":"o"}])"),
             {}},
        Case{"fragment_of_nothing",
             PATIENT(
                 R"("managingOrganization":{"reference":"#q"},"contained":[{"resourceType":"Organization","id":"o"}])"),
             {"reference Patient.managingOrganization.reference"}},
        Case{"contained_refers_to_its_container",
             PATIENT(R"("contained":[{"resourceType":"Observation","id":"o","status":"final","code":{"text":"c"},
             "subject":{"reference":"#"}}])"),
             {}},
        Case{"resources_of_parameters_contain_for_themselves",
             R"({"resourceType":"Parameters","id":"x","parameter":[
             {"name":"a","resource":{"resourceType":"Patient","contained":[{"resourceType":"Organization","id":"o"}]}},
             {"name":"b","resource":{"resourceType":"Patient","managingOrganization":{"reference":"#o"}}}]})",
             {"reference Parameters.parameter[1].resource.managingOrganization.reference"}},
        Case{
            "narrative_with_a_script",
            PATIENT(
                R"("text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\"><script>x</script></div>"})"),
            {"format Patient.text.div"}},
        Case{
            "number_beyond_numeric",
            R"({"resourceType":"Observation","id":"o","status":"final","code":{"text":"c"},"valueQuantity":{"value":1e200000}})",
            {"storage Observation.valueQuantity.value"}},
        Case{"null_in_an_array_of_objects", PATIENT(R"("name":[null])"), {"wrong-type Patient.name[0]"}},
        Case{"wrong_type_in_an_array_of_primitives",
             PATIENT(R"("name":[{"given":["A",1]}])"),
             {"wrong-type Patient.name[0].given[1]"}},
        Case{"duplicate_member", PATIENT(R"("active":true,"active":true)"), {"duplicate-element Patient.active"}},
        Case{"duplicate_member_nested",
             PATIENT(R"("name":[{"family":"A","family":"B"}])"),
             {"duplicate-element Patient.name[0].family"}},
        Case{"duplicate_member_by_an_escape",
             PATIENT(R"("active":true,"\u0061ctive":true)"),
             {"duplicate-element Patient.active"}},
        Case{"same_name_in_two_objects", PATIENT(R"("name":[{"family":"A"},{"family":"B"}])"), {}},
        Case{"contained", PATIENT(R"("contained":[{"resourceType":"Organization","id":"o","name":"O"}])"), {}},
        Case{
            "contained_without_a_type", PATIENT(R"("contained":[{"id":"o"}])"), {"resource-type Patient.contained[0]"}},
        Case{"contained_of_an_unknown_type",
             PATIENT(R"("contained":[{"resourceType":"Thing"}])"),
             {"resource-type Patient.contained[0]"}},
        Case{"contained_of_an_abstract_type",
             PATIENT(R"("contained":[{"resourceType":"DomainResource"}])"),
             {"resource-type Patient.contained[0]"}},
        Case{"contained_no_object", PATIENT(R"("contained":["Organization/o"])"), {"wrong-type Patient.contained[0]"}},
        Case{"contained_with_a_fault",
             PATIENT(R"("contained":[{"resourceType":"Organization","id":"o","nom":"O"}])"),
             {"unknown-element Patient.contained[0]"}},
        Case{"extension_without_url",
             PATIENT(R"("extension":[{"valueString":"x"}])"),
             {"cardinality Patient.extension[0]"}},
        Case{"extension_nested_fault",
             PATIENT(R"("extension":[{"url":"http://a","extension":[{"url":"b","valueDate":"x"}]}])"),
             {"format Patient.extension[0].extension[0].valueDate"}},
        Case{"element_deep_in_types",
             PATIENT(R"("identifier":[{"type":{"coding":[{"system":"a b"}]}}])"),
             {"format Patient.identifier[0].type.coding[0].system"}}),
    [](const ::testing::TestParamInfo<Case>& given) { return std::string(given.param.name); });

struct ReferenceCase {
  const char* reference;
  bool good;
};
class FhirReferenceSyntax : public ::testing::TestWithParam<ReferenceCase> {};

TEST_P(FhirReferenceSyntax, IsHeldAgainstTheSpecification) {
  const auto& [reference, good] = GetParam();
  const Checked checked = check(
      std::string(R"({"resourceType":"Patient","id":"p","managingOrganization":{"reference":")") + reference + "\"}}");
  if (good) {
    EXPECT_THAT(checked.issues, IsEmpty()) << reference;
  } else {
    EXPECT_THAT(checked.issues, ElementsAre("reference Patient.managingOrganization.reference")) << reference;
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, FhirReferenceSyntax,
    ::testing::Values(
        ReferenceCase{"Organization/o", true}, ReferenceCase{"Organization\\/o", true},
        ReferenceCase{"Organization/o/_history/2", true}, ReferenceCase{"Organization?identifier=http://a|b", true},
        ReferenceCase{"#o", false}, ReferenceCase{"#", false}, ReferenceCase{"#a b", false},
        ReferenceCase{"Organization/o#c", true}, ReferenceCase{"Organization/o/_history/", false},
        ReferenceCase{"Organization/o/_history", false}, ReferenceCase{"Organization//_history/1", false},
        ReferenceCase{"Organization/_history/1", false}, ReferenceCase{"Organization/o/_history/a b", false},
        ReferenceCase{" Organization/o", false}, ReferenceCase{"Organization/o ", false},
        ReferenceCase{"http://a/Organization/o/_history/2", true}, ReferenceCase{"http://a/Organization/", false},
        ReferenceCase{"http://a/Organization/o/_history/", false}, ReferenceCase{"http://a//Organization/o", false},
        ReferenceCase{"http://a/Organization//_history/1", false}, ReferenceCase{"http://a/Organization/o_1", false},
        ReferenceCase{"http://a/Organization/o 1", false}, ReferenceCase{"http://", false},
        ReferenceCase{"http:///Organization/o", false}, ReferenceCase{"http:Organization/o", false},
        ReferenceCase{"https://a/fhir/", true}, ReferenceCase{"urn:", false}, ReferenceCase{"urn:isbn:123", true},
        ReferenceCase{"Organization?", false}, ReferenceCase{"Organization?a b=c", false},
        ReferenceCase{"http://a/Organization/o", true}, ReferenceCase{"https://a/fhir", true},
        ReferenceCase{"urn:uuid:c757873d-ec9a-4326-a141-556f43239520", true}, ReferenceCase{"urn:oid:1.2.3", true},
        ReferenceCase{"Thing/o", false}, ReferenceCase{"organization/o", false}, ReferenceCase{"Organization", false},
        ReferenceCase{"Organization/", false}, ReferenceCase{"/o", false}, ReferenceCase{"o", false},
        ReferenceCase{"Organization/o/x", false}, ReferenceCase{"Organization/o_1", false},
        ReferenceCase{"DomainResource/o", false}, ReferenceCase{"Thing?a=b", false}, ReferenceCase{"urn:uuid:1", false},
        ReferenceCase{"urn:oid:9.1", false},
        ReferenceCase{"Organization/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false}));

TEST(FhirWalker, ReferenceWithoutATextIsValid) {
  EXPECT_THAT(check(PATIENT(R"("managingOrganization":{"display":"O"})")).issues, IsEmpty());
  EXPECT_THAT(check(PATIENT(R"("managingOrganization":{"identifier":{"value":"O"}})")).issues, IsEmpty());
}

TEST(FhirWalker, UrnReferencesAreResolvedOrWarnedOf) {
  const std::string json =
      PATIENT(R"("managingOrganization":{"reference":"urn:uuid:c757873d-ec9a-4326-a141-556f43239520"})");
  EXPECT_THAT(check(json).warnings, ElementsAre("unresolved-reference Patient.managingOrganization.reference"));
  const BundleLinks links{{"urn:uuid:c757873d-ec9a-4326-a141-556f43239520", "Organization/o"}};
  EXPECT_THAT(check(json, &links).warnings, IsEmpty());
  const BundleLinks wrong{{"urn:uuid:c757873d-ec9a-4326-a141-556f43239520", "Thing/o"}};
  EXPECT_THAT(check(json, &wrong).issues, ElementsAre("reference Patient.managingOrganization.reference"));
}

TEST(FhirWalker, CodesOutsideARequiredBindingAreWarnings) {
  const Checked encounter = check(R"({"resourceType":"Encounter","id":"e","status":"finished"})");
  EXPECT_THAT(encounter.issues, IsEmpty());
  EXPECT_THAT(encounter.warnings, ElementsAre("binding Encounter.status"));
  const Checked subject = check(R"({"resourceType":"ResearchSubject","id":"r","status":"on-study",
      "study":{"reference":"ResearchStudy/s"},"subject":{"reference":"Patient/p"}})");
  EXPECT_THAT(subject.issues, IsEmpty());
  EXPECT_THAT(check(PATIENT(R"("gender":"male")")).warnings, IsEmpty());
  EXPECT_THAT(check(PATIENT(R"("gender":"man")")).warnings, ElementsAre("binding Patient.gender"));
}

TEST(FhirWalker, CodingsOutsideARequiredBindingAreWarnings) {
  const auto condition = [](const std::string& status) {
    return check(R"({"resourceType":"Condition","id":"c","subject":{"reference":"Patient/p"},"clinicalStatus":)" +
                 status + "}")
        .warnings;
  };
  const std::string system = R"("system":"http://terminology.hl7.org/CodeSystem/condition-clinical")";
  EXPECT_THAT(condition(R"({"coding":[{)" + system + R"(,"code":"active"}]})"), IsEmpty());
  EXPECT_THAT(condition(R"({"coding":[{"code":"active"}]})"), IsEmpty());
  EXPECT_THAT(condition(R"({"coding":[{"system":"http://a","code":"x"},{)" + system + R"(,"code":"active"}]})"),
              IsEmpty());
  EXPECT_THAT(condition(R"({"extension":[{"url":"http://a","valueCode":"unknown"}]})"), IsEmpty());
  const auto warned = ElementsAre("binding Condition.clinicalStatus");
  EXPECT_THAT(condition(R"({"coding":[{)" + system + R"(,"code":"on"}]})"), warned);
  EXPECT_THAT(condition(R"({"coding":[{"code":"on"}]})"), warned);
  EXPECT_THAT(condition(R"({"coding":[{"system":"http://a","code":"active"}]})"), warned);
  EXPECT_THAT(condition(R"({"text":"active"})"), warned);
}

TEST(FhirWalker, LanguagesAreHeldAgainstTheirGrammar) {
  const auto language = [](const std::string& code) {
    return check(
               R"({"resourceType":"Patient","id":"p","communication":[{"language":{"coding":[{"system":"urn:ietf:bcp:47","code":")" +
               code + R"("}]}}]})")
        .warnings;
  };
  for (const char* good :
       {"en", "de-CH", "zh-Hant-TW", "es-419", "sl-rozaj-biske", "en-a-bbb-x-a", "x-private", "i-klingon"}) {
    EXPECT_THAT(language(good), IsEmpty()) << good;
  }
  for (const char* bad : {"en_US", "e", "no-such-code", "en-", "english-", "en--US", "en-a", "abcdefghi"}) {
    EXPECT_THAT(language(bad), ElementsAre("binding Patient.communication.language")) << bad;
  }
}

TEST(FhirWalker, ReferencesToTypesThatTheDefinitionDoesNotAllowAreWarnings) {
  const auto warned = ElementsAre("reference-type Patient.managingOrganization");
  const auto organization = [](const std::string& reference) {
    return check(
               R"({"resourceType":"Patient","id":"p","contained":[{"resourceType":"Practitioner","id":"c"}],"managingOrganization":{)" +
               reference + "}}")
        .warnings;
  };
  EXPECT_THAT(organization(R"("reference":"Organization/o")"), IsEmpty());
  EXPECT_THAT(organization(R"("reference":"Practitioner/o")"), warned);
  EXPECT_THAT(organization(R"("reference":"Practitioner/o/_history/1")"), warned);
  EXPECT_THAT(organization(R"("reference":"http://a/Practitioner/o")"), warned);
  EXPECT_THAT(organization(R"("reference":"Practitioner?a=b")"), warned);
  EXPECT_THAT(organization(R"("reference":"#c")"), warned);
  EXPECT_THAT(organization(R"("type":"Practitioner","display":"o")"), warned);
  EXPECT_THAT(check(R"({"resourceType":"MedicationRequest","id":"m","status":"active","intent":"order",
      "subject":{"reference":"Patient/p"},"medication":{"reference":{"reference":"Patient/p"}}})")
                  .warnings,
              ElementsAre("reference-type MedicationRequest.medication"));
}

TEST(FhirWalker, BlankTextsAndControlCharactersAreWarnings) {
  EXPECT_THAT(check(PATIENT(R"("name":[{"family":" \n"}])")).warnings, ElementsAre("text HumanName.family"));
  EXPECT_THAT(check(PATIENT(R"("name":[{"family":"a\u0001"}])")).warnings, ElementsAre("text HumanName.family"));
  EXPECT_THAT(check(PATIENT(R"("name":[{"family":" a\n\r\tb"}])")).warnings, IsEmpty());
}

TEST(FhirWalker, ABlankInThePathOfAFileIsAWarning) {
  const auto url = [](const std::string& text) {
    return check(
        R"({"resourceType":"DocumentReference","id":"d","status":"current","content":[{"attachment":{"url":")" + text +
        R"("}}]})");
  };
  for (const char* path : {"file:///output/lab results.csv", "output/lab results.csv", "lab results.csv"}) {
    EXPECT_THAT(url(path).issues, IsEmpty()) << path;
    EXPECT_THAT(url(path).warnings, ElementsAre("blank-in-path Attachment.url")) << path;
  }
  for (const char* bad : {"http://a/lab results.csv", " lab.csv", "lab.csv ", "lab\\tresults.csv", " "}) {
    EXPECT_THAT(url(bad).issues, ElementsAre("format DocumentReference.content[0].attachment.url")) << bad;
  }
  const auto extension = [](const std::string& name) {
    return check(R"({"resourceType":"Patient","id":"p","extension":[{"valueUrl":"file:///a b","url":"http://a/)" +
                 name + R"("}]})");
  };
  EXPECT_THAT(extension("source_path").warnings, ElementsAre("blank-in-path Extension.valueUrl"));
  EXPECT_THAT(extension("other").issues, ElementsAre("format Patient.extension[0].valueUrl"));
}

TEST(FhirWalker, SaysWhatItFoundAndExpected) {
  EXPECT_THAT(check(PATIENT(R"("birthDate":"2023-13-45")")).messages,
              ElementsAre(HasSubstr("\"2023-13-45\"; expected an existing date")));
  EXPECT_THAT(check(PATIENT(R"("active":"x")")).messages, ElementsAre("a string; expected true or false"));
  EXPECT_THAT(check(PATIENT(R"("name":"x")")).messages, ElementsAre("a string; expected an array"));
  EXPECT_THAT(check(PATIENT(R"("colour":1)")).messages, ElementsAre("\"colour\" is not an element of Patient"));
  // A long value is shown in part, and whole characters of it.
  std::string umlauts;
  for (int i = 0; i < 100; ++i) umlauts += "\u00e4";
  const auto messages = check(R"({"resourceType":"Patient","id":"p","birthDate":"x)" + umlauts + "\"}").messages;
  ASSERT_EQ(messages.size(), 1U);
  EXPECT_LT(messages[0].size(), 200U);
  EXPECT_THAT(messages[0], HasSubstr("\u00e4\u2026"));
}

TEST(FhirWalker, GoesTwoHundredAndFiftySixLevelsDeep) {
  const auto nested = [](int levels) {
    std::string json = R"({"resourceType":"Patient","id":"p")";
    for (int i = 0; i < levels; ++i) json += R"(,"extension":[{"url":"u")";
    json += R"(,"valueString":"x")";
    for (int i = 0; i < levels; ++i) json += "}]";
    return json + "}";
  };
  EXPECT_THAT(check(nested(200)).issues, IsEmpty());
  EXPECT_THROW(check(nested(300)), SyntaxError);
}

TEST(FhirWalker, FindsTheResourceTypeWhereverItStands) {
  EXPECT_THAT(check(R"({"id":"p","name":[{"family":"resourceType"}],"resourceType":"Patient"})").issues, IsEmpty());
  EXPECT_THAT(check(R"({"id":"p","resource\u0054ype":"Patient"})").issues, IsEmpty());
}

TEST(FhirWarnings, AreCountedWithTheFirstPlace) {
  Warnings one;
  Warnings two;
  one.add(IssueKind::binding, "A.b", "m", {1, 5});
  one.add(IssueKind::binding, "A.b", "m", {0, 9});
  two.add(IssueKind::binding, "A.b", "m", {0, 3}, 4);
  two.add(IssueKind::no_link, "A.c", "m", {2, 1});
  one.merge(two);
  const auto issues = one.issues({"x", "y", "z"});
  ASSERT_EQ(issues.size(), 2U);
  EXPECT_EQ(issues[0].text(), "x:3: A.b: m (binding, 6 times)");
  EXPECT_EQ(issues[1].text(), "z:1: A.c: m (no-link)");
}

}  // namespace
}  // namespace etl::fhir
