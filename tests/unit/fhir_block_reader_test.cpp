#include "fhir/block_reader.hpp"

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

struct Reading {
  std::vector<std::string> pieces;  ///< `file:line text`
  std::vector<std::string> issues;  ///< `file:line message`
  std::size_t blocks = 0;
  std::uint64_t bytes = 0;
};

Reading read_all(const std::vector<StudyFile>& files, BlockLimits limits = {}) {
  Reading out;
  BlockReader reader(files, limits, [&](const Issue& issue) {
    out.issues.push_back(issue.file + ":" + std::to_string(issue.line) + " " + issue.message);
  });
  Block block;
  while (reader.next(block)) {
    EXPECT_EQ(block.number, out.blocks);
    ++out.blocks;
    for (const Block::Piece& piece : block.pieces) {
      out.pieces.push_back(files[block.file].name + ":" + std::to_string(piece.line) + " " +
                           std::string(block.piece(piece)));
    }
  }
  out.bytes = reader.bytes();
  return out;
}

class FhirBlockReader : public ::testing::Test {
 protected:
  StudyFile file(const std::string& name, std::string_view content) {
    return {folder_.write(name, content), name, content.size()};
  }
  Reading read(const std::string& name, std::string_view content, BlockLimits limits = {}) {
    return read_all({file(name, content)}, limits);
  }
  TempFolder folder_;
};

TEST_F(FhirBlockReader, CutsLines) {
  EXPECT_THAT(read("a.ndjson", "{1}\n{2}\n{3}\n").pieces,
              ElementsAre("a.ndjson:1 {1}", "a.ndjson:2 {2}", "a.ndjson:3 {3}"));
  EXPECT_THAT(read("a.ndjson", "{1}\n{2}").pieces, ElementsAre("a.ndjson:1 {1}", "a.ndjson:2 {2}"));
  EXPECT_THAT(read("a.jsonl", "{1}").pieces, ElementsAre("a.jsonl:1 {1}"));
}

