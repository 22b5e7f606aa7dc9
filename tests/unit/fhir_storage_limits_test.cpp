#include "fhir/storage_limits.hpp"

#include <gtest/gtest.h>

#include <string>

#include "fhir/pglz.hpp"

namespace etl::fhir {
namespace {

// As PostgreSQL 15 stores them: `select pg_column_size('{"a": …}'::jsonb)`, less the 4 bytes of its length and the 16
// of the object, its member and the padding.
TEST(FhirStorageLimits, NumbersTakeWhatPostgresStores) {
  EXPECT_EQ(numeric_size("0"), 6U);
  EXPECT_EQ(numeric_size("1"), 8U);
  EXPECT_EQ(numeric_size("-1"), 8U);
  EXPECT_EQ(numeric_size("10000"), 8U);
  EXPECT_EQ(numeric_size("10001"), 10U);
  EXPECT_EQ(numeric_size("0.00010001"), 10U);
  EXPECT_EQ(numeric_size("1.5e4"), 10U);
  EXPECT_EQ(numeric_size("1e131071"), 10U);
}

TEST(FhirStorageLimits, JsonbCountsHeadersEntriesAndPadding) {
  EXPECT_EQ(jsonb_size("{}").bytes, 4U);
  EXPECT_EQ(jsonb_size(R"({"a":"xyz"})").bytes, 4U + 8 + 1 + 3);
  EXPECT_EQ(jsonb_size(R"( { "a" : true , "b" : null } )").bytes, 4U + 16 + 2);
  EXPECT_EQ(jsonb_size(R"({"a":1})").bytes, 4U + 8 + 1 + 3 + 8);
  EXPECT_EQ(jsonb_size(R"({"a":["x","y"]})").bytes, 4U + 8 + 1 + 3 + 4 + 8 + 2);
  EXPECT_EQ(jsonb_size(R"({"a":"x","a":"xyz"})").bytes, 4U + 8 + 1 + 3) << "the last of two members counts";
  EXPECT_EQ(jsonb_size(R"({"\u0041":"\u00e9\u20ac\ud83e\uddec\n\u0009"})").bytes, 4U + 8 + 1 + 2 + 3 + 4 + 1 + 1);
}

TEST(FhirStorageLimits, JsonbCountsItemsAndMembers) {
  const JsonbSize size = jsonb_size(R"({"small":["x"],"large":[[1,2,3],{"a":1,"b":2}]})");
  EXPECT_EQ(size.elements, 3U);
  EXPECT_EQ(size.members, 2U);
  EXPECT_EQ(size.largest, "large");
}

TEST(FhirStorageLimits, AnIndexRowHoldsWhatIsLeftOfAThirdOfAPage) {
  std::string text;
  for (unsigned state = 1; text.size() < 2692;) {
    state = state * 1664525U + 1013904223U;
    text += static_cast<char>('a' + (state >> 24U) % 26);
  }
  IndexRow within;
  within.add(text);
  EXPECT_EQ(within.size(), 2704U);
  EXPECT_TRUE(within.fits());
  IndexRow beyond;
  beyond.add(text + "x");
  EXPECT_FALSE(beyond.fits());
  IndexRow both;
  both.add("a-b");
  both.add(text);
  EXPECT_EQ(both.size(), 2712U);
  IndexRow compressed;
  compressed.add(std::string(100'000, 'a'));
  EXPECT_LT(compressed.size(), 1500U);
}

TEST(FhirStorageLimits, PglzGivesUpWhereItSavesTooLittle) {
  EXPECT_FALSE(pglz_size("short"));
  EXPECT_FALSE(pglz_size("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"));
  ASSERT_TRUE(pglz_size(std::string(64, 'a')));
  EXPECT_LT(*pglz_size(std::string(64, 'a')), 10U);
}

}  // namespace
}  // namespace etl::fhir
