#include "dictionary/names.hpp"

#include <gtest/gtest.h>

namespace etl::dictionary {
namespace {

TEST(Names, NodeTablesAndClassesDropUnderscores) {
  EXPECT_EQ(node_table("research_study"), "node_researchstudy");
  EXPECT_EQ(class_name("research_study"), "ResearchStudy");
  EXPECT_EQ(class_name("core_metadata_collection"), "CoreMetadataCollection");
}

TEST(Names, ShortEdgeTablesStandInFull) {
  EXPECT_EQ(edge_table("project", "member_of", "program"), "edge_projectmemberofprogram");
  EXPECT_EQ(edge_table("data_release", "describes", "root"), "edge_datareleasedescribesroot");
}

TEST(Names, LongEdgeTablesAreAbbreviatedBehindAHash) {
  EXPECT_EQ(edge_table("document_reference", "DocumentReference_subject_Patient_subject_DocumentReference", "patient"),
            "edge_2f63b67b_doreDosuPaspa");
  EXPECT_EQ(edge_table("core_metadata_collection", "data_from", "project"), "edge_9197510c_comecodafrpr");
}

TEST(Names, TheLimitIsFortyCharacters) {
  const std::string label(40 - std::string("edge_ab").size(), 'x');
  EXPECT_EQ(edge_table("a", label, "b"), "edge_a" + label + "b");
  EXPECT_EQ(edge_table("a", label + "x", "b").substr(13), "_axxb");
}

TEST(Names, AbbreviationsKeepEmptyWords) {
  EXPECT_EQ(abbreviate("submitter_id", 8, "_"), "submitte_id");
  EXPECT_EQ(abbreviate("_a__bc", 1, "-"), "-a--b");
  EXPECT_EQ(short_md5(""), "d41d8cd9");
}

}  // namespace
}  // namespace etl::dictionary
