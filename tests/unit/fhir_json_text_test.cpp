#include "fhir/json_text.hpp"

#include <gtest/gtest.h>

#include <string>

namespace etl::fhir {
namespace {

struct Escape {
  const char* raw;
  const char* expected;  ///< part of the issue; empty: the escapes are right
  std::size_t offset;
};

class FhirJsonEscapes : public ::testing::TestWithParam<Escape> {};

TEST_P(FhirJsonEscapes, AreCheckedByRfc8259) {
  const auto& [raw, expected, offset] = GetParam();
  const EscapeError issue = check_escapes(raw);
  if (*expected == '\0') {
    EXPECT_EQ(issue.expected, nullptr) << raw;
  } else {
    ASSERT_NE(issue.expected, nullptr) << raw;
    EXPECT_NE(std::string(issue.expected).find(expected), std::string::npos) << issue.expected;
    EXPECT_EQ(issue.offset, offset) << raw;
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, FhirJsonEscapes,
    ::testing::Values(Escape{R"(plain)", "", 0}, Escape{R"(\"\\\/\b\f\n\r\t)", "", 0}, Escape{R"(\u00e9\u00E9)", "", 0},
                      Escape{R"(\ud83d\ude00)", "", 0}, Escape{R"(\\u)", "", 0}, Escape{R"(\\\\)", "", 0},
                      Escape{R"(a\x)", "escape sequence", 1}, Escape{R"(\')", "escape sequence", 0},
                      Escape{R"(ab\)", "escape sequence", 2}, Escape{R"(\u12)", "four hex", 0},
                      Escape{R"(\u12g4)", "four hex", 0}, Escape{R"(\u)", "four hex", 0}, Escape{R"(\u0000)", "NUL", 0},
                      Escape{R"(x\ud83d)", "low surrogate", 1}, Escape{R"(\ud83dx)", "low surrogate", 0},
                      Escape{R"(\ud83d\n)", "low surrogate", 0}, Escape{R"(\ud83d\u0041)", "low surrogate", 0},
                      Escape{R"(\ud83d\ud83d)", "low surrogate", 0}, Escape{R"(\ud83d\ude)", "low surrogate", 0},
                      Escape{R"(\ude00)", "high surrogate", 0}, Escape{R"(\ude00\ud83d)", "high surrogate", 0}));

std::string unescaped(std::string_view raw) {
  std::string out = "what was there before";
  unescape(raw, out);
  return out;
}

TEST(FhirJsonText, UnescapesEveryEscape) {
  EXPECT_EQ(unescaped(R"(a\"b\\c\/d)"), "a\"b\\c/d");
  EXPECT_EQ(unescaped(R"(\b\f\n\r\t)"), "\b\f\n\r\t");
  EXPECT_EQ(unescaped(R"(\u0041\u00e9\u20AC\ud83d\ude00)"), "A\u00e9\u20ac\U0001F600");
  EXPECT_EQ(unescaped(R"(\u007f\u0080\u07ff\u0800\uffff)"), "\x7f\u0080\u07ff\u0800\xef\xbf\xbf");
  EXPECT_EQ(unescaped(R"(\ud800\udc00\udbff\udfff)"), "\U00010000\U0010FFFF");
  EXPECT_EQ(unescaped(R"(\\u0041)"), R"(\u0041)");
  EXPECT_EQ(unescaped(""), "");
}

TEST(FhirJsonText, EscapesWhatJsonDemandsAndNothingElse) {
  std::string out = ">";
  append_escaped(out, std::string_view("\"\\\b\f\n\r\t\x01\x1f/\x7f\u00e9", 13));
  EXPECT_EQ(out, ">\\\"\\\\\\b\\f\\n\\r\\t\\u0001\\u001f/\x7f\u00e9");
}

TEST(FhirJsonText, NumbersAreThoseOfRfc8259) {
  for (const char* good :
       {"0", "-0", "7", "10", "1.0", "0.019", "-1.5e10", "1E+2", "1e-2", "123456789012345678901234567890"}) {
    EXPECT_TRUE(is_number(good)) << good;
  }
  for (const char* bad : {"",     "-",  "+1", "01", "007", "1.",       ".5",    "1.e3",  "1e",  "1e+",
                          "0x10", "1 ", " 1", "1-", "NaN", "Infinity", "1,000", "1.2.3", "--1", "1e1.5"}) {
    EXPECT_FALSE(is_number(bad)) << bad;
  }
}

}  // namespace
}  // namespace etl::fhir
