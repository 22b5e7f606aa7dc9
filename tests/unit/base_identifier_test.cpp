#include "base/identifier.hpp"

#include <gtest/gtest.h>

#include <string>

#include "base/error.hpp"
#include "base/project_id.hpp"

namespace etl {
namespace {

constexpr const char* uuid = "a45107c2-174f-5981-bcaa-6118420a1d2f";

TEST(Identifier, FhirIds) {
  for (const std::string& good :
       {std::string(uuid), std::string("a"), std::string("A.b-9"), std::string(64, 'x'), std::string("...")}) {
    EXPECT_TRUE(is_fhir_id(good)) << good;
  }
  for (const std::string& bad : {std::string(), std::string("."), std::string(".."), std::string(65, 'x'),
                                 std::string("a/b"), std::string("a_b"), std::string("a%2fb"), std::string("a\\b"),
                                 std::string("a b"), std::string("a\0b", 3), std::string("é")}) {
    EXPECT_FALSE(is_fhir_id(bad)) << bad;
  }
}

TEST(Identifier, GuidsMayHaveOnePrefix) {
  for (const std::string& good : {std::string(uuid), "dg.4DFC/" + std::string(uuid), std::string("dg_1-x/abc")})
    EXPECT_TRUE(is_guid(good)) << good;
  for (const std::string& bad :
       {std::string(), std::string("/"), std::string("../x"), std::string("x/.."), std::string("x/."),
        std::string("./x"), std::string("a/b/c"), std::string("x/../") + uuid, std::string("a//b"), std::string("/a"),
        std::string("a/"), std::string("a%2f..%2fb"), std::string("a;b"), std::string("a?b"), std::string("a#b"),
        std::string("a\\..\\b")}) {
    EXPECT_FALSE(is_guid(bad)) << bad;
  }
}

TEST(Identifier, ProjectPartsBucketsTokensAndNames) {
  EXPECT_TRUE(is_project_part("phs000179.c1_HMB-IRB"));
  for (const char* bad : {"", ".", "..", "a/b", "a%b", "a\"b", "a b", "é"}) EXPECT_FALSE(is_project_part(bad)) << bad;
  EXPECT_TRUE(is_bucket_name("aced-default.staging"));
  EXPECT_FALSE(is_bucket_name("../x"));
  EXPECT_TRUE(is_opaque_token("MB1P5G9xR9V3joQUBj/+=.~"));
  for (const char* bad : {"", "a b", "a\n", "é"}) EXPECT_FALSE(is_opaque_token(bad)) << bad;
  EXPECT_FALSE(is_opaque_token(std::string(65, 'x'), 64));
  EXPECT_TRUE(is_relative_name("a b/c..d/é"));
  EXPECT_TRUE(is_relative_name("a//b"));
  for (const char* bad : {"", "/a", "a/", "..", "a/../b", "a//../b", "./a", "a\nb"})
    EXPECT_FALSE(is_relative_name(bad)) << bad;
}

TEST(Identifier, ProjectIdsTakeRealNamesAndNoPaths) {
  EXPECT_EQ(ProjectId::parse("phs000179.c1_HMB-IRB-MDS.x").code, "IRB-MDS.x");
  for (const char* bad :
       {"aced-..", "..-x", "aced-a/b", "aced-a%2Fb", "aced-a\xC2\x9B", "aced-a'b", "a/b-c", "aced-a;b"}) {
    EXPECT_THROW((void)ProjectId::parse(bad), UsageError) << bad;
  }
}

}  // namespace
}  // namespace etl
