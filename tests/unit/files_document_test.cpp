#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "files/checked_source.hpp"
#include "files/document.hpp"
#include "files/manifest.hpp"
#include "files/source_folder.hpp"

namespace etl::files {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

const std::string md5 = "0123456789abcdef0123456789abcdef";

/// A folder `root` with a folder `outside` beside it.
class SourceFolderTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "files-test-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    base_ = fs::canonical(name);
    write(base_ / "outside/secret", "12345");
    write(base_ / "root/output/a", "12345");
    write(base_ / "root/f0000.bin", "12345");
  }
  void TearDown() override { fs::remove_all(base_); }

  static void write(const fs::path& path, const std::string& text) {
    fs::create_directories(path.parent_path());
    std::ofstream(path) << text;
  }

  [[nodiscard]] std::string path_of(const std::string& url, const std::string& source_path = {},
                                    std::uint64_t size = 5) const {
    Attachment attachment{.id = "1", .url = url, .source_path = source_path, .md5 = md5, .size = size};
    Document document = described_by(attachment);
    SourceFolder(base_ / "root").locate(attachment, document);
    return document.path.lexically_relative(base_).string();
  }
  [[nodiscard]] std::string why_not(const std::string& url, const std::string& source_path = {},
                                    std::uint64_t size = 5) const {
    try {
      return "found: " + path_of(url, source_path, size);
    } catch (const InputError& error) {
      return error.what();
    }
  }

  fs::path base_;
};

std::optional<Attachment> read(const std::string& resource) {
  simdjson::dom::parser parser;
  return read_attachment(parser, resource);
}

