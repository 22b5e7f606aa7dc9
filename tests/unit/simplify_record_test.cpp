// What the record of a resource holds: one case for every rule. The type, the id and what each type must have to be
// valid are not repeated in what is expected.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "simplify_fixture.hpp"

namespace etl::simplify {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAreArray;

struct Case {
  const char* name;
  const char* type;
  const char* members;                      ///< besides resourceType, id and what must be there
  const char* object;                       ///< expected of them
  std::vector<std::string> relations = {};  ///< `dst_name dst_id`
  const char* config = "{}";
};

/// What a type must have to be valid, and what that gives in the record.
struct Needed {
  std::string members;
  json object;
};

Needed needed(const std::string& type) {
  if (type == "Observation")
    return {R"(,"status":"final","code":{"text":"c"})", {{"status", "final"}, {"code_text", "c"}}};
  if (type == "Task") return {R"(,"status":"draft","intent":"plan")", {{"status", "draft"}, {"intent", "plan"}}};
  if (type == "Questionnaire" || type == "List") return {R"(,"status":"draft")", {{"status", "draft"}}};
  if (type == "DocumentReference") return {R"(,"status":"current")", {{"status", "current"}}};
  if (type == "Encounter") return {R"(,"status":"planned")", {{"status", "planned"}}};
  return {"", json::object()};
}

class SimplifyRecord : public ::testing::TestWithParam<Case> {};

TEST_P(SimplifyRecord, HoldsWhatTheRuleSays) {
  const Case& given = GetParam();
  const Needed base = needed(given.type);
  const std::string input =
      std::string(R"({"resourceType":")") + given.type + R"(","id":"x1")" + base.members + "," + given.members + "}";
  json wanted = json::parse(given.object);
  wanted["resourceType"] = given.type;
  wanted["id"] = "x1";
  wanted.update(base.object);
  for (const bool validate : {true, false}) {
    const Made made = make(input, {.config = given.config, .validate = validate});
    for (const auto& faults : made.rejected) ADD_FAILURE() << ::testing::PrintToString(faults) << " in " << input;
    ASSERT_EQ(made.lines.size(), 1U);
    const json record = made.record();
    EXPECT_EQ(record.at("object"), wanted) << json::diff(wanted, record.at("object")) << "\n" << made.lines[0];
    EXPECT_EQ(record.at("id"), "x1");
    std::vector<std::string> relations;
    for (const json& relation : record.at("relations")) {
      EXPECT_EQ(relation.size(), 2U);
      relations.push_back(relation.at("dst_name").get<std::string>() + " " + relation.at("dst_id").get<std::string>());
    }
    EXPECT_THAT(relations, UnorderedElementsAreArray(given.relations));
    for (const auto& [key, value] : record.at("object").items()) {
      EXPECT_FALSE(value.is_object()) << key;
      if (value.is_array()) {
        for (const json& item : value) EXPECT_FALSE(item.is_structured()) << key;
      }
    }
  }
}

std::string name_of(const ::testing::TestParamInfo<Case>& given) { return given.param.name; }

INSTANTIATE_TEST_SUITE_P(
    Extensions, SimplifyRecord,
    ::testing::Values(
        Case{"name_is_the_last_segment_with_underscores", "Patient",
             R"("extension":[{"url":"http://a/b/my-first-name","valueString":"x"}])", R"({"my_first_name":"x"})"},
        Case{"url_without_a_slash", "Patient", R"("extension":[{"url":"my-name","valueString":"x"}])",
             R"({"my_name":"x"})"},
        Case{
            "primitives_as_they_stand", "Patient",
            R"("extension":[{"url":"a","valueBoolean":true},{"url":"b","valueDecimal":0.0190},{"url":"c","valueInteger":7},{"url":"d","valueDate":"2024-02"}])",
            R"({"a":true,"b":0.019,"c":7,"d":"2024-02"})"},
        Case{
            "nested_extension_prefixes_its_children", "Patient",
            R"("extension":[{"url":"http://a/us-core-race","extension":[{"url":"ombCategory","valueCoding":{"system":"s","code":"c","display":"d"}},{"url":"text","valueString":"White"}]}])",
            R"({"us_core_race_ombCategory":"d","us_core_race_ombCategory_coding":["s#c"],"us_core_race_text":"White"})"},
        Case{
            "nested_twice", "Patient",
            R"("extension":[{"url":"a","extension":[{"url":"b-c","extension":[{"url":"http://x/d","valueCode":"v"}]},{"url":"e","valueCode":"w"}]}])",
            R"({"a_b_c_d":"v","a_e":"w"})"},
        Case{"nested_before_its_url", "Patient",
             R"("extension":[{"extension":[{"valueCode":"v","url":"b"}],"url":"a"}])", R"({"a_b":"v"})"},
        Case{"coding_without_a_display", "Patient",
             R"("extension":[{"url":"a","valueCoding":{"system":"s","code":"c"}}])", R"({"a_coding":["s#c"]})"},
        Case{"coding_without_a_system", "Patient",
             R"("extension":[{"url":"a","valueCoding":{"code":"c","display":"d"}}])", R"({"a":"d","a_coding":["#c"]})"},
        Case{"reference_is_a_text_and_a_relation",
             "Patient",
             R"("extension":[{"url":"a","valueReference":{"reference":"Group/g","display":"G"}}])",
             R"({"a":"Group/g"})",
             {"group g"}},
        Case{"reference_without_a_text", "Patient", R"("extension":[{"url":"a","valueReference":{"display":"G"}}])",
             "{}"},
        Case{"quantity", "Patient",
             R"("extension":[{"url":"a","valueQuantity":{"value":2.50,"unit":"mg","system":"http://u","code":"mg"}}])",
             R"({"a":"2.50 mg","a_value":[2.50],"a_unit":["http://u#mg"]})"},
        Case{
            "quantity_of_other_types", "Patient",
            R"("extension":[{"url":"a","valueAge":{"value":2,"unit":"y"}},{"url":"b","valueCount":{"value":3}},{"url":"c","valueDistance":{"value":4,"code":"m"}},{"url":"d","valueDuration":{"value":5,"unit":"h"}}])",
            R"({"a":"2 y","a_value":[2],"a_unit":["#"],"b":"3","b_value":[3],"b_unit":["#"],"c":"4","c_value":[4],"c_unit":["#m"],"d":"5 h","d_value":[5],"d_unit":["#"]})"},
        Case{"quantity_without_a_value", "Patient",
             R"("extension":[{"url":"a","valueQuantity":{"unit":"mg","system":"s","code":"mg"}}])",
             R"({"a_unit":["s#mg"]})"},
        Case{
            "other_types_give_their_primitive_children", "Patient",
            R"("extension":[{"url":"http://a/patient-birthPlace","valueAddress":{"city":"B","line":["1","2"],"period":{"start":"2000"}}}])",
            R"({"patient_birthPlace_city":"B","patient_birthPlace_line":["1","2"],"patient_birthPlace_resourceType":"Address"})"},
        Case{"period_value", "Patient", R"("extension":[{"url":"a","valuePeriod":{"start":"2000","end":"2001"}}])",
             R"({"a_start":"2000","a_end":"2001","a_resourceType":"Period"})"},
        Case{"range_value", "Patient", R"("extension":[{"url":"a","valueRange":{"low":{"value":1}}}])",
             R"({"a_resourceType":"Range"})"},
        Case{"ratio_value", "Patient",
             R"("extension":[{"url":"a","valueRatio":{"numerator":{"value":1},"denominator":{"value":2}}}])",
             R"({"a_resourceType":"Ratio"})"},
        Case{
            "two_values_under_one_name_are_an_array", "Patient",
            R"("extension":[{"url":"http://a/n","valueString":"x"},{"url":"http://b/n","valueString":"y"},{"url":"n","valueInteger":3}])",
            R"({"n":["x","y",3]})"},
        Case{
            "two_codings_under_one_name", "Patient",
            R"("extension":[{"url":"n","valueCoding":{"code":"a","display":"A"}},{"url":"n","valueCoding":{"code":"b","display":"B"}}])",
            R"({"n":["A","B"],"n_coding":["#a","#b"]})"},
        Case{"two_addresses_under_one_name", "Patient",
             R"("extension":[{"url":"n","valueAddress":{"line":["1","2"]}},{"url":"n","valueAddress":{"line":["3"]}}])",
             R"({"n_line":["1","2","3"],"n_resourceType":["Address","Address"]})"},
        Case{"a_later_step_wins", "Patient",
             R"("extension":[{"url":"gender","valueString":"x"},{"url":"gender","valueString":"y"}],"gender":"male")",
             R"({"gender":"male"})"},
        Case{"a_later_step_wins_in_any_order", "Patient",
             R"("gender":"male","extension":[{"url":"gender","valueString":"x"}])", R"({"gender":"male"})"},
        Case{"escapes", "Patient",
             R"("extension":[{"url":"http:\/\/a\/na\"me","valueString":"x\n\u00e9"},{"\u0075rl":"b","valueCode":"v"}])",
             R"({"na\"me":"x\né","b":"v"})"},
        Case{"without_a_value", "Patient", R"("extension":[{"url":"a","id":"i"}])", "{}"}),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    Primitives, SimplifyRecord,
    ::testing::Values(
        Case{"as_they_stand", "Patient", R"("active":true,"birthDate":"1970","multipleBirthInteger":2)",
             R"({"active":true,"birthDate":"1970","multipleBirthInteger":2})"},
        Case{"arrays", "Questionnaire", R"("subjectType":["Patient","Group"])",
             R"({"subjectType":["Patient","Group"]})"},
        Case{"gaps_in_arrays", "Questionnaire", R"("subjectType":["Patient",null],"_subjectType":[null,{"id":"a"}])",
             R"({"subjectType":["Patient",null]})"},
        Case{"companions_are_left_out", "Patient",
             R"("birthDate":"1970","_birthDate":{"extension":[{"url":"a","valueCode":"b"}]},"_gender":{"id":"a"})",
             R"({"birthDate":"1970"})"},
        Case{"choices_under_their_own_names", "Patient", R"("deceasedDateTime":"2024-01-01T00:00:00Z")",
             R"({"deceasedDateTime":"2024-01-01T00:00:00Z"})"},
        Case{"modifier_extensions_are_left_out", "Patient", R"("modifierExtension":[{"url":"a","valueCode":"b"}])",
             "{}"},
        Case{
            "data_types_without_a_rule_are_left_out", "Patient",
            R"("name":[{"family":"A"}],"telecom":[{"value":"1"}],"contact":[{"gender":"male"}],"meta":{"source":"x"},"text":{"status":"empty","div":"<div/>"})",
            "{}"},
        Case{
            "contained_resources_are_left_out", "Patient",
            R"("contained":[{"resourceType":"Organization","id":"o","name":"O"}],"managingOrganization":{"reference":"#o"})",
            R"({"managingOrganization":"#o"})"},
        Case{"ignored_properties",
             "Patient",
             R"("active":true,"gender":"male","language":"en")",
             R"({"active":true})",
             {},
             "ignored_properties: [gender, language]"},
        Case{"ignored_properties_never_take_the_id",
             "Patient",
             R"("active":true)",
             R"({"active":true})",
             {},
             "ignored_properties: [id, resourceType]"},
        Case{"ignored_concepts_and_references",
             "Patient",
             R"("maritalStatus":{"text":"M"},"managingOrganization":{"reference":"Organization/o"})",
             "{}",
             {},
             "ignored_properties: [maritalStatus, managingOrganization]"},
        Case{"renamed_properties",
             "Patient",
             R"("gender":"male")",
             R"({"sex":"male"})",
             {},
             "renamed_properties: {gender: sex}"},
        Case{"renamed_concepts",
             "Patient",
             R"("maritalStatus":{"text":"M","coding":[{"code":"m"}]})",
             R"({"status":"m","status_text":"M","status_coding":"#m"})",
             {},
             "renamed_properties: {maritalStatus: status}"},
        Case{
            "reserved_for", "Task", R"("for":{"reference":"Patient/p"})", R"({"for_fhir":"Patient/p"})", {"patient p"}},
        Case{"reserved_class", "Encounter", R"("class":[{"text":"t"}])", R"({"class_fhir_text":["t"]})"},
        Case{"renaming_a_reserved_name",
             "Task",
             R"("for":{"reference":"Patient/p"})",
             R"({"for_whom":"Patient/p"})",
             {"patient p"},
             "renamed_properties: {for: for_whom}"}),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    Codings, SimplifyRecord,
    ::testing::Values(
        Case{
            "concept_that_does_not_repeat", "Patient",
            R"("maritalStatus":{"text":"Married","coding":[{"system":"s","code":"M","display":"married"},{"system":"t","code":"N"}]})",
            R"({"maritalStatus":"married","maritalStatus_coding":"s#M","maritalStatus_text":"Married"})"},
        Case{
            "concept_that_repeats", "Observation",
            R"("category":[{"text":"A","coding":[{"system":"s","code":"a"},{"system":"s","code":"b","display":"B"}]},{"coding":[{"code":"c"}]},{"text":"D"}])",
            R"({"category":["a","B","c"],"category_coding":["s#a","s#b","#c"],"category_text":["A","D"]})"},
        Case{"display_or_code_where_there_is_none", "Patient", R"("maritalStatus":{"coding":[{"code":"M"}]})",
             R"({"maritalStatus":"M","maritalStatus_coding":"#M"})"},
        Case{"missing_parts_are_left_empty", "Patient", R"("maritalStatus":{"coding":[{"system":"s"}]})",
             R"({"maritalStatus_coding":"s#"})"},
        Case{"text_alone", "Patient", R"("maritalStatus":{"text":"M"})", R"({"maritalStatus_text":"M"})"},
        Case{"first_shown_of_several", "Patient", R"("maritalStatus":{"coding":[{"system":"s"},{"code":"b"}]})",
             R"({"maritalStatus":"b","maritalStatus_coding":"s#"})"},
        Case{"element_of_type_coding", "Location",
             R"("operationalStatus":{"system":"s","code":"C","display":"Closed"})",
             R"({"operationalStatus":"Closed","operationalStatus_coding":"s#C"})"},
        Case{"element_of_type_coding_without_display", "Location", R"("operationalStatus":{"system":"s","code":"C"})",
             R"({"operationalStatus":"C","operationalStatus_coding":"s#C"})"},
        Case{"repeated_element_of_type_coding", "Questionnaire",
             R"("code":[{"system":"s","code":"a","display":"A"},{"code":"b"}])",
             R"({"code":["A","b"],"code_coding":["s#a","#b"]})"},
        Case{
            "codeable_reference_with_a_concept", "Task",
            R"("performer":[{"function":{"text":"f"},"actor":{"reference":"Patient/p"}}],"statusReason":{"concept":{"text":"t","coding":[{"system":"s","code":"c"}]}})",
            R"({"statusReason":"c","statusReason_coding":"s#c","statusReason_text":"t"})"},
        Case{"codeable_reference_with_a_reference_alone",
             "Task",
             R"("statusReason":{"reference":{"reference":"Patient/p"}})",
             R"({"statusReason":"Patient/p"})",
             {"patient p"}},
        Case{"codeable_reference_with_both_shows_the_concept",
             "Task",
             R"("statusReason":{"reference":{"reference":"Patient/p"},"concept":{"coding":[{"code":"c"}]}})",
             R"({"statusReason":"c","statusReason_coding":"#c"})",
             {"patient p"}},
        Case{"codeable_reference_with_a_text_and_a_reference",
             "Task",
             R"("statusReason":{"concept":{"text":"t"},"reference":{"reference":"Patient/p"}})",
             R"({"statusReason":"Patient/p","statusReason_text":"t"})",
             {"patient p"}},
        Case{
            "repeated_codeable_references_add_their_references",
            "Encounter",
            R"("serviceType":[{"concept":{"text":"t","coding":[{"code":"a"}]},"reference":{"reference":"HealthcareService/h"}},{"reference":{"reference":"HealthcareService/i"}}])",
            R"({"serviceType":["a","HealthcareService/h","HealthcareService/i"],"serviceType_coding":["#a"],"serviceType_text":["t"]})",
            {"healthcare_service h", "healthcare_service i"}}),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    Identifiers, SimplifyRecord,
    ::testing::Values(
        Case{"tail_and_value", "Patient",
             R"("identifier":[{"system":"http://a/my-ids","value":"1"},{"system":"plain","value":"2"}])",
             R"({"identifier":["my_ids#1","plain#2"],"identifier_coding":["http://a/my-ids#1","plain#2"]})"},
        Case{
            "type_coding", "Patient",
            R"("identifier":[{"value":"1","type":{"coding":[{"system":"s","code":"MR"},{"code":"X"}],"text":"t"}},{"system":"s","value":"2"}])",
            R"({"identifier":["#1","s#2"],"identifier_coding":["#1","s#2"],"identifier_text_coding":["s#MR","#X"]})"},
        Case{"missing_parts_of_an_identifier_are_left_empty", "Patient",
             R"("identifier":[{"value":"1"},{"system":"http://a/b"},{"use":"usual"}])",
             R"({"identifier":["#1","b#","#"],"identifier_coding":["#1","http://a/b#","#"]})"},
        Case{"uri", "Patient", R"("identifier":[{"system":"urn:ietf:rfc:3986","value":"urn:uuid:1"}])",
             R"({"identifier":["uri#urn:uuid:1"],"identifier_coding":["urn:ietf:rfc:3986#urn:uuid:1"]})"},
        Case{
            "known_oid", "Patient", R"("identifier":[{"system":"urn:oid:2.16.840.1.113883.4.642.3.1","value":"1"}])",
            R"({"identifier":["administrative-gender#1"],"identifier_coding":["urn:oid:2.16.840.1.113883.4.642.3.1#1"]})"},
        Case{"unknown_oid", "Patient", R"("identifier":[{"system":"urn:oid:1.9.9.9","value":"1"}])",
             R"({"identifier":["#1"],"identifier_coding":["urn:oid:1.9.9.9#1"]})"}),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    References, SimplifyRecord,
    ::testing::Values(
        Case{"one",
             "Observation",
             R"("category":[{"coding":[{"code":"x"}]}],"subject":{"reference":"Patient/p","display":"P"})",
             R"({"subject":"Patient/p","category":["x"],"category_coding":["#x"]})",
             {"patient p"}},
        Case{"arrays_are_kept",
             "Specimen",
             R"("parent":[{"reference":"Specimen/a"},{"reference":"Specimen/b"}],"subject":{"reference":"Patient/p"})",
             R"({"parent":["Specimen/a","Specimen/b"],"subject":"Patient/p"})",
             {"specimen a", "specimen b", "patient p"}},
        Case{"without_a_text_give_neither_key_nor_relation",
             "Specimen",
             R"("parent":[{"display":"a"},{"reference":"Specimen/b"}],"subject":{"identifier":{"value":"1"}})",
             R"({"parent":["Specimen/b"]})",
             {"specimen b"}},
        Case{"none_with_a_text", "Specimen", R"("parent":[{"display":"a"}])", "{}"},
        Case{
            "others_stay_text", "Specimen",
            R"("parent":[{"reference":"Specimen?identifier=1"},{"reference":"#c"},{"reference":"http://a/Specimen/1"},{"reference":"Specimen/1/_history/2"}])",
            R"({"parent":["Specimen?identifier=1","#c","http://a/Specimen/1","Specimen/1/_history/2"]})"},
        Case{
            "nested_ones_are_not_collected", "Patient",
            R"("link":[{"other":{"reference":"Patient/q"},"type":"seealso"}],"contact":[{"organization":{"reference":"Organization/o"}}])",
            "{}"},
        Case{"with_an_escaped_solidus",
             "Specimen",
             R"("subject":{"reference":"Patient\/p"})",
             R"({"subject":"Patient/p"})",
             {"patient p"}},
        Case{"limited_to_types",
             "Specimen",
             R"("subject":{"reference":"Patient/p"},"parent":[{"reference":"Specimen/s"}])",
             R"({"subject":"Patient/p","parent":["Specimen/s"]})",
             {"specimen s"},
             "limit_links: {Specimen: [Specimen]}"},
        Case{"limited_to_none",
             "Specimen",
             R"("subject":{"reference":"Patient/p"})",
             R"({"subject":"Patient/p"})",
             {},
             "limit_links: {Specimen: []}"},
        Case{"not_limited_by_another_type",
             "Specimen",
             R"("subject":{"reference":"Patient/p"})",
             R"({"subject":"Patient/p"})",
             {"patient p"},
             "limit_links: {Patient: []}"}),
    name_of);

constexpr const char* pluck_address =
    "nested_objects: {Patient: [address.postalCode, address.line, address.period.start, address]}";

INSTANTIATE_TEST_SUITE_P(
    NestedObjects, SimplifyRecord,
    ::testing::Values(
        Case{"path_becomes_the_key",
             "Patient",
             R"("address":[{"postalCode":"1"}])",
             R"({"address_postalCode":"1"})",
             {},
             pluck_address},
        Case{"repeated_step_takes_the_first_item",
             "Patient",
             R"("address":[{"postalCode":"1"},{"postalCode":"2"}])",
             R"({"address_postalCode":"1"})",
             {},
             pluck_address},
        Case{"not_the_first_that_has_the_next_step",
             "Patient",
             R"("address":[{"city":"c"},{"postalCode":"2"}])",
             "{}",
             {},
             pluck_address},
        Case{"repeated_last_step_gives_an_array",
             "Patient",
             R"("address":[{"line":["a","b"]},{"line":["c"]}])",
             R"({"address_line":["a","b"]})",
             {},
             pluck_address},
        Case{"deeper",
             "Patient",
             R"("address":[{"period":{"start":"2000","end":"2001"}}])",
             R"({"address_period_start":"2000"})",
             {},
             pluck_address},
        Case{
            "plucked_concept_gives_the_first_of_each",
            "Specimen",
            R"("processing":[{"method":{"text":"t","coding":[{"system":"s","code":"a","display":"A"},{"code":"b"}]}},{"method":{"text":"u"}}])",
            R"({"processing_method":"A","processing_method_coding":"s#a","processing_method_text":"t"})",
            {},
            "nested_objects: {Specimen: [processing.method]}"},
        Case{
            "plucked_repeated_concept_gives_the_first_of_each",
            "Patient",
            R"("contact":[{"relationship":[{"text":"t","coding":[{"code":"a"}]},{"text":"u","coding":[{"code":"b"}]}]}])",
            R"({"contact_relationship":"a","contact_relationship_coding":"#a","contact_relationship_text":"t"})",
            {},
            "nested_objects: {Patient: [contact.relationship]}"},
        Case{
            "plucked_reference_is_collected",
            "Patient",
            R"("contact":[{"organization":{"reference":"Organization/o"}},{"organization":{"reference":"Organization/p"}}])",
            R"({"contact_organization":"Organization/o"})",
            {"organization o"},
            "nested_objects: {Patient: [contact.organization]}"},
        Case{"plucked_repeated_references",
             "Specimen",
             R"("processing":[{"additive":[{"reference":"Substance/a"},{"reference":"Substance/b"}]}])",
             R"({"processing_additive":["Substance/a","Substance/b"]})",
             {"substance a", "substance b"},
             "nested_objects: {Specimen: [processing.additive]}"},
        Case{
            "plucked_codeable_reference_with_a_concept",
            "Medication",
            R"("ingredient":[{"item":{"concept":{"text":"t","coding":[{"system":"s","code":"c"}]},"reference":{"reference":"Substance/s"}}}])",
            R"({"ingredient_item":"c","ingredient_item_coding":"s#c","ingredient_item_text":"t"})",
            {"substance s"},
            "nested_objects: {Medication: [ingredient.item]}"},
        Case{"plucked_codeable_reference_without_a_concept",
             "Medication",
             R"("ingredient":[{"item":{"reference":{"reference":"Substance/s"}}}])",
             R"({"ingredient_item":"Substance/s"})",
             {"substance s"},
             "nested_objects: {Medication: [ingredient.item]}"},
        Case{
            "plucked_codeable_reference_takes_no_other_reference",
            "Medication",
            R"("marketingAuthorizationHolder":{"reference":"Organization/o"},"ingredient":[{"item":{"reference":{"reference":"Substance/s"}}}])",
            R"({"marketingAuthorizationHolder":"Organization/o","ingredient_item":"Substance/s"})",
            {"organization o", "substance s"},
            "nested_objects: {Medication: [ingredient.item]}"},
        Case{
            "extension_by_a_part_of_its_url",
            "Patient",
            R"("address":[{"extension":[{"url":"http://a/other","valueString":"x"},{"url":"http://a/geo-lat","valueDecimal":1.50},{"url":"http://b/geo-lat","valueDecimal":2}]}])",
            R"({"address_extension_lat":1.5})",
            {},
            "nested_objects: {Patient: [address.extension.lat]}"},
        Case{"extension_that_is_not_there",
             "Patient",
             R"("address":[{"extension":[{"url":"http://a/other","valueString":"x"}]}])",
             "{}",
             {},
             "nested_objects: {Patient: [address.extension.lat]}"},
        Case{"extension_with_a_reference",
             "Patient",
             R"("address":[{"extension":[{"url":"where","valueReference":{"reference":"Location/l"}}]}])",
             R"({"address_extension_where":"Location/l"})",
             {"location l"},
             "nested_objects: {Patient: [address.extension.where]}"},
        Case{"extension_of_the_resource",
             "Patient",
             R"("extension":[{"url":"http://a/tall","valueInteger":7}])",
             R"({"tall":7,"extension_tall":7})",
             {},
             "nested_objects: {Patient: [extension.tall]}"},
        Case{"names_with_escapes",
             "Patient",
             R"("\u0061ddress":[{"postal\u0043ode":"1"}])",
             R"({"address_postalCode":"1"})",
             {},
             pluck_address},
        Case{"nested_wins_over_an_extension",
             "Patient",
             R"("extension":[{"url":"address_postalCode","valueString":"x"}],"address":[{"postalCode":"1"}])",
             R"({"address_postalCode":"1"})",
             {},
             pluck_address},
        Case{"ignored_element_is_plucked_all_the_same",
             "Patient",
             R"("address":[{"postalCode":"1"}])",
             R"({"address_postalCode":"1"})",
             {},
             "{nested_objects: {Patient: [address.postalCode]}, ignored_properties: [address]}"}),
    name_of);

#define LABORATORY \
  R"("category":["laboratory"],"category_coding":["http://terminology.hl7.org/CodeSystem/observation-category#laboratory"])"

INSTANTIATE_TEST_SUITE_P(
    Observations, SimplifyRecord,
    ::testing::Values(
        Case{"category_where_there_is_none", "Observation", R"("issued":"2024-01-01T00:00:00Z")",
             R"({"issued":"2024-01-01T00:00:00Z",)" LABORATORY "}"},
        Case{"category_with_neither_display_nor_code_is_replaced", "Observation",
             R"("category":[{"text":"t","coding":[{"system":"s"}]}])", R"({"category_text":["t"],)" LABORATORY "}"},
        Case{"category_that_is_there_stays", "Observation",
             R"("category":[{"coding":[{"system":"s","code":"vital-signs"}]}])",
             R"({"category":["vital-signs"],"category_coding":["s#vital-signs"]})"},
        Case{"category_with_a_text_alone", "Observation", R"("category":[{"text":"t"}])",
             R"({"category_text":["t"],)" LABORATORY "}"},
        Case{"value_quantity", "Observation",
             R"("valueQuantity":{"value":1.50,"unit":"mg","system":"http://u","code":"mg"})",
             R"({"valueQuantity":"1.50 mg","valueQuantity_value":1.5,"valueQuantity_unit":"http://u#mg",)" LABORATORY
             "}"},
        Case{"value_quantity_without_a_unit", "Observation", R"("valueQuantity":{"value":2})",
             R"({"valueQuantity":"2","valueQuantity_value":2,"valueQuantity_unit":"#",)" LABORATORY "}"},
        Case{"value_quantity_without_a_value", "Observation", R"("valueQuantity":{"unit":"mg","code":"mg"})",
             R"({"valueQuantity_unit":"#mg",)" LABORATORY "}"},
        Case{
            "value_concept", "Observation",
            R"("valueCodeableConcept":{"text":"t","coding":[{"system":"s","code":"a","display":"A"},{"code":"b"}]})",
            R"({"valueCodeableConcept":"A","valueCodeableConcept_coding":"s#a","valueCodeableConcept_text":"t",)" LABORATORY
            "}"},
        Case{"value_string", "Observation", R"("valueString":"x")", R"({"valueString":"x",)" LABORATORY "}"},
        Case{"value_boolean", "Observation", R"("valueBoolean":false)", R"({"valueBoolean":false,)" LABORATORY "}"},
        Case{"value_period", "Observation", R"("valuePeriod":{"start":"2000","end":"2001"})",
             R"({"valuePeriod_start":"2000","valuePeriod_end":"2001","valuePeriod_resourceType":"Period",)" LABORATORY
             "}"},
        Case{"value_range", "Observation", R"("valueRange":{"low":{"value":1},"high":{"value":2}})",
             R"({"valueRange_resourceType":"Range",)" LABORATORY "}"},
        Case{"value_ratio", "Observation", R"("valueRatio":{"numerator":{"value":1},"denominator":{"value":2}})",
             R"({"valueRatio_resourceType":"Ratio",)" LABORATORY "}"},
        Case{
            "value_sampled_data", "Observation",
            R"("valueSampledData":{"origin":{"value":0},"intervalUnit":"ms","interval":1.5,"dimensions":1,"data":"1 2"})",
            R"({"valueSampledData_intervalUnit":"ms","valueSampledData_interval":1.5,"valueSampledData_dimensions":1,"valueSampledData_data":"1 2","valueSampledData_resourceType":"SampledData",)" LABORATORY
            "}"},
        Case{"value_reference",
             "Observation",
             R"("valueReference":{"reference":"MolecularSequence/m"})",
             R"({"valueReference":"MolecularSequence/m",)" LABORATORY "}",
             {"molecular_sequence m"}},
        Case{"components_are_left_out", "Observation",
             R"("component":[{"code":{"text":"a"},"valueQuantity":{"value":1}}])", "{" LABORATORY "}"},
        Case{"focus_is_an_array_of_references",
             "Observation",
             R"("focus":[{"reference":"Specimen/s"},{"reference":"Patient/p"}])",
             R"({"focus":["Specimen/s","Patient/p"],)" LABORATORY "}",
             {"specimen s", "patient p"}}),
    name_of);

constexpr const char* pluck_task = "nested_objects: {Task: [input.valueReference, output.valueReference]}";

INSTANTIATE_TEST_SUITE_P(
    Tasks, SimplifyRecord,
    ::testing::Values(
        Case{
            "every_input_and_output_is_collected",
            "Task",
            R"("input":[{"type":{"text":"a"},"valueReference":{"reference":"Specimen/s"}},{"type":{"text":"b"},"valueReference":{"reference":"Patient/p"}},{"type":{"text":"c"},"valueString":"x"}],"output":[{"type":{"text":"a"},"valueReference":{"reference":"DocumentReference/d"}},{"type":{"text":"a"},"valueReference":{"reference":"DocumentReference/e"}}])",
            R"({"input_valueReference":"Specimen/s","output_valueReference":"DocumentReference/d"})",
            {"specimen s", "specimen s", "patient p", "document_reference d", "document_reference d",
             "document_reference e"},
            pluck_task},
        Case{
            "without_plucking",
            "Task",
            R"("input":[{"type":{"text":"a"},"valueReference":{"reference":"Specimen/s"}},{"type":{"text":"b"},"valueReference":{"reference":"Patient/p"}}])",
            "{}",
            {"specimen s", "patient p"}},
        Case{"without_output",
             "Task",
             R"("input":[{"type":{"text":"a"},"valueReference":{"reference":"Specimen/s"}}])",
             R"({"input_valueReference":"Specimen/s"})",
             {"specimen s", "specimen s"},
             pluck_task},
        Case{"reference_without_a_text_in_an_input",
             "Task",
             R"("input":[{"type":{"text":"a"},"valueReference":{"display":"x"}}])",
             "{}",
             {},
             pluck_task}),
    name_of);

#define DOCUMENT(attachment) R"("content":[{"attachment":{)" attachment "}}]"
constexpr const char* pluck_document =
    "nested_objects: {DocumentReference: [content.attachment.contentType, content.attachment.extension.md5, "
    "content.attachment.size, content.attachment.url]}";

INSTANTIATE_TEST_SUITE_P(
    DocumentReferences, SimplifyRecord,
    ::testing::Values(
        Case{
            "file_keys",
            "DocumentReference",
            DOCUMENT(
                R"("contentType":"text/csv","url":"s3://b/a/x.csv","size":12,"extension":[{"url":"http://a/md5","valueString":"d41d8cd98f00b204e9800998ecf8427e"}])"),
            R"({"content_attachment_contentType":"text/csv","content_attachment_url":"s3://b/a/x.csv","content_attachment_size":12,"content_attachment_extension_md5":"d41d8cd98f00b204e9800998ecf8427e",
                 "data_type":"csv","data_format":"variants","file_name":"x.csv","object_id":"x1","md5sum":"d41d8cd98f00b204e9800998ecf8427e","file_size":12})",
            {},
            pluck_document},
        Case{
            "dcm",
            "DocumentReference",
            DOCUMENT(R"("url":"a.dcm")"),
            R"({"content_attachment_url":"a.dcm","data_type":"dcm","data_format":"imaging","file_name":"a.dcm","object_id":"x1"})",
            {},
            pluck_document},
        Case{
            "tif",
            "DocumentReference",
            DOCUMENT(R"("url":"d/a.tif")"),
            R"({"content_attachment_url":"d/a.tif","data_type":"tif","data_format":"imaging","file_name":"a.tif","object_id":"x1"})",
            {},
            pluck_document},
        Case{
            "txt",
            "DocumentReference",
            DOCUMENT(R"("url":"a.b.txt")"),
            R"({"content_attachment_url":"a.b.txt","data_type":"txt","data_format":"note","file_name":"a.b.txt","object_id":"x1"})",
            {},
            pluck_document},
        Case{
            "out",
            "DocumentReference",
            DOCUMENT(R"("url":"a.out")"),
            R"({"content_attachment_url":"a.out","data_type":"out","data_format":"log","file_name":"a.out","object_id":"x1"})",
            {},
            pluck_document},
        Case{
            "log",
            "DocumentReference",
            DOCUMENT(R"("url":"a.log")"),
            R"({"content_attachment_url":"a.log","data_type":"log","data_format":"log","file_name":"a.log","object_id":"x1"})",
            {},
            pluck_document},
        Case{
            "matlab",
            "DocumentReference",
            DOCUMENT(R"("url":"a.m")"),
            R"({"content_attachment_url":"a.m","data_type":"m","data_format":"matlab","file_name":"a.m","object_id":"x1"})",
            {},
            pluck_document},
        Case{
            "script",
            "DocumentReference",
            DOCUMENT(R"("url":"a.sh")"),
            R"({"content_attachment_url":"a.sh","data_type":"sh","data_format":"script","file_name":"a.sh","object_id":"x1"})",
            {},
            pluck_document},
        Case{"unlisted_suffix",
             "DocumentReference",
             DOCUMENT(R"("url":"d.x/a.bam")"),
             R"({"content_attachment_url":"d.x/a.bam","data_type":"bam","file_name":"a.bam","object_id":"x1"})",
             {},
             pluck_document},
        Case{"no_dot_in_the_last_segment",
             "DocumentReference",
             DOCUMENT(R"("url":"s3://b.c/README")"),
             R"({"content_attachment_url":"s3://b.c/README","data_type":"","file_name":"README","object_id":"x1"})",
             {},
             pluck_document},
        Case{"no_url",
             "DocumentReference",
             DOCUMENT(R"("size":3)"),
             R"({"content_attachment_size":3,"data_type":null,"file_name":null,"file_size":3,"object_id":"x1"})",
             {},
             pluck_document},
        Case{"no_attachment_to_speak_of",
             "DocumentReference",
             R"("content":[{"attachment":{"title":"t"}}])",
             R"({"data_type":null,"file_name":null,"object_id":"x1"})",
             {},
             pluck_document},
        Case{
            "first_content_counts",
            "DocumentReference",
            R"("content":[{"attachment":{"url":"a.txt"}},{"attachment":{"url":"b.csv","size":1}}])",
            R"({"content_attachment_url":"a.txt","data_type":"txt","data_format":"note","file_name":"a.txt","object_id":"x1"})",
            {},
            pluck_document},
        Case{
            "size_as_a_string_is_a_number",
            "DocumentReference",
            DOCUMENT(R"("url":"a.bam","size":"9007199254740993")"),
            R"({"content_attachment_url":"a.bam","content_attachment_size":9007199254740993,"data_type":"bam","file_name":"a.bam","file_size":9007199254740993,"object_id":"x1"})",
            {},
            pluck_document},
        Case{
            "size_with_zeros_in_front",
            "DocumentReference",
            DOCUMENT(R"("url":"a.bam","size":"-00\u0037")"),
            R"({"content_attachment_url":"a.bam","content_attachment_size":-7,"data_type":"bam","file_name":"a.bam","file_size":-7,"object_id":"x1"})",
            {},
            pluck_document},
        Case{
            "escapes_in_the_url",
            "DocumentReference",
            DOCUMENT(R"("url":"s3:\/\/b\/\u00e9\"x.csv")"),
            R"({"content_attachment_url":"s3://b/é\"x.csv","data_type":"csv","data_format":"variants","file_name":"é\"x.csv","object_id":"x1"})",
            {},
            pluck_document}),
    name_of);

TEST(SimplifyRecord, KeepsTheTextOfNumbersAndDates) {
  const Made made = make(
      R"({"resourceType":"Observation","id":"o","status":"final","code":{"text":"c"},"effectiveDateTime":"2024-01-01T00:00:00.10+00:00","valueQuantity":{"value":0.0190}})");
  ASSERT_EQ(made.lines.size(), 1U);
  EXPECT_THAT(made.lines[0], ::testing::HasSubstr(R"("valueQuantity_value":0.0190)"));
  EXPECT_THAT(made.lines[0], ::testing::HasSubstr(R"("valueQuantity":"0.0190")"));
  EXPECT_THAT(made.lines[0], ::testing::HasSubstr(R"("2024-01-01T00:00:00.10+00:00")"));
}

TEST(SimplifyRecord, NamesEachOfManyRelationsOnce) {
  std::string parents;
  for (int i = 0; i < 100'000; ++i) {
    parents += std::string(i > 0 ? "," : "") + R"({"reference":"Specimen/)" + std::to_string(i / 2) + "\"}";
  }
  const Made made = make(R"({"resourceType":"Specimen","id":"s","parent":[)" + parents + "]}");
  ASSERT_EQ(made.lines.size(), 1U);
  EXPECT_EQ(made.record().at("relations").size(), 50'000U);
  EXPECT_EQ(made.record().at("object").at("parent").size(), 100'000U);
}

TEST(SimplifyRecord, IsNamedInSnakeCase) {
  EXPECT_EQ(
      make(
          R"({"resourceType":"DocumentReference","id":"d","status":"current","content":[{"attachment":{"title":"t"}}]})")
          .record()
          .at("name"),
      "document_reference");
  EXPECT_EQ(make(R"({"resourceType":"Patient","id":"p"})").record().at("name"), "patient");
}

TEST(SimplifyRecord, IsTheFlatObjectAloneInTheDialectFhir) {
  const Made made = make(R"({"resourceType":"Patient","id":"p","gender":"male"})", {.dialect = Dialect::fhir});
  EXPECT_EQ(made.record(), json::parse(R"({"resourceType":"Patient","id":"p","gender":"male"})"));
}

TEST(SimplifyRecord, LinksOnlyToNodesOfTheDictionary) {
  const auto dictionary = dictionary::Dictionary::parse(
      R"({"a.yaml":{"id":"patient","title":"Patient","links":[]},"b.yaml":{"id":"specimen","title":"Specimen","links":[]}})",
      "d.json");
  const Made made = make(
      R"({"resourceType":"Specimen","id":"s","subject":{"reference":"Patient/p"},"request":[{"reference":"ServiceRequest/r"}]})",
      {.dictionary = &dictionary});
  EXPECT_EQ(made.record().at("relations"), json::parse(R"([{"dst_id":"p","dst_name":"patient"}])"));
  EXPECT_EQ(made.record().at("object").at("request"), json::parse(R"(["ServiceRequest/r"])"));
  EXPECT_THAT(made.warnings, ElementsAre("no-link Specimen.request"));
}

/// uuid5(uuid5(uuid3(DNS, "ICEBERG"), seed), id), computed with Python's uuid.
TEST(SimplifyRecord, TransformsTheIdAndAllReferencesToIt) {
  const Made made = make(R"({"resourceType":"Patient","id":"p1","managingOrganization":{"reference":"Organization/o1"},
"generalPractitioner":[{"reference":"http://x/Practitioner/o1"}],"extension":[{"url":"a","valueReference":{"reference":"Observation/obs"}}]})",
                         {.seed = "my seed"});
  // The resource stands on two lines: not NDJSON.
  EXPECT_EQ(made.rejected.size(), 2U);
  const Made good = make(
      R"({"resourceType":"Patient","id":"p1","managingOrganization":{"reference":"Organization/o1"},"generalPractitioner":[{"reference":"http://x/Practitioner/o1"}],"extension":[{"url":"a","valueReference":{"reference":"Observation/obs"}}]})",
      {.seed = "my seed"});
  const json record = good.record();
  EXPECT_EQ(record.at("id"), "7a9ddaf7-b022-5677-8fee-dcf3bf06df81");
  EXPECT_EQ(record.at("object"), json::parse(R"({"resourceType":"Patient","id":"7a9ddaf7-b022-5677-8fee-dcf3bf06df81",
    "managingOrganization":"Organization/26397923-1bb6-5ec4-bd87-af6318bb0c05","generalPractitioner":["http://x/Practitioner/o1"],
    "a":"Observation/a798ee65-6164-53ff-a641-33aeedd90473"})"));
  EXPECT_THAT(record.at("relations"),
              ::testing::UnorderedElementsAre(
                  json{{"dst_id", "26397923-1bb6-5ec4-bd87-af6318bb0c05"}, {"dst_name", "organization"}},
                  json{{"dst_id", "a798ee65-6164-53ff-a641-33aeedd90473"}, {"dst_name", "observation"}}));
  EXPECT_EQ(make(R"({"resourceType":"Patient","id":"p1"})", {.seed = ""}).record().at("id"),
            "c0476c10-d253-5adf-ad4e-4981ffb4541a");
  const json document =
      make(
          R"({"resourceType":"DocumentReference","id":"p1","status":"current","content":[{"attachment":{"title":"t"}}]})",
          {.seed = "my seed"})
          .record();
  EXPECT_EQ(document.at("object").at("object_id"), "7a9ddaf7-b022-5677-8fee-dcf3bf06df81");
}

TEST(SimplifyBundle, GivesTheRecordsOfItsEntries) {
  const Made made = make(
      R"({"resourceType":"Bundle","type":"collection","entry":[{"fullUrl":"urn:uuid:11111111-1111-4111-8111-111111111111","resource":{"resourceType":"Observation","id":"o","status":"final","code":{"text":"c"},"subject":{"reference":"urn:uuid:22222222-2222-4222-8222-222222222222"}}},{"fullUrl":"urn:uuid:22222222-2222-4222-8222-222222222222","resource":{"resourceType":"Patient","id":"p"}}]}
{"resourceType":"Patient","id":"q"})");
  EXPECT_THAT(made.rejected, IsEmpty());
  EXPECT_THAT(made.warnings, IsEmpty());
  ASSERT_EQ(made.lines.size(), 3U);
  EXPECT_EQ(made.tally.resources, 3U);
  EXPECT_EQ(made.record(0).at("object").at("subject"), "Patient/p");
  EXPECT_EQ(made.record(0).at("relations"), json::parse(R"([{"dst_id":"p","dst_name":"patient"}])"));
  EXPECT_EQ(made.record(2).at("id"), "q");
}

TEST(SimplifyBundle, ResolvesUrnReferencesToTransformedIds) {
  const Made made = make(
      R"({"resourceType":"Bundle","type":"collection","entry":[{"fullUrl":"urn:uuid:22222222-2222-4222-8222-222222222222","resource":{"resourceType":"Organization","id":"o1","name":"O"}},{"resource":{"resourceType":"Patient","id":"p1","managingOrganization":{"reference":"urn:uuid:22222222-2222-4222-8222-222222222222"}}}]})",
      {.seed = "my seed"});
  ASSERT_EQ(made.lines.size(), 2U);
  EXPECT_EQ(made.record(1).at("object").at("managingOrganization"),
            "Organization/26397923-1bb6-5ec4-bd87-af6318bb0c05");
}

TEST(SimplifyBundle, MayBeEmptyAndNeedsNoId) {
  const Made made = make(R"({"resourceType":"Bundle","type":"searchset","total":0})");
  EXPECT_THAT(made.rejected, IsEmpty());
  EXPECT_THAT(made.lines, IsEmpty());
  EXPECT_EQ(made.tally.resources, 0U);
  EXPECT_THAT(make(R"({"resourceType":"Bundle","total":0})").rejected,
              ElementsAre(ElementsAre("cardinality 1 Bundle")));
}

TEST(SimplifyBundle, IsCheckedItself) {
  const Made made = make(
      R"({"resourceType":"Bundle","type":"collection","colour":"red","entry":[{"resource":{"resourceType":"Patient","id":"p"}},{"resource":["Patient"]}]})");
  EXPECT_EQ(made.lines.size(), 1U);
  EXPECT_THAT(made.rejected,
              ElementsAre(ElementsAre("unknown-element 1 Bundle", "wrong-type 1 Bundle.entry[1].resource")));
  EXPECT_EQ(made.tally.resources, made.tally.records + made.tally.rejected);
}

TEST(SimplifyBundle, OfAnotherTypeIsRefused) {
  const Made made =
      make(R"({"resourceType":"Patient","id":"p","entry":[{"resource":{"resourceType":"Patient","id":"q"}}]})");
  EXPECT_THAT(made.lines, IsEmpty());
  EXPECT_EQ(made.rejected.size(), 1U);
}

TEST(SimplifyBundle, MayHoldOthersToACertainDepth) {
  const auto nested = [](int levels) {
    std::string text = R"({"resourceType":"Patient","id":"p"})";
    for (int i = 0; i < levels; ++i)
      text = R"({"resourceType":"Bundle","type":"collection","entry":[{"resource":)" + text + "}]}";
    return text;
  };
  EXPECT_EQ(make(nested(3)).lines.size(), 1U);
  const Made deep = make(nested(200));
  EXPECT_THAT(deep.lines, IsEmpty());
  EXPECT_THAT(deep.rejected, ElementsAre(ElementsAre("resource-type 1 ")));
  EXPECT_EQ(deep.tally.resources, 1U);
}

TEST(SimplifyList, IsAResourceLikeAnyOther) {
  const Made made = make(
      R"({"resourceType":"List","id":"l","status":"current","mode":"working","subject":[{"reference":"Patient/p"}],"entry":[{"item":{"reference":"Patient/q"}}]})");
  ASSERT_EQ(made.lines.size(), 1U);
  EXPECT_EQ(made.record().at("object").at("subject"), json::parse(R"(["Patient/p"])"));
  EXPECT_EQ(made.tally.resources, 1U);
}

struct Bad {
  const char* name;
  const char* line;
  const char* fault;
};
class SimplifyRefuses : public ::testing::TestWithParam<Bad> {};

TEST_P(SimplifyRefuses, TheLineAndNoOther) {
  const std::string good = R"({"resourceType":"Patient","id":"good"})";
  for (const bool validate : {true, false}) {
    const Made made = make(good + "\n" + GetParam().line + "\n" + good, {.validate = validate});
    EXPECT_THAT(made.rejected, ElementsAre(ElementsAre(GetParam().fault))) << "validate: " << validate;
    EXPECT_EQ(made.lines.size(), 2U);
    EXPECT_EQ(made.tally.resources, 3U);
    EXPECT_EQ(made.tally.records, 2U);
    EXPECT_EQ(made.tally.rejected, 1U);
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, SimplifyRefuses,
    ::testing::Values(
        Bad{"broken", R"({"resourceType":"Patient","id":"x")", "json 2 "},
        Bad{"array", R"([{"resourceType":"Patient","id":"x"}])", "json 2 "}, Bad{"string", R"("Patient")", "json 2 "},
        Bad{"number", "1", "json 2 "}, Bad{"null", "null", "json 2 "}, Bad{"text", "Patient", "json 2 "},
        Bad{"two_on_a_line", R"({"resourceType":"Patient","id":"x"}{"resourceType":"Patient","id":"y"})", "json 2 "},
        Bad{"comma_behind", R"({"resourceType":"Patient","id":"x"},)", "json 2 "},
        Bad{"one_behind_a_list",
            R"({"resourceType":"List","id":"l","status":"current","mode":"working"}{"resourceType":"Patient","id":"y"})",
            "json 2 "},
        Bad{"text_behind_a_list", R"({"resourceType":"List","id":"l","status":"current","mode":"working"} x)",
            "json 2 "},
        Bad{"unclosed_string", R"({"resourceType":"Patient","id":"x)", "json 2 "}, Bad{"one_quote", "\"", "json 2 "},
        Bad{"backslash", "\\", "json 2 "},
        Bad{"backslash_at_the_end", R"({"resourceType":"Patient","id":"x\)", "json 2 "},
        Bad{"opening_bracket", "{", "json 2 "}, Bad{"closing_bracket", "}", "json 2 "},
        Bad{"utf8", "{\"resourceType\":\"Patient\",\"id\":\"\xff\"}", "json 2 "},
        Bad{"utf8_cut", "{\"resourceType\":\"Patient\",\"id\":\"\xe2\x82", "json 2 "},
        Bad{"lone_surrogate", R"({"resourceType":"Patient","id":"x","name":[{"family":"\ud83d"}]})", "json 2 "},
        Bad{"escaped_nul", R"({"resourceType":"Patient","id":"x","name":[{"family":"\u0000"}]})", "json 2 "},
        Bad{"control_character", "{\"resourceType\":\"Patient\",\"id\":\"x\",\"name\":[{\"family\":\"\x01\"}]}",
            "json 2 "},
        Bad{"fault_hidden_in_what_is_not_read",
            R"({"resourceType":"Patient","id":"x","contact":[{"name":{"family":"a",}}]})", "json 2 "},
        Bad{"missing_resource_type", R"({"id":"x"})", "resource-type 2 "},
        Bad{"empty_object", "{}", "resource-type 2 "},
        Bad{"unknown_resource_type", R"({"resourceType":"Thing","id":"x"})", "resource-type 2 "},
        Bad{"abstract_resource_type", R"({"resourceType":"Resource","id":"x"})", "resource-type 2 "},
        Bad{"resource_type_that_is_a_data_type", R"({"resourceType":"Address","id":"x"})", "resource-type 2 "},
        Bad{"resource_type_that_is_no_string", R"({"resourceType":1,"id":"x"})", "resource-type 2 "},
        Bad{"missing_id", R"({"resourceType":"Patient"})", "id 2 "}),
    [](const ::testing::TestParamInfo<Bad>& given) { return std::string(given.param.name); });

TEST(SimplifyRefuses, NulBytes) {
  for (std::string nul : {R"({"resourceType":"Patient","id":"a@b"})", R"({"resourceType":"Patient","id":"a"}@)", "@"}) {
    nul[nul.find('@')] = '\0';
    const Made made = make(nul + "\n" + R"({"resourceType":"Patient","id":"p"})");
    EXPECT_EQ(made.rejected.size(), 1U);
    EXPECT_EQ(made.lines.size(), 1U);
  }
}

TEST(SimplifyWithoutValidation, WritesJsonWhateverComesIn) {
  for (
      const char* line :
      {R"({"resourceType":"DocumentReference","id":"d\"\\x","content":[{"attachment":{"url":"\"\n","size":"big\""}}]})",
       R"({"resourceType":"DocumentReference","id":"d","content":[{"attachment":{"size":"-"}}]})",
       R"({"resourceType":"DocumentReference","id":"d","content":[{"attachment":{"size":1e3}}]})",
       R"({"resourceType":"Patient","id":"p","managingOrganization":{"reference":"a\"b\\"},"gender":"\"","maritalStatus":{"text":"\"","coding":[{"system":"\"","code":"\\","display":"\t"}]}})"}) {
    const Made made = make(line, {.validate = false});
    ASSERT_EQ(made.lines.size(), 1U) << line;
    EXPECT_TRUE(json::accept(made.lines[0])) << made.lines[0];
  }
}

}  // namespace
}  // namespace etl::simplify
