#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "documents/names.hpp"
#include "documents/study_reader.hpp"

namespace etl::documents {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;

TEST(DocumentNames, prefixes_go_and_characters_of_the_name_stay) {
  EXPECT_EQ(name_of("file:///output/f.bin"), "output/f.bin");
  EXPECT_EQ(name_of("FILE:///output/f.bin"), "output/f.bin");
  EXPECT_EQ(name_of("file://localhost/output/f.bin"), "output/f.bin");
  EXPECT_EQ(name_of("file:/output/f.bin"), "output/f.bin");
  EXPECT_EQ(name_of("./output/f.bin"), "output/f.bin");
  EXPECT_EQ(name_of("f0000.bin"), "f0000.bin");
  EXPECT_EQ(name_of("file:f"), "file:f");
  EXPECT_EQ(name_of("././a"), "./a");
  EXPECT_EQ(name_of("/a"), "/a");
}

TEST(DocumentNames, escapes_are_decoded_once) {
  EXPECT_EQ(name_of("file:///a%20b"), "a b");
  EXPECT_EQ(name_of("%252e%252E"), "%2e%2E");
  EXPECT_EQ(name_of("100%"), "100%");
  EXPECT_EQ(name_of("%zz%4"), "%zz%4");
  EXPECT_EQ(raw_name_of("file:///a%20b"), "a%20b");
}

TEST(DocumentNames, a_name_that_could_lead_elsewhere_is_refused) {
  using namespace std::string_literals;
  for (const auto& name :
       {""s, "/etc/passwd"s, "a/"s, ".."s, "a/.."s, "a/../b"s, "."s, "a/./b"s, ".aws/x"s, "a/..data/x"s, "a\0b"s,
        "a\nb"s, "a\x7f"s, "\xff"s, "\xc0\xaf"s, "\xed\xa0\x80"s, std::string(256, 'x')}) {
    EXPECT_NE(refusal_of_name(name), "") << name;
  }
  for (const auto& name : {"a"s, "a/b c"s, "a..b/c.."s, "~/x"s, "a//b"s, "\xc3\xa9/\xe6\xbc\xa2"s, "back\\slash"s}) {
    EXPECT_EQ(refusal_of_name(name), "") << name;
  }
}

TEST(DocumentNames, names_in_output_never_leave_it) {
  EXPECT_THAT(names_in_output("file:///output/S/u"), ElementsAre("S/u", "output/S/u"));
  EXPECT_THAT(names_in_output("file:///home/me/output/S/p"), ElementsAre("S/p", "home/me/output/S/p"));
  EXPECT_THAT(names_in_output("a%20b"), ElementsAre("a b", "a%20b"));
  for (const char* bad : {"file:///output/../../etc/passwd", "output/%2e%2e/x", "output/.aws/x", ""}) {
    EXPECT_THAT(names_in_output(bad), IsEmpty()) << bad;
  }
}

TEST(DocumentNames, kinds_of_addresses) {
  for (const char* url :
       {"s3://bucket/key", "https://host/x", "HTTPS://host/x", "drs://a/b", "urn:uuid:1", "data:text/plain,x"}) {
    EXPECT_EQ(kind_of(url), AddressKind::elsewhere) << url;
  }
  for (const char* url : {"file:///x", "a/b", "a b://x", "Binary/a b", "Binary/x/y", "a:b.txt"}) {
    EXPECT_EQ(kind_of(url), AddressKind::file) << url;
  }
  EXPECT_EQ(kind_of("Binary/abc123"), AddressKind::reference);
  EXPECT_EQ(kind_of("Binary/abc123/_history/2"), AddressKind::reference);
}

class StudyReaderTest : public testing::Test {
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

  /// Reads one DocumentReference with this attachment.
  [[nodiscard]] Reference attachment(const std::string& json) const {
    put("one.ndjson", R"({"resourceType":"DocumentReference","id":"d","content":[{"attachment":)" + json + "}]}\n");
    Reference found;
    static_cast<void>(
        read_study(fhir::study_files(folder_.string(), {}),
                   {.on_reference = [&](const Reference& one, const std::string&) { found = one; },
                    .on_issue = [](const std::string& what, const std::string&) { ADD_FAILURE() << what; }}));
    return found;
  }