TEST(Document, TellsOfItsFile) {
  const auto found = read(
      R"({"resourceType":"DocumentReference","id":"d1","content":[{"attachment":{"url":"file:///output/x","size":12,)"
      R"("extension":[{"url":"http://aced-idp.org/fhir/StructureDefinition/source_path","valueUrl":"file:///output/y"},)"
      R"({"url":"http://aced-idp.org/fhir/StructureDefinition/md5","valueString":"AB"}]}},{"attachment":{}}]})");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->id, "d1");
  EXPECT_EQ(found->url, "file:///output/x");
  EXPECT_EQ(found->source_path, "file:///output/y");
  EXPECT_EQ(found->md5, "AB");
  EXPECT_EQ(found->size, 12U);
  EXPECT_EQ(found->contents, 2U);
}

TEST(Document, SizeMayBeText) {  // integer64 of R5
  const std::string head = R"({"resourceType":"DocumentReference","id":"d","content":[{"attachment":{"size":)";
  EXPECT_EQ(read(head + R"("9007199254740993"}}]})")->size, 9007199254740993U);
  for (const char* bad : {R"("")", R"("1x")", R"("-1")", "-1", "1.5", "null", "true"}) {
    EXPECT_FALSE(read(head + bad + "}}]}")->size) << bad;
  }
}

TEST(Document, OthersAreLeftAlone) {
  EXPECT_FALSE(read(R"({"resourceType":"Patient","id":"p"})"));
  EXPECT_FALSE(read(R"({"resourceType":"Basic","id":"p","code":{"text":"DocumentReference"}})"));
  EXPECT_THROW(static_cast<void>(read(R"({"resourceType":"DocumentReference","id":})")), InputError);
}

TEST(Document, PrefixesAreNoCharacters) {
  EXPECT_EQ(without_file_prefix("f0000.bin"), "f0000.bin");
  EXPECT_EQ(without_file_prefix("./file.txt"), "file.txt");
  EXPECT_EQ(without_file_prefix("file:///file.txt"), "file.txt");
  EXPECT_EQ(without_file_prefix("file://file.txt"), "file.txt");
  EXPECT_EQ(without_file_prefix("././a"), "./a");
  EXPECT_EQ(without_file_prefix("/a"), "/a");
}

TEST(Document, ElsewhereIsAnyOtherScheme) {
  EXPECT_TRUE(is_elsewhere("s3://bucket/key"));
  EXPECT_TRUE(is_elsewhere("https://host/x"));
  EXPECT_FALSE(is_elsewhere("file:///x"));
  EXPECT_FALSE(is_elsewhere("a/b"));
  EXPECT_FALSE(is_elsewhere("a b://x"));
}

TEST(Document, DescriptionMustBeWhole) {
  const Attachment good{.id = "1", .url = "a", .source_path = {}, .md5 = md5, .size = 1};
  EXPECT_EQ(described_by(good).key(), "1/a");
  const auto why = [&](auto change) {
    Attachment bad = good;
    change(bad);
    try {
      static_cast<void>(described_by(bad));
    } catch (const InputError& error) {
      return std::string(error.what());
    }
    return std::string("taken");
  };
  EXPECT_THAT(why([](auto& a) { a.id.clear(); }), HasSubstr("no id"));
  EXPECT_THAT(why([](auto& a) { a.url.clear(); }), HasSubstr("no url"));
  EXPECT_THAT(why([](auto& a) { a.url = "file:///"; }), HasSubstr("no file"));
  EXPECT_THAT(why([](auto& a) { a.url = "file:////etc/passwd"; }), HasSubstr("absolute"));
  EXPECT_THAT(why([](auto& a) { a.url = "a/../../b"; }), HasSubstr("`..`"));
  EXPECT_THAT(why([](auto& a) { a.url = "a/."; }), HasSubstr("`.`"));
  EXPECT_THAT(why([](auto& a) { a.md5.clear(); }), HasSubstr("no md5"));
  EXPECT_THAT(why([](auto& a) { a.md5 = "xyz"; }), HasSubstr("32 hexadecimal"));
  EXPECT_THAT(why([](auto& a) { a.size.reset(); }), HasSubstr("no size"));
  EXPECT_THAT(why([](auto& a) { a.url = std::string(1023, 'x'); }), HasSubstr("1025 bytes"));
  EXPECT_EQ(why([](auto& a) { a.url = std::string(1022, 'x'); }), "taken");
  EXPECT_EQ(why([](auto& a) { a.url = "..a/b.."; }), "taken");
  Attachment upper = good;
  upper.md5 = "0123456789ABCDEF0123456789ABCDEF";
  EXPECT_EQ(described_by(upper).md5, md5);
}

TEST_F(SourceFolderTest, FindsBySourcePathThenUrl) {
  EXPECT_EQ(path_of("file:///output/a"), "root/output/a");
  EXPECT_EQ(path_of("./output/a"), "root/output/a");
  EXPECT_EQ(path_of("x", "file:///output/a"), "root/output/a");
  EXPECT_EQ(path_of("x", (base_ / "root/output/a").string()), "root/output/a");
  EXPECT_EQ(path_of("x", "file://" + (base_ / "root/output/a").string()), "root/output/a");
  EXPECT_EQ(path_of("output/a", "not/there"), "root/output/a");
  EXPECT_EQ(path_of("f0000.bin"), "root/f0000.bin");
}

TEST_F(SourceFolderTest, NothingOutside) {
  EXPECT_THAT(why_not("x", "../outside/secret"), HasSubstr("leads out"));
  EXPECT_THAT(why_not("x", (base_ / "outside/secret").string()), HasSubstr("leads out"));
  EXPECT_THAT(why_not("x", "output/../../outside/secret"), HasSubstr("leads out"));
  EXPECT_THAT(why_not("x", "../outside/not-there"), HasSubstr("leads out"));
  fs::create_symlink(base_ / "outside/secret", base_ / "root/link");
  fs::create_directory_symlink(base_ / "outside", base_ / "root/folder");
  EXPECT_THAT(why_not("link"), HasSubstr("leads out"));
  EXPECT_THAT(why_not("folder/secret"), HasSubstr("leads out"));
  EXPECT_THAT(why_not("x", "link"), HasSubstr("leads out"));
  // A folder whose name begins as that of ours is another one.
  write(base_ / "root-2/a", "12345");
  EXPECT_THAT(why_not("x", (base_ / "root-2/a").string()), HasSubstr("leads out"));
  fs::create_symlink(base_ / "root/output/a", base_ / "root/inside");
  EXPECT_EQ(path_of("inside"), "root/output/a");
}

TEST_F(SourceFolderTest, MustBeAFileOfThatSize) {
  EXPECT_THAT(why_not("output/b"), HasSubstr("not there"));
  EXPECT_THAT(why_not("output"), HasSubstr("no regular file"));
  EXPECT_THAT(why_not("output/a", {}, 6), HasSubstr("5 bytes, the metadata says 6"));
  EXPECT_THROW(SourceFolder(base_ / "not-there"), UsageError);
}

TEST_F(SourceFolderTest, LastBytesAreHeldBack) {
  const std::string text(100, 'x');
  write(base_ / "root/x", text);
  Document document;
  document.path = base_ / "root/x";
  document.size = text.size();
  document.md5 = md5_hex(text);
  const auto read_all = [&] {
    CheckedSource source(document);
    std::string out;
    try {
      for (std::string piece(30, '\0');;) {
        const std::size_t got = source.read(piece);
        if (got == 0) return out;
        out.append(piece, 0, got);
      }
    } catch (const InputError&) {
      return out + "!";
    }
  };
  EXPECT_EQ(read_all(), text);
  document.md5 = md5;
  EXPECT_EQ(read_all(), text.substr(0, 90) + "!");
  EXPECT_THROW(check_md5(document, {}), InputError);
  document.size = 99;
  EXPECT_THROW(CheckedSource{document}, InputError);
}

TEST_F(SourceFolderTest, SentAgainFromTheBeginning) {
  Document document;
  document.path = base_ / "root/output/a";
  document.size = 5;
  document.md5 = md5_hex("12345");
  CheckedSource source(document);
  std::string piece(3, '\0');
  EXPECT_EQ(source.read(piece), 3U);
  source.rewind();
  EXPECT_EQ(source.read(piece), 3U);
  EXPECT_EQ(piece, "123");
  EXPECT_EQ(source.read(piece), 2U);
}

Document document(const std::string& did, const std::string& name, std::uint64_t size = 1) {
  Document out;
  out.did = did;
  out.name = name;
  out.size = size;
  out.md5 = md5;
  out.place = did + ":1";
  return out;
}

TEST(Manifest, KeepsTheOrder) {
  Manifest manifest;
  for (const char* did : {"b", "a", "c"}) EXPECT_EQ(manifest.add(document(did, "x", 10)), Manifest::Added::added);
  std::int64_t cursor = 0;
  std::string all;
  for (auto some = manifest.next(cursor, 2); !some.empty(); some = manifest.next(cursor, 2)) {
    for (const Document& one : some) all += one.did;
    all += '|';
  }
  EXPECT_EQ(all, "ba|c|");
  EXPECT_EQ(manifest.files(), 3U);
  EXPECT_EQ(manifest.bytes(), 30U);
}

TEST(Manifest, OneFileUnderOneDid) {
  Manifest manifest;
  EXPECT_EQ(manifest.add(document("a", "x")), Manifest::Added::added);
  EXPECT_EQ(manifest.add(document("a", "x")), Manifest::Added::repeated);
  EXPECT_EQ(manifest.add(document("a", "y")), Manifest::Added::clashed);
  EXPECT_EQ(manifest.add(document("a", "z")), Manifest::Added::clashed_again);
  EXPECT_EQ(manifest.files(), 0U);
  std::int64_t cursor = 0;
  EXPECT_TRUE(manifest.next(cursor, 10).empty());
}

TEST(Manifest, KeepsWhatIsChosen) {
  Manifest manifest;
  for (const char* did : {"a", "b", "c"}) static_cast<void>(manifest.add(document(did, "x", 10)));
  manifest.choose("b");
  manifest.keep_chosen();
  std::int64_t cursor = 0;
  const auto left = manifest.next(cursor, 10);
  ASSERT_EQ(left.size(), 1U);
  EXPECT_EQ(left[0].did, "b");
  EXPECT_EQ(manifest.bytes(), 10U);
  EXPECT_TRUE(manifest.find("a"));
}

}  // namespace
}  // namespace etl::files
