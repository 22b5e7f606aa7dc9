#include "simplify/config.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/error.hpp"
#include "simplify/plan.hpp"

namespace etl::simplify {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string failure(const std::string& yaml) {
  try {
    static_cast<void>(Config::parse(yaml, "c.yaml"));
  } catch (const UsageError& error) {
    EXPECT_FALSE(error.hint().empty());
    return error.where() + " " + error.what();
  }
  return "no error";
}

TEST(SimplifyConfig, ReadsItsKeysAndPassesOverOthers) {
  const Config config = Config::parse(R"(
dependency_order: [Patient, Specimen]
nested_objects:
  Patient: [address.postalCode]
  Specimen:
limit_links:
  Practitioner: []
  Specimen: [Patient]
ignored_properties: [text]
renamed_properties: {for: for_fhir}
extra_properties: {Patient: {x: {type: array}}}
)",
                                      "c.yaml");
  EXPECT_THAT(config.dependency_order, ElementsAre("Patient", "Specimen"));
  EXPECT_THAT(config.nested_objects.at("Patient"), ElementsAre("address.postalCode"));
  EXPECT_THAT(config.nested_objects.at("Specimen"), IsEmpty());
  EXPECT_THAT(config.limit_links.at("Practitioner"), IsEmpty());
  EXPECT_THAT(config.limit_links.at("Specimen"), ElementsAre("Patient"));
  EXPECT_FALSE(config.limit_links.contains("Patient"));
  EXPECT_TRUE(config.ignored_properties.contains("text"));
  EXPECT_EQ(config.renamed_properties.at("for"), "for_fhir");
}

TEST(SimplifyConfig, MayBeEmpty) {
  for (const char* yaml : {"", "{}", "# nothing", "---\n", "null"}) EXPECT_EQ(failure(yaml), "no error") << yaml;
}

TEST(SimplifyConfig, NamesTheLineOfAFault) {
  EXPECT_THAT(failure("a: [1\nb: 2"), HasSubstr("c.yaml:"));
  EXPECT_EQ(failure("- a"), "c.yaml:1 the simplify configuration must be a map");
  EXPECT_EQ(failure("text"), "c.yaml:1 the simplify configuration must be a map");
  EXPECT_EQ(failure("\n\ndependency_order: {a: b}"), "c.yaml:3 dependency_order must be a list");
  EXPECT_EQ(failure("dependency_order:\n  - a\n  - [b]"),
            "c.yaml:3 dependency_order contains something that is not a name");
  EXPECT_EQ(failure("nested_objects: [a]"), "c.yaml:1 nested_objects must be a map");
  EXPECT_EQ(failure("nested_objects:\n  Patient: address"), "c.yaml:2 nested_objects.Patient must be a list");
  EXPECT_EQ(failure("limit_links:\n  A: []\n  B: {c: d}"), "c.yaml:3 limit_links.B must be a list");
  EXPECT_EQ(failure("limit_links: text"), "c.yaml:1 limit_links must be a map");
  EXPECT_EQ(failure("renamed_properties:\n  a: [b]"), "c.yaml:2 a renamed property needs exactly one new name");
  EXPECT_EQ(failure("ignored_properties: a"), "c.yaml:1 ignored_properties must be a list");
}

TEST(SimplifyConfig, TakesNoKeyThatIsNotAName) {
  for (const char* yaml : {"nested_objects: {[a]: [b]}", "limit_links: {{a: b}: []}", "renamed_properties: {[a]: b}",
                           "renamed_properties: {? : b}", "nested_objects:\n  ? [a, b]\n  : c"}) {
    EXPECT_THAT(failure(yaml), HasSubstr("c.yaml:")) << yaml;
  }
}

TEST(SimplifyConfig, IsBuiltIn) {
  const Config config = Config::load("");
  EXPECT_FALSE(config.dependency_order.empty());
  EXPECT_THAT(Plans(config, nullptr).unknown_paths(), IsEmpty());
}

TEST(SimplifyPlans, NameThePathsThatFhirDoesNotHave) {
  const Config config = Config::parse(R"(nested_objects:
  Patient: [address.postalCode, address.zip, colour.red, gender, gender.x, address.extension.a.b, contained.id, "", address., contact.name.family]
)",
                                      "c.yaml");
  const Plans plans(config, nullptr);
  EXPECT_THAT(plans.unknown_paths(),
              ElementsAre("Patient.address.zip", "Patient.colour.red", "Patient.gender", "Patient.gender.x",
                          "Patient.address.extension.a.b", "Patient.contained.id", "Patient.", "Patient.address."));
}

TEST(SimplifyPlans, ThereIsOneForEveryResourceType) {
  const Plans plans(Config{}, nullptr);
  EXPECT_EQ(plans.all().size(), 158U);
  const TypePlan& plan = plans.of(*fhir::Model::r5().resource("DocumentReference"));
  EXPECT_EQ(plan.name, "document_reference");
  // Not as literals: GCC 12 warns of a look-up in a text whose length it knows.
  const std::vector<std::string> names{"Patient", "Thing"};
  EXPECT_TRUE(plan.target(names[0])->linked);
  EXPECT_EQ(plan.target(names[1]), nullptr);
}

}  // namespace
}  // namespace etl::simplify
