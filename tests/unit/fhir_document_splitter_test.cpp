#include "fhir/document_splitter.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/error.hpp"

namespace etl::fhir {
namespace {

using ::testing::ElementsAre;

/// Everything that comes out, in order: `r LINE TEXT`, `s LINE TEXT`, `e FULLURL REFERENCE`.
class Collected final : public DocumentSplitter::Pieces {
 public:
  void resource(std::string_view text, std::uint64_t line, const BundleEntry*) override { add('r', line, text); }
  void shell(std::string_view text, std::uint64_t line) override { add('s', line, text); }
  void entry(const BundleEntry& entry) override {
    if (entry.full_url.empty() || entry.type.empty()) return;
    all.push_back("e " + std::string(entry.full_url) + " " + std::string(entry.type) + "/" + std::string(entry.id));
  }
  std::vector<std::string> all;

 private:
  void add(char kind, std::uint64_t line, std::string_view text) {
    all.push_back(std::string(1, kind) + " " + std::to_string(line) + " " + std::string(text));
  }
};

std::vector<std::string> split(std::string_view text, std::size_t chunk = std::string_view::npos) {
  Collected out;
  DocumentSplitter splitter(out, 1U << 20U);
  while (!text.empty()) {
    splitter.feed(text.substr(0, chunk));
    text.remove_prefix(std::min(chunk, text.size()));
  }
  splitter.finish();
  return out.all;
}

const std::string bundle = R"({
  "resourceType": "Bundle", "type": "collection",
  "entry": [
    {"fullUrl": "urn:uuid:1", "resource": {"resourceType": "Patient", "id": "a", "name": [{"family": "}]\"{["}]}},
    {"resource": {"id": "b\\", "resourceType": "Group", "entry": [{"resource": {"resourceType": "X"}}]},
     "fullUrl": "urn:uuid:2", "request": {"method": "PUT", "url": "Group/b"}}
  ], "total": 2
}
)";

TEST(FhirDocumentSplitter, TakesABundleApart) {
  const auto pieces = split(bundle);
  ASSERT_EQ(pieces.size(), 5U);
  EXPECT_EQ(pieces[1], R"(r 4 {"resourceType": "Patient", "id": "a", "name": [{"family": "}]\"{["}]})");
  EXPECT_EQ(pieces[0], "e urn:uuid:1 Patient/a");
  EXPECT_EQ(pieces[3], R"(r 5 {"id": "b\\", "resourceType": "Group", "entry": [{"resource": {"resourceType": "X"}}]})");
  EXPECT_EQ(pieces[2], R"(e urn:uuid:2 Group/b\\)");
  EXPECT_EQ(pieces[4], R"(s 1 {
  "resourceType": "Bundle", "type": "collection",
  "entry": [
    {"fullUrl": "urn:uuid:1", "resource": 0},
    {"resource": 0,
     "fullUrl": "urn:uuid:2", "request": {"method": "PUT", "url": "Group/b"}}
  ], "total": 2
})");
}

