#include "dictionary/dictionary.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/file.hpp"

namespace etl::dictionary {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::string small = R"({
  "_definitions.yaml": {"UUID": {"type": "string"}, "ubiquitous": {"id": {"$ref": "#/UUID"}, "state": {"enum": ["a"]}}},
  "_settings.yaml": {"enable_case_cache": false},
  "sample.yaml": {"id": "sample", "title": "Sample", "category": "biospecimen",
    "links": [{"exclusive": true, "required": true, "subgroup": [
                 {"name": "cases", "backref": "samples", "label": "derived_from", "target_type": "case", "required": false},
                 {"subgroup": [{"name": "parents", "backref": "children", "label": "part_of", "target_type": "sample"}]}]},
              {"name": "projects", "backref": "samples", "label": "of", "target_type": "project", "multiplicity": "many_to_one", "required": true}],
    "uniqueKeys": [["id"], ["project_id", "submitter_id"]], "systemProperties": ["id"],
    "properties": {"$ref": "_definitions.yaml#/ubiquitous", "size": {"type": ["number", "null"]},
                   "tags": {"type": "array", "items": {"type": "string"}},
                   "taken": {"oneOf": [{"type": "string", "format": "date-time"}, {"type": "null"}]}}},
  "case.yaml": {"id": "case", "title": "The Case", "links": [], "nodeTerms": null},
  "_project.yaml": {"id": "project", "title": "Project"}
})";

/// The InputError that parsing throws, as one text.
std::string failure(const std::string& json) {
  try {
    (void)Dictionary::parse(json, "d.json");
  } catch (const InputError& error) {
    EXPECT_THAT(error.where(), HasSubstr("d.json"));
    EXPECT_FALSE(error.hint().empty());
    return std::string(error.what()) + " @ " + error.where();
  }
  return "no error";
}

std::vector<std::string> labels(const Dictionary& dictionary) {
  std::vector<std::string> out;
  for (const auto& node : dictionary.nodes()) out.push_back(node.label);
  return out;
}

TEST(Dictionary, KeepsTheOrderOfTheFileBehindTheBuiltInNodes) {
  const auto dictionary = Dictionary::parse(small, "d.json");
  EXPECT_THAT(labels(dictionary), ElementsAre("data_release", "root", "sample", "case", "project"));
  std::vector<std::string> names;
  for (const auto& edge : dictionary.edges()) names.push_back(edge.src_label + "." + edge.name);
  EXPECT_THAT(names, ElementsAre("data_release.roots", "sample.cases", "sample.parents", "sample.projects"));
}

TEST(Dictionary, BringsItsOwnRootWhenItHasOne) {
  const auto dictionary = Dictionary::parse(R"({"root.yaml": {"id": "root", "title": "My Root"}})", "d.json");
  EXPECT_THAT(labels(dictionary), ElementsAre("data_release", "root"));
  EXPECT_EQ(dictionary.by_label("root")->title, "My Root");
}

TEST(Dictionary, FindsNodesByTitleClassAndLabel) {
  const auto dictionary = Dictionary::parse(small, "d.json");
  ASSERT_NE(dictionary.by_title("The Case"), nullptr);
  EXPECT_EQ(dictionary.by_title("The Case"), dictionary.by_title("Case"));
  EXPECT_EQ(dictionary.by_title("The Case"), dictionary.by_label("case"));
  EXPECT_EQ(dictionary.by_label("nothing"), nullptr);
}

TEST(Dictionary, ReadsLinksKeysAndTypes) {
  const auto dictionary = Dictionary::parse(small, "d.json");
  const auto& sample = *dictionary.by_label("sample");
  EXPECT_EQ(sample.table, "node_sample");
  EXPECT_THAT(sample.unique_keys, ElementsAre(ElementsAre("id"), ElementsAre("project_id", "submitter_id")));
  EXPECT_THAT(sample.system_properties, ElementsAre("id"));
  EXPECT_TRUE(sample.links[2].required);
  EXPECT_EQ(sample.links[2].multiplicity, "many_to_one");
  std::map<std::string, Property> properties;
  for (const auto& property : sample.properties) properties[property.name] = property;
  EXPECT_THAT(properties.at("id").types, ElementsAre("string"));
  EXPECT_TRUE(properties.at("state").enumerated);
  EXPECT_THAT(properties.at("size").types, ElementsAre("number", "null"));
  EXPECT_EQ(properties.at("tags").items, "string");
  EXPECT_EQ(properties.at("taken").format, "date-time");
}