TEST_F(FhirBlockReader, PassesOverBlankLinesAndWhiteSpace) {
  EXPECT_THAT(read("a.ndjson", "\n  {1}\t \n\r\n \t\n{2}\r\n\n").pieces,
              ElementsAre("a.ndjson:2 {1}", "a.ndjson:5 {2}"));
  for (const char* blank : {"", "\n", "\n\n\n", "  ", " \r\n\t\r\n"}) {
    const Reading out = read("a.ndjson", blank);
    EXPECT_THAT(out.pieces, IsEmpty());
    EXPECT_THAT(out.issues, IsEmpty());
  }
  const std::string many(300'000, '\n');
  EXPECT_THAT(read("a.ndjson", many + "{1}\n" + many, {.block = 4096}).pieces, ElementsAre("a.ndjson:300001 {1}"));
}

TEST_F(FhirBlockReader, TakesCarriageReturnsAndAByteOrderMark) {
  EXPECT_THAT(read("a.ndjson", "\xef\xbb\xbf{1}\r\n{2}\r\n").pieces, ElementsAre("a.ndjson:1 {1}", "a.ndjson:2 {2}"));
  EXPECT_THAT(read("a.json", "\xef\xbb\xbf{\"a\":\r\n1}").pieces, ElementsAre("a.json:1 {\"a\":\r\n1}"));
  EXPECT_THAT(read("a.ndjson", "\xef\xbb\xbf").pieces, IsEmpty());
}

TEST_F(FhirBlockReader, ReadsAnArrayWhateverTheFileIsCalled) {
  for (const char* name : {"a.ndjson", "a.jsonl", "a.json"}) {
    const std::string place = std::string(name) + ":";
    EXPECT_THAT(read(name, " \n[{1}, {2},\n{3}]\n").pieces,
                ElementsAre(place + "2 {1}", place + "2 {2}", place + "3 {3}", place + "2 [0, 0,\n0]"));
  }
  // Lines behind the array are documents like any other.
  EXPECT_THAT(read("a.ndjson", "[{1}]\n{2}\n").pieces,
              ElementsAre("a.ndjson:1 {1}", "a.ndjson:1 [0]", "a.ndjson:2 {2}"));
  EXPECT_THAT(read("a.ndjson", "{1}\n[{2}]\n").pieces, ElementsAre("a.ndjson:1 {1}", "a.ndjson:2 [{2}]"));
}

TEST_F(FhirBlockReader, ReadsAnArrayOfManyBlocksOnOneLine) {
  std::string text = "[";
  std::vector<std::string> wanted;
  for (int i = 0; i < 20'000; ++i) {
    const std::string item = "{" + std::string(static_cast<std::size_t>(i * 37 % 301), 'x') + std::to_string(i) + "}";
    text += (i == 0 ? "" : ",") + item;
    wanted.push_back("a.ndjson:1 " + item);
  }
  for (const std::size_t block : {1U, 4096U, 1U << 20U}) {
    Reading out = read("a.ndjson", text + "]\n", {.block = block});
    ASSERT_EQ(out.pieces.size(), wanted.size() + 1) << block;
    out.pieces.pop_back();  // what is left of the array
    EXPECT_EQ(out.pieces, wanted) << block;
    EXPECT_THAT(out.issues, IsEmpty());
  }
}

TEST_F(FhirBlockReader, GivesTheResourcesOfAnArrayBeforeItsPackedFileBreaksOff) {
  std::string packed = gzip("[{1},\n{2},\n{3}]\n" + std::string(1000, ' '));
  packed.resize(packed.size() - 4);
  const Reading out = read("a.ndjson.gz", packed);
  EXPECT_EQ(out.issues.size(), 1U);
  const Reading json = read("a.json.gz", packed);
  EXPECT_EQ(json.pieces.size(), out.pieces.size());
}

TEST_F(FhirBlockReader, RefusesUtf16AndGoesOn) {
  for (const std::string head : {"\xff\xfe", "\xfe\xff"}) {
    for (const char* name : {"a.ndjson", "a.json"}) {
      const Reading out = read_all({file(name, head + std::string("{\0}\0", 4)), file("b.ndjson", "{2}")});
      EXPECT_THAT(out.issues, ElementsAre(HasSubstr("UTF-16")));
      EXPECT_THAT(out.pieces, ElementsAre("b.ndjson:1 {2}"));
    }
  }
}

TEST_F(FhirBlockReader, CarriesLinesOverFromBlockToBlock) {
  std::string text;
  std::vector<std::string> wanted;
  for (int i = 1; i <= 5000; ++i) {
    const std::string line = "{" + std::string(static_cast<std::size_t>(i * 37 % 301), 'x') + std::to_string(i) + "}";
    text += line + "\n";
    wanted.push_back("a.ndjson:" + std::to_string(i) + " " + line);
  }
  for (const std::size_t block : {1U, 100U, 4096U, 70'000U}) {
    const Reading out = read("a.ndjson", text, {.block = block});
    EXPECT_EQ(out.pieces, wanted) << block;
    EXPECT_GT(out.blocks, 1U);
    EXPECT_EQ(out.bytes, text.size());
  }
}

TEST_F(FhirBlockReader, TakesALongLineUpToTheLimit) {
  const std::string line(3'000'000, 'x');
  const BlockLimits wide{.block = 1U << 16U, .max_resource = 4U << 20U};
  EXPECT_THAT(read("a.ndjson", "{1}\n" + line + "\n{3}\n", wide).pieces,
              ElementsAre("a.ndjson:1 {1}", "a.ndjson:2 " + line, "a.ndjson:3 {3}"));
  const BlockLimits narrow{.block = 1U << 16U, .max_resource = 1U << 20U};
  const Reading out = read_all({file("a.ndjson", "{1}\n" + line + "\n{3}\n"), file("b.ndjson", "{4}")}, narrow);
  EXPECT_THAT(out.issues,
              ElementsAre("a.ndjson:2 a line is longer than 1 MiB (raise --max-resource if this is meant)"));
  EXPECT_THAT(out.pieces, ElementsAre("a.ndjson:1 {1}", "b.ndjson:1 {4}"));
}

TEST_F(FhirBlockReader, RefusesADocumentAboveTheLimit) {
  const std::string big = R"({"a":")" + std::string(3'000'000, 'x') + "\"}";
  const Reading out =
      read_all({file("a.json", big), file("b.json", "{}")}, {.block = 1U << 16U, .max_resource = 1U << 20U});
  ASSERT_EQ(out.issues.size(), 1U);
  EXPECT_THAT(out.issues[0], HasSubstr("a resource is larger than 1 MiB"));
  EXPECT_THAT(out.pieces, ElementsAre("b.json:1 {}"));
}

TEST_F(FhirBlockReader, UnpacksGzipByItsBytesNotByItsName) {
  EXPECT_THAT(read("a.ndjson.gz", gzip("{1}\n{2}\n")).pieces, ElementsAre("a.ndjson.gz:1 {1}", "a.ndjson.gz:2 {2}"));
  EXPECT_THAT(read("a.ndjson", gzip("{1}\n")).pieces, ElementsAre("a.ndjson:1 {1}"));
  EXPECT_THAT(read("a.json.gz", gzip("{\n}")).pieces, ElementsAre("a.json.gz:1 {\n}"));
  EXPECT_THAT(read("a.ndjson.gz", gzip("")).pieces, IsEmpty());
}

TEST_F(FhirBlockReader, ReadsAllMembersOfAGzipFile) {
  EXPECT_THAT(read("a.ndjson.gz", gzip("{1}\n{2") + gzip("") + gzip("2}\n") + gzip("{3}")).pieces,
              ElementsAre("a.ndjson.gz:1 {1}", "a.ndjson.gz:2 {22}", "a.ndjson.gz:3 {3}"));
}

TEST_F(FhirBlockReader, TellsOfATruncatedOrDamagedGzipFileAndGoesOn) {
  std::string text;
  for (int i = 0; i < 50'000; ++i) text += "{" + std::to_string(i * 7919) + "}\n";
  const std::string whole = gzip(text);
  for (const std::size_t size : {std::size_t{3}, std::size_t{15}, whole.size() / 2, whole.size() - 1}) {
    const Reading out = read_all({file("a.ndjson.gz", whole.substr(0, size)), file("b.ndjson", "{9}")});
    ASSERT_EQ(out.issues.size(), 1U) << size;
    EXPECT_THAT(out.issues[0], HasSubstr("truncated")) << size;
    EXPECT_EQ(out.pieces.back(), "b.ndjson:1 {9}");
    // The lines before the break are there, as far as gzip gives them.
    if (size == whole.size() - 1) {
      EXPECT_EQ(out.pieces.size(), 50'001U);
    } else if (size == whole.size() / 2) {
      EXPECT_GT(out.pieces.size(), 20'000U);
    }
    for (std::size_t i = 0; i + 1 < out.pieces.size(); ++i) {
      ASSERT_EQ(out.pieces[i], "a.ndjson.gz:" + std::to_string(i + 1) + " {" + std::to_string(i * 7919) + "}");
    }
  }
  std::string damaged = whole;
  damaged[damaged.size() / 2] ^= 0x55;
  EXPECT_THAT(read("a.ndjson.gz", damaged).issues, ElementsAre(HasSubstr("gzip")));
  EXPECT_THAT(read("a.ndjson.gz", gzip("{1}\n") + "garbage").issues, ElementsAre(HasSubstr("damaged")));
  EXPECT_THAT(read("a.ndjson.gz", "{1}\n").issues, ElementsAre(HasSubstr("not gzip")));
}

TEST_F(FhirBlockReader, TellsOfAFileThatHasGone) {
  const Reading out = read_all({{folder_.path() / "gone.ndjson", "gone.ndjson", 1}, file("b.ndjson", "{1}")});
  EXPECT_THAT(out.issues, ElementsAre(HasSubstr("gone.ndjson:0 cannot open the file")));
  EXPECT_THAT(out.pieces, ElementsAre("b.ndjson:1 {1}"));
}

TEST_F(FhirBlockReader, TakesBundlesApartAndTellsTheNamesOfTheirEntries) {
  const std::string bundle = R"({"resourceType":"Bundle","entry":[
{"fullUrl":"urn:uuid:1","resource":{"resourceType":"Patient","id":"a"}},
{"fullUrl":"http://x/Patient/b","resource":{"resourceType":"Patient","id":"b"}}]})";
  for (const std::string mark : {"", "\xef\xbb\xbf"}) {
    const std::vector<StudyFile> files{file("b.json", mark + bundle)};
    BlockReader reader(files, {}, [](const Issue& issue) { ADD_FAILURE() << issue.text(); });
    Block block;
    ASSERT_TRUE(reader.next(block));
    ASSERT_EQ(block.pieces.size(), 3U);
    EXPECT_EQ(block.piece(block.pieces[0]), R"({"resourceType":"Patient","id":"a"})");
    EXPECT_EQ(block.pieces[1].line, 3U);
    EXPECT_TRUE(block.pieces[2].shell);
    ASSERT_NE(block.links, nullptr);
    EXPECT_EQ(*block.links, (BundleLinks{{"urn:uuid:1", "Patient/a"}})) << "byte order mark: " << !mark.empty();
    EXPECT_FALSE(reader.next(block));
  }
}

TEST_F(FhirBlockReader, KnowsTheNamesOfLaterEntriesFromTheFirstBlockOn) {
  std::string bundle = R"({"resourceType":"Bundle","entry":[)";
  for (int i = 0; i < 3000; ++i) {
    bundle += (i > 0 ? "," : "") + std::string(R"({"fullUrl":"urn:uuid:)") + std::to_string(i) +
              R"(","resource":{"resourceType":"Patient","id":"p)" + std::to_string(i) + R"("}})";
  }
  bundle += "]}";
  const std::vector<StudyFile> files{file("b.json.gz", gzip(bundle))};
  BlockReader reader(files, {.block = 1000}, [](const Issue& issue) { ADD_FAILURE() << issue.text(); });
  Block block;
  std::size_t blocks = 0;
  std::size_t resources = 0;
  while (reader.next(block)) {
    ++blocks;
    for (const auto& piece : block.pieces) resources += piece.shell ? 0U : 1U;
    ASSERT_NE(block.links, nullptr);
    EXPECT_EQ(block.links->size(), 3000U);
  }
  EXPECT_GT(blocks, 1U);
  EXPECT_EQ(resources, 3000U);
}

