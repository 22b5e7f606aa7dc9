#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "documents/locator.hpp"
#include "files/checked_source.hpp"
#include "files/document.hpp"
#include "files/manifest.hpp"

namespace etl::files {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

const std::string md5 = "0123456789abcdef0123456789abcdef";

/// A folder `root` with a folder `outside` beside it.
class FilesTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "files-test-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    base_ = fs::canonical(name);
    write(base_ / "outside/secret", "12345");
    write(base_ / "root/output/a", "12345");
    write(base_ / "root/studies/S/f0000.bin", "12345");
  }
  void TearDown() override { fs::remove_all(base_); }

  static void write(const fs::path& path, const std::string& text) {
    fs::create_directories(path.parent_path());
    std::ofstream(path) << text;
  }

  [[nodiscard]] documents::Locator locator() const {
    documents::Places places;
    places.output = base_ / "root/output";
    places.study = base_ / "root/studies/S";
    places.foreign = {"Other", "raw/other"};
    places.guarded = {base_ / "root/output/guarded"};
    return documents::Locator(places);
  }
  /// Where the file was found below the test's folder, or why it was not.
  [[nodiscard]] std::string look(const std::string& url, const std::string& source_path = {},
                                 std::uint64_t size = 5) const {
    const documents::Reference reference{
        .id = "1", .url = url, .source_path = source_path, .md5 = md5, .size = size, .contents = 1};
    const auto finder = locator();
    try {
      Document document = described_by(reference);
      find_file(finder, reference, document);
      return fs::path(document.path()).lexically_relative(base_).string();
    } catch (const InputError& error) {
      return error.what();
    }
  }
  /// A document of a file below root/output.
  [[nodiscard]] static Document found(const documents::Locator& finder, const std::string& name,
                                      const std::string& text) {
    const documents::Reference reference{
        .id = "1", .url = name, .source_path = {}, .md5 = md5_hex(text), .size = text.size(), .contents = 1};
    Document document = described_by(reference);
    find_file(finder, reference, document);
    return document;
  }

  fs::path base_;
};