TEST(Dictionary, OfTwoLinksOfOneNameTheLaterCounts) {
  const auto dictionary = Dictionary::parse(
      R"({"a.yaml": {"id": "a", "links": [{"name": "x", "backref": "b1", "label": "l1", "target_type": "a"},
                                          {"name": "x", "backref": "b2", "label": "l2", "target_type": "a"}]}})",
      "d.json");
  ASSERT_EQ(dictionary.by_label("a")->links.size(), 1U);
  EXPECT_EQ(dictionary.by_label("a")->links[0].backref, "b2");
}

TEST(Dictionary, NamesWhatIsNotADictionary) {
  EXPECT_THAT(failure("{"), HasSubstr("not JSON"));
  EXPECT_THAT(failure(R"({"a": 1e999})"), HasSubstr("out of range"));
  EXPECT_THAT(failure("[]"), HasSubstr("it is not a JSON object"));
  EXPECT_THAT(failure("{}"), HasSubstr("no node"));
  EXPECT_THAT(failure(R"({"id": "patient", "properties": {}})"), HasSubstr("the schema of a single node"));
  EXPECT_THAT(failure(R"({"a.yaml": 1})"), HasSubstr("d.json (a.yaml)"));
  EXPECT_THAT(failure(R"({"a.yaml": {"title": "A"}})"), HasSubstr("'id' is missing"));
  EXPECT_THAT(failure(R"({"a.yaml": {"id": "a", "links": [{"name": "b"}]}})"),
              HasSubstr("link b: 'backref' is missing"));
  EXPECT_THAT(failure(R"({"a.yaml": {"id": "a"}, "b.yaml": {"id": "a"}})"), HasSubstr("two schemas"));
  EXPECT_THAT(
      failure(R"({"a.yaml": {"id": "a", "links": [{"name": "b", "backref": "c", "label": "l", "target_type": "z"}]}})"),
      HasSubstr("a link points to 'z'"));
  EXPECT_THAT(
      failure(R"({"a.yaml": {"id": "a", "links": [{"name": "b", "backref": "c", "label": "l", "target_type": "a"},
                                                          {"name": "d", "backref": "e", "label": "l", "target_type": "a"}]}})"),
      HasSubstr("edge_ala"));
  EXPECT_THAT(failure(R"({"a.yaml": {"id": "a", "properties": {"$ref": "a.yaml#/properties"}}})"),
              HasSubstr("refers to itself"));
  EXPECT_THAT(failure(R"({"a.yaml": {"id": "a", "properties": {"p": {"$ref": "b.yaml#/x"}}}})"), HasSubstr("b.yaml"));
}

TEST(Dictionary, AFileThatIsNotThereIsNamed) {
  EXPECT_THROW((void)Dictionary::load("/nowhere/dictionary.json"), UsageError);
}

TEST(Dictionary, TheDemoLoads) {
  const auto dictionary = Dictionary::load(ETL_SOURCE_DIR "/share/demo/dictionary.json");
  EXPECT_NE(dictionary.by_title("Patient"), nullptr);
  EXPECT_GT(dictionary.edges().size(), 1U);
}

/// The table of edges that Gen3's own libraries make of the dictionary in use at ACED.
TEST(Dictionary, EdgesAreThoseOfTheReferenceLibraries) {
  const std::filesystem::path folder = ETL_SOURCE_DIR "/../shared/dictionaries";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "NOT TESTED: no reference dictionary in ../shared";
  const auto dictionary = Dictionary::load((folder / "aced-simplified.json").string());
  auto edges = nlohmann::json::array();
  for (const auto& edge : dictionary.edges()) {
    edges.push_back({{"tablename", edge.table},
                     {"label", edge.label},
                     {"srcclass", edge.src_class},
                     {"dstclass", edge.dst_class},
                     {"srctable", edge.src_table},
                     {"dsttable", edge.dst_table},
                     {"srcdstassoc", edge.name},
                     {"dstsrcassoc", edge.backref}});
  }
  EXPECT_EQ(edges, nlohmann::json::parse(read_file(folder / "aced-simplified.edges.json")));
}

}  // namespace
}  // namespace etl::dictionary
