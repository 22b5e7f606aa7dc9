#include "fhir/study_files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "base/error.hpp"
#include "fhir_fixture.hpp"

namespace etl::fhir {
namespace {

using ::testing::ElementsAre;

class FhirStudyFiles : public ::testing::Test {
 protected:
  /// Names below the folder.
  std::vector<std::string> names(const StudySelection& selection = {}) {
    std::vector<std::string> out;
    for (const StudyFile& file : study_files(folder_.path().string(), selection)) {
      EXPECT_EQ(file.name, file.path.string());
      out.push_back(file.path.lexically_relative(folder_.path()).string());
    }
    return out;
  }
  TempFolder folder_;
};

TEST_F(FhirStudyFiles, AreFoundByTheirNamesBelowTheFolderInOrder) {
  for (const char* name : {"b.ndjson", "a/x.json", "a/y.jsonl", "c.ndjson.gz", "d.json.gz", "e.txt", "f.csv.gz", "g.gz",
                           ".hidden.ndjson", ".git/z.ndjson", "a.ndjson.tmp", "README.md"}) {
    folder_.write(name, "{}");
  }
  EXPECT_THAT(names(), ElementsAre("a/x.json", "a/y.jsonl", "b.ndjson", "c.ndjson.gz", "d.json.gz"));
}

TEST_F(FhirStudyFiles, AreThoseThatThePatternMatches) {
  for (const char* name : {"META/Patient.ndjson", "META/Group.ndjson", "other/Patient.ndjson", "notes.txt"})
    folder_.write(name, "{}");
  EXPECT_THAT(names({.glob = "Patient.*", .skip_folder = {}}),
              ElementsAre("META/Patient.ndjson", "other/Patient.ndjson"));
  EXPECT_THAT(names({.glob = "META/*", .skip_folder = {}}), ElementsAre("META/Group.ndjson", "META/Patient.ndjson"));
  EXPECT_THAT(names({.glob = "*.txt", .skip_folder = {}}), ElementsAre("notes.txt"));
  EXPECT_THROW(names({.glob = "*.xml", .skip_folder = {}}), InputError);
}

TEST_F(FhirStudyFiles, AreNotLookedForInTheOutputFolder) {
  folder_.write("in.ndjson", "{}");
  folder_.write("out/Patient.ndjson", "{}");
  folder_.write("out2/Patient.ndjson", "{}");
  EXPECT_THAT(names({.glob = {}, .skip_folder = folder_.path() / "out2/../out/"}),
              ElementsAre("in.ndjson", "out2/Patient.ndjson"));
}

TEST_F(FhirStudyFiles, FollowLinksToFilesOnly) {
  folder_.write("real/a.ndjson", "{}");
  const TempFolder other;
  other.write("b.ndjson", "{}");
  std::filesystem::create_symlink(other.path() / "b.ndjson", folder_.path() / "linked.ndjson");
  std::filesystem::create_symlink(other.path(), folder_.path() / "linked");
  std::filesystem::create_symlink(folder_.path(), folder_.path() / "real/loop");
  EXPECT_THAT(names(), ElementsAre("linked.ndjson", "real/a.ndjson"));
}

TEST_F(FhirStudyFiles, MayBeOneFileOfAnyName) {
  const auto file = folder_.write("study.txt", "{}");
  const auto files = study_files(file.string(), {});
  ASSERT_EQ(files.size(), 1U);
  EXPECT_EQ(files[0].name, file.string());
  EXPECT_EQ(files[0].bytes, 2U);
  EXPECT_EQ(study_files("-", {}).at(0).name, "stdin");
}

TEST_F(FhirStudyFiles, AreMissedWithAnError) {
  EXPECT_THROW(study_files((folder_.path() / "none").string(), {}), UsageError);
  folder_.write("a.txt", "");
  EXPECT_THROW(names(), InputError);
}

TEST_F(FhirStudyFiles, MustBeReadable) {
  if (::geteuid() == 0) GTEST_SKIP() << "root reads everything; tests/e2e covers it";
  std::filesystem::permissions(folder_.write("a.ndjson", "{}"), std::filesystem::perms::none);
  EXPECT_THROW(names(), InputError);
}

TEST(FhirStudyFile, HoldsLinesUnlessItsNameSaysJson) {
  EXPECT_TRUE(is_lines("a.ndjson"));
  EXPECT_TRUE(is_lines("a.jsonl.gz"));
  EXPECT_TRUE(is_lines("-"));
  EXPECT_TRUE(is_lines("a.txt"));
  EXPECT_FALSE(is_lines("a.json"));
  EXPECT_FALSE(is_lines("a.json.gz"));
}

TEST_F(FhirStudyFiles, RecordsInExtractionsAreNoPartOfTheStudy) {
  folder_.write("Patient.ndjson", "{}\n");
  folder_.write("extractions/patient.ndjson", "{}\n");
  folder_.write("deep/extractions/Patient.ndjson", "{}\n");
  EXPECT_EQ(study_files(folder_.path().string(), {}).size(), 2U);
}

}  // namespace
}  // namespace etl::fhir
