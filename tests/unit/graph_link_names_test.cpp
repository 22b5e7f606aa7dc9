#include "graph/schema/link_names.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "graph/connection/lock_watch.hpp"
#include "graph/staging/object_members.hpp"

namespace etl::graph {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

std::string link(const std::string& name, const std::string& label, const std::string& target) {
  return R"({"name": ")" + name + R"(", "backref": ")" + label + R"(s", "label": ")" + label +
         R"(", "target_type": ")" + target + R"(", "multiplicity": "many_to_many"})";
}

dictionary::Dictionary with_task_links(const std::string& links) {
  return dictionary::Dictionary::parse(R"({"task.yaml": {"id": "task", "title": "Task", "links": [)" + links +
                                           R"(]}, "patient.yaml": {"id": "patient", "title": "Patient"},
                                           "document_reference.yaml": {"id": "document_reference",
                                           "title": "DocumentReference"}})",
                                       "a test");
}

TEST(LinkNames, AreShortWhereNothingIsLost) {
  const auto dictionary =
      with_task_links(link("output_valueReference", "made", "document_reference") + "," +
                      link("owner_Patient", "owned", "patient") + "," + link("for_fhir", "done_for", "patient"));
  const LinkNames names(&dictionary);
  EXPECT_EQ(names.edge("edge_taskmadedocumentreference", "", ""), "task —output→ document_reference");
  EXPECT_EQ(names.edge("edge_taskownedpatient", "", ""), "task —owner→ patient");
  EXPECT_EQ(names.edge("edge_taskdoneforpatient", "", ""), "task —for_fhir→ patient");
  EXPECT_EQ(names.node("node_documentreference"), "document_reference");
}

TEST(LinkNames, TellLinksOfOneShortNameApart) {
  const auto dictionary = with_task_links(link("focus", "a", "patient") + "," + link("focus_Patient", "b", "patient"));
  const LinkNames names(&dictionary);
  EXPECT_EQ(names.edge("edge_taskapatient", "", ""), "task —focus→ patient");
  EXPECT_EQ(names.edge("edge_taskbpatient", "", ""), "task —focus_Patient→ patient");
}

TEST(LinkNames, WithoutADictionaryComeFromTheTables) {
  const LinkNames names(nullptr);
  EXPECT_EQ(names.node("node_researchstudy"), "researchstudy");
  EXPECT_EQ(names.edge("edge_taskownedpatient", "node_task", "node_patient"), "task —owned→ patient");
  EXPECT_EQ(names.edge("edge_2f63b67b_doreDosuPaspa", "node_task", "node_patient"),
            "task —2f63b67b_doreDosuPaspa→ patient");
}

TEST(LinkNames, SayWhichTablesPeregrineHides) {
  const auto dictionary = with_task_links(link("a", "la", "patient") + "," + link("x", "lx", "document_reference") +
                                          "," + link("b", "lb", "patient") + "," + link("c", "lc", "patient"));
  EXPECT_THAT(hidden_by_peregrine(dictionary), UnorderedElementsAre(Pair("edge_tasklbpatient", "edge_tasklapatient"),
                                                                    Pair("edge_tasklcpatient", "edge_tasklapatient")));
}

std::vector<std::string> members(std::string_view object) {
  std::vector<std::string> names;
  each_member(object, [&](std::string_view name) { names.emplace_back(name); });
  return names;
}

TEST(ObjectMembers, AreThoseOfTheObjectItself) {
  EXPECT_THAT(members("{}"), IsEmpty());
  EXPECT_THAT(members(" { }"), IsEmpty());
  EXPECT_THAT(members(R"({"a":1})"), ElementsAre("a"));
  EXPECT_THAT(members(R"( { "a" : "b" , "c":["d",{"e":"f"},"g"], "h":{"i":{"j":[]}},"k":null})"),
              ElementsAre("a", "c", "h", "k"));
  EXPECT_THAT(members(R"({"a\"b":"c\\","d":"\"e\":","f":"{[,"})"), ElementsAre(R"(a\"b)", "d", "f"));
}

TEST(LockWatch, LooksAfterFiveSecondsOrBeforeTheTimeout) {
  using std::chrono::seconds;
  EXPECT_EQ(LockWatch::first_look(seconds(300)), seconds(5));
  EXPECT_EQ(LockWatch::first_look(seconds(2)), seconds(1));
}

}  // namespace
}  // namespace etl::graph
