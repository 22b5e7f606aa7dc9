// Narratives. What FHIR allows in them is tested through the walker (fhir_walker_test.cpp) and `validate`.

#include "fhir/xhtml.hpp"

#include <gtest/gtest.h>

#include <string>

namespace etl::fhir {
namespace {

std::string in_div(const std::string& content) {
  return "<div xmlns=\"http://www.w3.org/1999/xhtml\">" + content + "</div>";
}

TEST(Xhtml, ReferencesInAUrlAreResolvedBeforeItsSchemeIsRead) {
  for (const char* const url : {"java&#115;cript:x", "&#x6a;avascript:x", " java&#9;script&#58;x", "JAVASCRIPT:x"}) {
    EXPECT_NE(xhtml_problem(in_div("<a href=\"" + std::string(url) + "\">a</a>")), "") << url;
  }
  for (const char* const url : {"https://example.org/?a=1&amp;b=2&amp;c=3", "#a&amp;b", "a&nbsp;&#x20AC;:b"}) {
    EXPECT_EQ(xhtml_problem(in_div("<a href=\"" + std::string(url) + "\">a</a>")), "") << url;
  }
}

TEST(Xhtml, AnAttributeStandsOnce) {
  EXPECT_EQ(xhtml_problem(in_div("<p id=\"a\" xmlns:x=\"y\" xmlns:z=\"y\">a</p><p id=\"a\" xmlns:x=\"y\">b</p>")), "");
  for (const char* const twice : {"id=\"a\" id=\"b\"", "xmlns:x=\"a\" title=\"t\" xmlns:x=\"b\""}) {
    EXPECT_NE(xhtml_problem(in_div("<p " + std::string(twice) + ">a</p>")).find("appears twice"), std::string::npos);
  }
}

TEST(Xhtml, AMessageCutsNoCharacter) {
  for (std::size_t before = 0; before < 14; ++before) {
    const std::string issue = xhtml_problem(in_div("&" + std::string(before, 'a') + "\u00fc\u20ac and more"));
    EXPECT_EQ(issue.find("\xC3\""), std::string::npos) << issue;
    EXPECT_EQ(issue.find("\xC3\xE2"), std::string::npos) << issue;
    EXPECT_EQ(issue.find("\xC3\u2026"), std::string::npos) << issue;
    EXPECT_EQ(issue.find("\xE2\x82\u2026"), std::string::npos) << issue;
    EXPECT_EQ(issue.find("\xE2\x82\""), std::string::npos) << issue;
    EXPECT_EQ(issue.find("\xE2\""), std::string::npos) << issue;
  }
}

// Time is linear in the size of the text. With a search of the rest for each '&', or of all attributes for each new
// one, each of these would take minutes.
TEST(Xhtml, NoTextTakesLong) {
  EXPECT_NE(xhtml_problem(in_div("<a href=\"" + std::string(4'000'000, '&') + "\">a</a>")), "");
  std::string namespaces;
  for (int i = 0; i < 300'000; ++i) namespaces += " xmlns:n" + std::to_string(i) + "=\"\"";
  EXPECT_EQ(xhtml_problem(in_div("<p" + namespaces + ">a</p>")), "");
}

}  // namespace
}  // namespace etl::fhir