TEST_F(FhirBlockReader, KnowsNamesThatComeOnlyAfterTheFirstBlock) {
  std::string bundle = R"({"resourceType":"Bundle","entry":[)";
  for (int i = 0; i < 3000; ++i) {
    const std::string id = std::to_string(i);
    bundle += (i > 0 ? "," : "") +
              std::string(i < 2999 ? R"({"fullUrl":"http://x/Patient/p)" : R"({"fullUrl":"urn:uuid:)") + id +
              R"(","resource":{"resourceType":"Patient","id":"p)" + id + R"("}})";
  }
  bundle += "]}";
  ASSERT_GT(bundle.size(), std::size_t{3} << 16U) << "more than the reader takes at a time";
  const std::vector<StudyFile> files{file("b.json", bundle)};
  BlockReader reader(files, {.block = 1000}, [](const Issue& issue) { ADD_FAILURE() << issue.text(); });
  Block block;
  while (reader.next(block)) {
    ASSERT_NE(block.links, nullptr);
    EXPECT_EQ(*block.links, (BundleLinks{{"urn:uuid:2999", "Patient/p2999"}}));
  }
}

TEST_F(FhirBlockReader, KeepsTheOrderOfTheFiles) {
  const Reading out = read_all(
      {file("a.ndjson", "{1}\n{2}"), file("empty.ndjson", ""), file("b.json", "{3}"), file("c.ndjson", "{4}")});
  EXPECT_THAT(out.pieces, ElementsAre("a.ndjson:1 {1}", "a.ndjson:2 {2}", "b.json:1 {3}", "c.ndjson:1 {4}"));
  EXPECT_THAT(read_all({}).pieces, IsEmpty());
}

}  // namespace
}  // namespace etl::fhir
