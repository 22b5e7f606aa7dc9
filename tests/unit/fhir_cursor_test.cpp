#include "fhir/cursor.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <random>
#include <string>

#include "fhir_fixture.hpp"

namespace etl::fhir {
namespace {

/// Is all of `json` one value? Otherwise `why` says what is wrong.
bool reads(const std::string& json, std::string* why = nullptr) {
  const Indexed indexed(json);
  std::string wrong(indexed.wrong());
  if (wrong.empty()) {
    try {
      Cursor cursor = indexed.cursor();
      cursor.skip();
      if (cursor.offset() < indexed.size()) wrong = "something behind the value";
    } catch (const SyntaxError& issue) {
      wrong = issue.expected;
      EXPECT_LE(issue.offset, json.size()) << json;
    }
  }
  if (why != nullptr) *why = wrong;
  return wrong.empty();
}

TEST(FhirCursor, ReadsEveryKindOfValue) {
  for (const char* good : {"{}", "[]", "\"\"", "0", "-1.5e3", "true", "false", "null", " {\"a\" : [ 1 , 2 ] } ",
                           "\t[\r\n{}]\n", "[[[]],{}]", R"({"a":{"b":[{"c":null}]},"d":""})", R"(["\\","\"","a\\\"b"])",
                           R"({"":""})", R"(["\ud83d\ude00"])"}) {
    EXPECT_TRUE(reads(good)) << good;
  }
}

class FhirCursorMalformed : public ::testing::TestWithParam<const char*> {};

TEST_P(FhirCursorMalformed, IsRefused) {
  std::string why;
  EXPECT_FALSE(reads(GetParam(), &why)) << GetParam();
  EXPECT_FALSE(why.empty());
}

INSTANTIATE_TEST_SUITE_P(
    All, FhirCursorMalformed,
    ::testing::Values("", " ", "{", "}", "[", "]", ",", ":", "\"", "\"abc", "{\"a\"", "{\"a\":", "{\"a\":1",
                      "{\"a\":1,", "[1", "[1,", "[1,]", "{\"a\":1,}", "[,1]", "{,\"a\":1}", "[1,,2]",
                      "{\"a\":1,,\"b\":2}", "{\"a\" 1}", "{\"a\":}", "{\"a\"}", "{:1}", "{1:2}", "{a:1}", "{'a':1}",
                      "{null:1}", "{\"a\":1 \"b\":2}", "[1 2]", "[\"a\" \"b\"]", "[1\"a\"]", "[\"a\"1]", "[\"a\"b]",
                      "[1}", "{\"a\":1]", "[{]}", "{\"a\":[}", "{} {}", "{}{}", "[] 1", "1 2", "\"a\" \"b\"", "{},",
                      "nul", "nulll", "True", "tru e", "undefined", "NaN", "-", "01", "1.", ".5", "+1", "1e", "0x1",
                      "1_000", "[\"\\x\"]", "[\"\\u12\"]", "[\"\\ud800\"]", "[\"\\u0000\"]", "{\"\\q\":1}",
                      "[\"a\nb\"]", "[\"a\tb\"]", "[\"a\x01\"]", "\x0c[1]", "[1\x0c]", "[1\x1a 2]", "[1]\x0c",
                      "{\"a\"\x1a 1}", "[\x0b]", "/*c*/1", "[1]//c", "\xef\xbb\xbf[]", "[\"\xff\"]", "[\"\xc3\"]",
                      "[\"\xed\xa0\x80\"]", "[\"\xc0\xaf\"]", "[\\\"a\"]", "\\", "{\"a\":\\1}"));

TEST(FhirCursor, RefusesNul) {
  EXPECT_FALSE(reads(std::string("[1]\0", 4)));
  EXPECT_FALSE(reads(std::string("[\0]", 3)));
  EXPECT_FALSE(reads(std::string("[\"a\0b\"]", 7)));
  EXPECT_FALSE(reads(std::string("\0", 1)));
}

TEST(FhirCursor, SkipsOneThousandAndTwentyFourLevelsAndNoMore) {
  const auto nested = [](std::size_t levels) { return std::string(levels, '[') + std::string(levels, ']'); };
  EXPECT_TRUE(reads(nested(1024)));
  std::string why;
  EXPECT_FALSE(reads(nested(1026), &why));
  EXPECT_NE(why.find("1,024"), std::string::npos) << why;
  EXPECT_FALSE(reads(std::string(1'000'000, '[')));
  EXPECT_FALSE(reads(std::string(1000, '[')));
}

TEST(FhirCursor, GivesStringsAsTheyStand) {
  const Indexed indexed(R"({"k\n" : "v\u0041"  , "n":-1.50 })");
  ASSERT_EQ(indexed.wrong(), "");
  Cursor cursor = indexed.cursor();
  cursor.expect('{', "'{'");
  EXPECT_EQ(cursor.key(), R"(k\n)");
  EXPECT_EQ(cursor.string(), R"(v\u0041)");
  EXPECT_TRUE(cursor.more('}'));
  EXPECT_EQ(cursor.key(), "n");
  EXPECT_EQ(cursor.scalar(), "-1.50");
  EXPECT_FALSE(cursor.more('}'));
}

TEST(FhirCursor, TakesNumbersOfAnySize) { EXPECT_TRUE(reads(R"([1e400,-2.5e-4000,123456789012345678901234567890])")); }

TEST(FhirCursor, SaysWhereAndWhatItExpected) {
  const Indexed indexed(R"({"a":1,"b" 2})");
  Cursor cursor = indexed.cursor();
  try {
    cursor.skip();
    FAIL();
  } catch (const SyntaxError& issue) {
    EXPECT_EQ(issue.offset, 11U);
    EXPECT_EQ(std::string(issue.expected), "':' after the member's name");
  }
}

/// What another parser says; nothing for a number that no double holds, which it refuses and RFC 8259 does not.
std::optional<bool> accepted(const std::string& text) {
  try {
    return !nlohmann::json::parse(text).is_discarded();
  } catch (const nlohmann::json::parse_error&) {
    return false;
  } catch (const nlohmann::json::out_of_range&) {
    return std::nullopt;
  }
}

/// Whatever is done to a document, the cursor says the same as another parser.
TEST(FhirCursor, AgreesWithAnotherParser) {
  const std::string document =
      R"({"resourceType":"Patient","id":"p1","a":[1,-2.5e3,true,false,null,"x\"y\\z\u00e9"],"b":{"c":{},"d":[]},"e":[[1],{"f":""}]})";
  const std::string letters = "{}[]:,\"\\0123.eE+-ntfu \t\n\r\x01\x7f\xc3";
  const unsigned seed = std::random_device{}();
  std::mt19937 random(seed);
  for (int i = 0; i < 20'000; ++i) {
    std::string text = document;
    for (auto n = random() % 3 + 1; n > 0; --n) {
      const std::size_t at = random() % text.size();
      switch (random() % 3) {
        case 0:
          text[at] = letters[random() % letters.size()];
          break;
        case 1:
          text.erase(at, random() % 4 + 1);
          break;
        default:
          text.insert(at, 1, letters[random() % letters.size()]);
      }
    }
    // NUL as an escape is no text for FHIR, though it is JSON.
    if (text.find("\\u0000") != std::string::npos || text.empty()) continue;
    const auto other = accepted(text);
    if (!other) continue;
    ASSERT_EQ(reads(text), *other) << "seed " << seed << ": " << text;
  }
}

}  // namespace
}  // namespace etl::fhir