TEST(FhirDocumentSplitter, GivesTheSameForEveryCutOfTheInput) {
  const std::string input = bundle + R"( {"resourceType":"Patient","id":"c"}
{"resourceType":"List","id":"l","entry":[{"item":{"reference":"Patient/a"}}]} [1,"]"] 12
tail
{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Patient","id":"d"}}]})";
  const auto whole = split(input);
  for (std::size_t at = 1; at < input.size(); ++at) {
    Collected out;
    DocumentSplitter splitter(out, 1U << 20U);
    splitter.feed(std::string_view(input).substr(0, at));
    splitter.feed(std::string_view(input).substr(at));
    splitter.finish();
    ASSERT_EQ(out.all, whole) << "cut at " << at;
  }
  for (const std::size_t chunk : {1U, 2U, 3U, 7U, 64U}) EXPECT_EQ(split(input, chunk), whole) << chunk;
}

TEST(FhirDocumentSplitter, GivesSingleResourcesAndListsAsTheyStand) {
  EXPECT_THAT(split(R"({"resourceType":"Patient","id":"a"})"),
              ElementsAre(R"(r 1 {"resourceType":"Patient","id":"a"})"));
  const std::string list = R"({"resourceType":"List","id":"l","entry":[{"item":{"reference":"Patient/a"}}]})";
  EXPECT_THAT(split(list), ElementsAre("r 1 " + list));
  const std::string empty = R"({"resourceType":"Bundle","type":"collection"})";
  EXPECT_THAT(split(empty), ElementsAre("r 1 " + empty));
}

TEST(FhirDocumentSplitter, GivesSeveralDocumentsWithTheirLines) {
  EXPECT_THAT(split("{\"a\":1}\n\n {\"b\":\n2} {\"c\":3}\r\n[4]"),
              ElementsAre("r 1 {\"a\":1}", "r 3 {\"b\":\n2}", "r 4 {\"c\":3}", "r 5 [4]"));
  EXPECT_THAT(split(""), ElementsAre());
  EXPECT_THAT(split(" \n\t\r\n"), ElementsAre());
}

TEST(FhirDocumentSplitter, LeavesOtherMembersOfTheNameAlone) {
  const std::string contained =
      R"({"resourceType":"Patient","contained":[{"resource":{"a":1}}],"x":{"entry":[{"resource":{}}]}})";
  EXPECT_THAT(split(contained), ElementsAre("r 1 " + contained));
  const std::string odd = R"({"entry":{"resource":{"a":1}}})";
  EXPECT_THAT(split(odd), ElementsAre("r 1 " + odd));
  const std::string array = R"([{"entry":[{"resource":{"a":1}}]}])";
  EXPECT_THAT(split(array), ElementsAre(R"(r 1 {"entry":[{"resource":{"a":1}}]})", "s 1 [0]"));
}

TEST(FhirDocumentSplitter, TakesAnArrayOfResourcesApart) {
  EXPECT_THAT(split("[{\"a\":1},\n {\"b\":[{}]}, 7]"),
              ElementsAre("r 1 {\"a\":1}", "r 2 {\"b\":[{}]}", "s 1 [0,\n 0, 7]"));
  EXPECT_THAT(split("[]"), ElementsAre("r 1 []"));
}

TEST(FhirDocumentSplitter, TellsWhatAnEntrySays) {
  class Entries final : public DocumentSplitter::Pieces {
   public:
    void resource(std::string_view, std::uint64_t, const BundleEntry* entry) override {
      all.push_back(entry == nullptr ? "none" : std::string("resource ").append(entry->effective_id()));
    }
    void shell(std::string_view, std::uint64_t) override {}
    void entry(const BundleEntry& e) override {
      all.push_back(std::string(e.method) + " " + std::string(e.request_url) + (e.is_outcome() ? " outcome" : ""));
    }
    void bundle_end(std::string_view type) override { all.emplace_back(type); }
    std::vector<std::string> all;
  };
  Entries out;
  DocumentSplitter splitter(out, 1U << 20U);
  splitter.feed(R"({"entry":[{"request":{"url":"Patient/a","method":"DELETE"}},
    {"resource":{"resourceType":"OperationOutcome","id":"o"},"search":{"mode":"outcome"}},
    {"resource":{"resourceType":"OperationOutcome"}},
    {"resource":{"resourceType":"Patient"},"fullUrl":"urn:uuid:c757873d-ec9a-4326-a141-556f43239520"},
    {"resource":{"resourceType":"Patient"},"fullUrl":"https://h/fhir/Patient/7"},
    {"resource":{"resourceType":"Patient"},"fullUrl":"https://h/fhir/Group/7"}],"type":"transaction"})");
  splitter.finish();
  EXPECT_THAT(out.all, ElementsAre("DELETE Patient/a", "  outcome", "resource o", "  outcome", "resource ", " ",
                                   "resource c757873d-ec9a-4326-a141-556f43239520", " ", "resource 7", " ", "resource ",
                                   "transaction"));
}

TEST(FhirDocumentSplitter, NamesNoEntryByTheResourceOfAnother) {
  EXPECT_THAT(
      split(
          R"({"entry":[{"fullUrl":"urn:a","resource":{"resourceType":"Patient","id":"1"}},{"fullUrl":"urn:b"},{"resource":{"id":"2"}}]})"),
      ElementsAre("e urn:a Patient/1", R"(r 1 {"resourceType":"Patient","id":"1"})", R"(r 1 {"id":"2"})",
                  R"(s 1 {"entry":[{"fullUrl":"urn:a","resource":0},{"fullUrl":"urn:b"},{"resource":0}]})"));
}

TEST(FhirDocumentSplitter, GivesAwayBrokenBracketsForTheReaderToName) {
  EXPECT_THAT(split("{\"a\":[1}\n{\"b\":2}"), ElementsAre("r 1 {\"a\":[1}\n{\"b\":2}"));
  EXPECT_THAT(split("}"), ElementsAre("r 1 }"));
  EXPECT_THAT(split("]]\n{}"), ElementsAre("r 1 ]]", "r 2 {}"));
  EXPECT_THAT(split("{\"a\":\"unclosed"), ElementsAre("r 1 {\"a\":\"unclosed"));
  EXPECT_THAT(split(R"({"entry":[{"resource":{"resourceType":"Patient")"),
              ElementsAre(R"(r 1 {"resourceType":"Patient")", R"(s 1 {"entry":[{"resource":0)"));
  EXPECT_THAT(split(R"([[[[[[[[1]]]]]]]])"), ElementsAre(R"(r 1 [[[[[[[[1]]]]]]]])"));
  EXPECT_THAT(split(R"([[[[[[[[1}}}]]]]])"), ElementsAre(R"(r 1 [[[[[[[[1}}}]]]]])"));
}

TEST(FhirDocumentSplitter, RefusesAPieceThatIsTooLarge) {
  Collected out;
  DocumentSplitter splitter(out, 100);
  splitter.feed(R"({"entry":[{"resource":{"a":")" + std::string(80, 'x') + R"("}},{"resource":{"a":")");
  EXPECT_THROW(splitter.feed(std::string(101, 'x')), InputError);
}

TEST(FhirDocumentSplitter, CountsLinesFromWhereItIsTold) {
  Collected out;
  DocumentSplitter splitter(out, 1000);
  splitter.start_at(41);
  splitter.feed("\n{\n}\n");
  splitter.finish();
  EXPECT_THAT(out.all, ElementsAre("r 42 {\n}"));
  EXPECT_EQ(splitter.line(), 44U);
}

}  // namespace
}  // namespace etl::fhir
