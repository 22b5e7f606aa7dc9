#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "studies/document_files.hpp"
#include "studies/target_folder.hpp"

#include "base/error.hpp"

namespace etl::studies {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;

class StudyFolder : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "etl-study-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { fs::remove_all(folder_); }

  void put(const fs::path& name, const std::string& text) const {
    fs::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name) << text;
  }

  fs::path folder_;
};

TEST(DocumentFiles, prefixes_go_and_characters_of_the_name_stay) {
  EXPECT_EQ(relative_name("file:///output/f.bin"), "output/f.bin");
  EXPECT_EQ(relative_name("./output/f.bin"), "output/f.bin");
  EXPECT_EQ(relative_name("file:f"), "file:f");
  EXPECT_EQ(relative_name("..f"), "..f");
  EXPECT_EQ(relative_name("/"), "");
}

TEST(DocumentFiles, the_source_path_counts_before_the_url) {
  EXPECT_THAT(names_in_output({"file:///output/S/u", "file:///home/me/output/S/p", {}}),
              ElementsAre("S/p", "home/me/output/S/p", "S/u", "output/S/u"));
  EXPECT_THAT(names_in_output({"file:///output/../../etc/passwd", "", {}}), IsEmpty());
  EXPECT_THAT(names_in_output({}), IsEmpty());
}

TEST_F(StudyFolder, counts_resources_and_reads_attachments) {
  put("Patient.ndjson", "{\"resourceType\":\"Patient\",\"id\":\"1\"}\n\n{\"id\":\"2\",\"resourceType\":\"Patient\"}\n");
  put("DocumentReference.ndjson",
      R"({"content":[{"attachment":{"url":"./output/\u00e9","size":"12","extension":[{"url":"http://aced-idp.org/fhir/StructureDefinition/source_path","valueUrl":"file:///output/S/b"}]}},{"attachment":{"url":"second"}}],"resourceType":"DocumentReference"})"
      "\n"
      R"({"resourceType":"DocumentReference"})"
      "\n");
  put("all.json",
      R"({"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Patient","id":"3"}},{"resource":{"resourceType":"Group"}}]})");
  put("bad.ndjson", "{\"resourceType\":\"Patient\"\nnonsense\n{\"id\":\"no type\"}\n{\"resourceType\":\"Group\"}\n");
  put("extractions/Patient.ndjson", "{\"id\":\"1\",\"name\":\"patient\"}\n");
  std::vector<Document> documents;
  const auto scan = scan_study(folder_, [&](const Document& document) { documents.push_back(document); });
  EXPECT_EQ(scan.types, (std::map<std::string, std::uint64_t>{{"Patient", 3}, {"DocumentReference", 2}, {"Group", 2}}));
  EXPECT_EQ(scan.unreadable, 3U);
  ASSERT_EQ(documents.size(), 2U);
  EXPECT_EQ(documents[0].url, "./output/é");
  EXPECT_EQ(documents[0].source_path, "file:///output/S/b");
  EXPECT_EQ(documents[0].size, 12U);
  EXPECT_EQ(documents[1].url, "");
}

TEST_F(StudyFolder, a_folder_without_metadata_is_empty) {
  EXPECT_THAT(scan_study(folder_, {}).types, IsEmpty());
  EXPECT_THROW(scan_study(folder_ / "none", {}), InputError);
}

TEST_F(StudyFolder, finds_a_documents_file) {
  put("output/S/a", "12345");
  put("studies/S/beside", "1");
  const DocumentPlaces places{folder_ / "studies/S", folder_ / "output"};
  EXPECT_EQ(size_on_disk({"file:///output/S/a", "", {}}, places), 5U);
  EXPECT_EQ(size_on_disk({"./beside", "", {}}, places), 1U);
  EXPECT_EQ(size_on_disk({"file://" + (folder_ / "output/S/a").string(), "", {}}, places), 5U);
  EXPECT_FALSE(size_on_disk({"file:///output/S", "", {}}, places));
  EXPECT_FALSE(size_on_disk({"file:///output/S/b", "", {}}, places));
}

TEST_F(StudyFolder, links_that_lead_out_are_refused) {
  put("target/in/file", "x");
  put("outside/file", "x");
  fs::create_directory_symlink(folder_ / "outside", folder_ / "target/out");
  fs::create_directory_symlink(folder_ / "nowhere", folder_ / "target/later");
  fs::create_directory_symlink("in", folder_ / "target/link");
  fs::create_symlink(folder_ / "outside/file", folder_ / "target/in/linked");
  TargetFolder target(folder_ / "target", false);
  EXPECT_TRUE(target.look("in/file"));
  EXPECT_TRUE(target.look("link/file"));
  EXPECT_FALSE(target.look("in/other"));
  EXPECT_FALSE(target.look("new/other"));
  for (const auto* name : {"out/file", "out/new/deep", "later/x", "in/linked", "in"}) {
    EXPECT_THROW(static_cast<void>(target.look(name)), RefusedError) << name;
  }
  put("target/.aced-etl-pull/w", "whole");
  EXPECT_THROW(target.move_in(folder_ / "target/.aced-etl-pull/w", "out/file"), RefusedError);
  EXPECT_THROW(target.remove("out/file"), RefusedError);
  target.move_in(folder_ / "target/.aced-etl-pull/w", "new/deep/file");
  EXPECT_EQ(target.look("new/deep/file")->size, 5U);
  EXPECT_THROW(static_cast<void>(target.look("new/deep/file/below")), RefusedError);
  target.remove("new/deep/file");
  EXPECT_FALSE(fs::exists(folder_ / "target/new"));
  EXPECT_TRUE(fs::exists(folder_ / "outside/file"));
  EXPECT_THROW(TargetFolder(folder_ / "target", false), LockedError);
}

}  // namespace
}  // namespace etl::studies