  fs::path folder_;
};

TEST_F(StudyReaderTest, counts_resources_and_reads_attachments) {
  put("Patient.ndjson", "{\"resourceType\":\"Patient\",\"id\":\"1\"}\n\n{\"id\":\"2\",\"resourceType\":\"Patient\"}\n");
  put("DocumentReference.ndjson",
      R"({"content":[{"attachment":{"url":"./output/\u00e9","size":"12","extension":[{"url":"http://aced-idp.org/fhir/StructureDefinition/source_path","valueUrl":"file:///output/S/b"}]}},{"attachment":{"url":"second"}}],"resourceType":"DocumentReference","id":"d1"})"
      "\n"
      R"({"resourceType":"DocumentReference"})"
      "\n");
  put("all.json",
      R"({"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Patient","id":"3"}},{"resource":{"resourceType":"Group"}}]})");
  put("bad.ndjson", "{\"resourceType\":\"Patient\"\nnonsense\n{\"id\":\"no type\"}\n{\"resourceType\":\"Group\"}\n");
  put("extractions/Patient.ndjson", "{\"id\":\"1\",\"name\":\"patient\"}\n");
  std::vector<Reference> references;
  unsigned issues = 0;
  const auto contents =
      read_study(fhir::study_files(folder_.string(), {}),
                 {.on_reference = [&](const Reference& one, const std::string&) { references.push_back(one); },
                  .on_issue = [&](const std::string&, const std::string&) { ++issues; }});
  EXPECT_EQ(contents.types,
            (std::map<std::string, std::uint64_t>{{"Patient", 3}, {"DocumentReference", 2}, {"Group", 2}}));
  EXPECT_EQ(contents.unreadable, 3U);
  EXPECT_EQ(issues, 2U) << "a resource without type is JSON";
  ASSERT_EQ(references.size(), 2U);
  EXPECT_EQ(references[0].id, "d1");
  EXPECT_EQ(references[0].url, "./output/é");
  EXPECT_EQ(references[0].source_path, "file:///output/S/b");
  EXPECT_EQ(references[0].size, 12U);
  EXPECT_EQ(references[0].contents, 2U);
  EXPECT_EQ(references[1].url, "");
}

TEST_F(StudyReaderTest, size_may_be_text) {  // integer64 of R5
  EXPECT_EQ(attachment(R"({"size":"9007199254740993"})").size, 9007199254740993U);
  EXPECT_EQ(attachment(R"({"size":12})").size, 12U);
  for (const char* bad : {R"("")", R"("1x")", R"("-1")", "-1", "1.5", "null", "true", "{}", "[]"}) {
    EXPECT_FALSE(attachment(std::string(R"({"size":)") + bad + "}").size) << bad;
  }
}

TEST_F(StudyReaderTest, the_source_path_may_be_a_url_a_uri_or_text) {
  for (const char* type : {"valueUrl", "valueUri", "valueString"}) {
    const auto found =
        attachment(std::string(R"({"extension":[{"url":"http://aced-idp.org/fhir/StructureDefinition/source_path",")") +
                   type + R"(":"a/b"}]})");
    EXPECT_EQ(found.source_path, "a/b") << type;
  }
}

TEST_F(StudyReaderTest, documents_without_a_file_are_told_apart) {
  EXPECT_EQ(kind_of(attachment(R"({"url":"Binary/1"})")), ReferenceKind::reference);
  EXPECT_EQ(kind_of(attachment(R"({"url":"https://a/b"})")), ReferenceKind::elsewhere);
  EXPECT_EQ(kind_of(attachment(R"({"data":"YQ=="})")), ReferenceKind::inlined);
  EXPECT_EQ(kind_of(attachment(R"({"title":"a title"})")), ReferenceKind::no_url);
  EXPECT_EQ(kind_of(attachment(R"({"url":"a/b"})")), ReferenceKind::file);
}

}  // namespace
}  // namespace etl::documents