TEST(Document, DescriptionMustBeWhole) {
  const documents::Reference good{.id = "1", .url = "a", .source_path = {}, .md5 = md5, .size = 1, .contents = 1};
  EXPECT_EQ(described_by(good).key(), "1/a");
  const auto why = [&](auto change) {
    documents::Reference bad = good;
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
  const std::string deep = std::string(255, 'x') + '/' + std::string(255, 'x') + '/' + std::string(255, 'x') + '/';
  EXPECT_THAT(why([&](auto& a) { a.url = deep + std::string(255, 'x'); }), HasSubstr("1025 bytes"));
  EXPECT_EQ(why([&](auto& a) { a.url = deep + std::string(254, 'x'); }), "taken");
  EXPECT_THAT(why([](auto& a) { a.url = std::string(256, 'x'); }), HasSubstr("255 bytes"));
  EXPECT_THAT(why([](auto& a) { a.url = "a/.b"; }), HasSubstr("dot"));
  EXPECT_EQ(why([](auto& a) { a.url = "a../b.."; }), "taken");
  for (const char* id : {"..", "a/b", "x y", "../x", "a%2Fb"}) {
    EXPECT_THAT(why([&](auto& a) { a.id = id; }), HasSubstr("not a FHIR id")) << id;
  }
  documents::Reference upper = good;
  upper.md5 = "0123456789ABCDEF0123456789ABCDEF";
  EXPECT_EQ(described_by(upper).md5, md5);
}

TEST_F(FilesTest, FindsBySourcePathThenUrl) {
  for (const char* url : {"file:///output/a", "./output/a", "output/a", "a", "file:///a"}) {
    EXPECT_EQ(look(url), "root/output/a") << url;
  }
  EXPECT_EQ(look("x", "file:///output/a"), "root/output/a");
  EXPECT_EQ(look("x", (base_ / "root/output/a").string()), "root/output/a");
  EXPECT_EQ(look("x", "file:///home/someone/output/a"), "root/output/a");
  EXPECT_EQ(look("output/a", "not/there"), "root/output/a");
  EXPECT_EQ(look("f0000.bin"), "root/studies/S/f0000.bin");
}

TEST_F(FilesTest, BlanksAndEscapes) {
  write(base_ / "root/output/lab results.csv", "12345");
  write(base_ / "root/output/100%41", "12345");
  EXPECT_EQ(look("file:///output/lab results.csv"), "root/output/lab results.csv");
  EXPECT_EQ(look("file:///output/lab%20results.csv"), "root/output/lab results.csv");
  EXPECT_EQ(look("output/lab%20results.csv"), "root/output/lab results.csv");
  EXPECT_EQ(look("output/100%41"), "root/output/100%41") << "as it is written";
}

TEST_F(FilesTest, NothingOutside) {
  const std::string absent = look("x", "none/such");
  EXPECT_THAT(absent, HasSubstr("the file does not exist"));
  EXPECT_THAT(look("x", "../outside/secret"), HasSubstr("`..`"));
  EXPECT_THAT(look("x", "%2e%2e/outside/secret"), HasSubstr("`..`"));
  EXPECT_THAT(look("..%2foutside/secret"), HasSubstr("`..`"));
  EXPECT_THAT(look("x", (base_ / "outside/secret").string()), HasSubstr("the file does not exist"));
  EXPECT_THAT(look("x", "/etc/passwd"), HasSubstr("the file does not exist"));
  fs::create_symlink(base_ / "outside/secret", base_ / "root/output/link");
  fs::create_symlink(base_ / "outside/none", base_ / "root/output/dangling");
  fs::create_directory_symlink(base_ / "outside", base_ / "root/output/folder");
  for (const char* name : {"link", "dangling", "folder/secret", "folder/none"}) {
    EXPECT_EQ(look(name), std::string("a symbolic link leads out of the study's folders: ") + name);
  }
  // A folder whose name begins like ours is another one.
  write(base_ / "root/output-2/a", "12345");
  EXPECT_THAT(look("x", (base_ / "root/output-2/a").string()), HasSubstr("the file does not exist"));
  fs::create_symlink(base_ / "root/output/a", base_ / "root/output/inside");
  fs::create_symlink("../output/../output/a", base_ / "root/output/up");
  EXPECT_EQ(look("inside"), "root/output/a");
  EXPECT_THAT(look("up"), HasSubstr("leads out"));
}

TEST_F(FilesTest, NothingHiddenGuardedOrOfAnotherStudy) {
  write(base_ / "root/output/..data/x", "12345");
  write(base_ / "root/output/.aws/credentials", "12345");
  write(base_ / "root/output/guarded/key", "12345");
  write(base_ / "root/output/Other/x", "12345");
  write(base_ / "root/output/raw/other/x", "12345");
  write(base_ / "root/output/Others/x", "12345");
  fs::create_symlink("..data/x", base_ / "root/output/x");
  fs::create_directory_symlink("Other", base_ / "root/output/alias");
  EXPECT_THAT(look(".aws/credentials"), HasSubstr("dot"));
  EXPECT_THAT(look("..data/x"), HasSubstr("dot"));
  EXPECT_THAT(look("x"), HasSubstr("dot"));
  EXPECT_THAT(look("guarded/key"), HasSubstr("credentials"));
  EXPECT_THAT(look("Other/x"), HasSubstr("another study"));
  EXPECT_THAT(look("raw/other/x"), HasSubstr("another study"));
  EXPECT_THAT(look("alias/x"), HasSubstr("another study"));
  EXPECT_EQ(look("Others/x"), "root/output/Others/x");
}

TEST_F(FilesTest, MustBeAFileOfThatSize) {
  EXPECT_THAT(look("output/b"), HasSubstr("the file does not exist"));
  fs::create_directories(base_ / "root/output/d");
  EXPECT_THAT(look("output/d"), HasSubstr("not a regular file"));
  ASSERT_EQ(::mkfifo((base_ / "root/output/fifo").c_str(), 0600), 0);
  EXPECT_THAT(look("output/fifo"), HasSubstr("not a regular file"));
  EXPECT_EQ(look("output/a", {}, 6), "the size of the file differs from the metadata (6 bytes)");
  documents::Places places;
  places.output = base_ / "not-there";
  places.output_named = true;
  EXPECT_THROW(documents::Locator{places}, UsageError);
  places.output = base_ / "root/output";
  places.guarded = {base_ / "root"};
  EXPECT_THROW(documents::Locator{places}, UsageError);
}

TEST_F(FilesTest, AFileThatWasReplacedIsNotOpened) {
  const auto finder = locator();
  const Document document = found(finder, "a", "12345");
  EXPECT_TRUE(document.open());
  fs::remove(base_ / "root/output/a");
  fs::create_symlink(base_ / "outside/secret", base_ / "root/output/a");
  EXPECT_THROW(static_cast<void>(document.open()), InputError);
  fs::remove(base_ / "root/output/a");
  write(base_ / "root/output/a", "54321");
  EXPECT_THROW(static_cast<void>(document.open()), InputError);
}

TEST_F(FilesTest, LastBytesAreHeldBack) {
  const std::string text(100, 'x');
  write(base_ / "root/output/x", text);
  const auto finder = locator();
  Document document = found(finder, "x", text);
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

TEST_F(FilesTest, SentAgainFromTheBeginning) {
  const auto finder = locator();
  const Document document = found(finder, "a", "12345");
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
  Manifest manifest(nullptr);
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
  Manifest manifest(nullptr);
  EXPECT_EQ(manifest.add(document("a", "x")), Manifest::Added::added);
  EXPECT_EQ(manifest.add(document("a", "x")), Manifest::Added::repeated);
  EXPECT_EQ(manifest.add(document("a", "y")), Manifest::Added::clashed);
  EXPECT_EQ(manifest.add(document("a", "z")), Manifest::Added::clashed_again);
  EXPECT_EQ(manifest.files(), 0U);
  std::int64_t cursor = 0;
  EXPECT_TRUE(manifest.next(cursor, 10).empty());
}

TEST(Manifest, KeepsWhatIsChosen) {
  Manifest manifest(nullptr);
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
