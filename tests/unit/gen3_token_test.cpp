#include "gen3/token.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "base/error.hpp"
#include "gen3/fence.hpp"
#include "gen3/indexd.hpp"

namespace etl::gen3 {
namespace {

// {"alg":"none"} . {"iss":"https://c.example.org/user","exp":1893456000,"iat":1893452400,"pur":"access",
//                   "context":{"user":{"name":"é@x"}}}
constexpr const char* token =
    "eyJhbGciOiJub25lIn0."
    "eyJpc3MiOiJodHRwczovL2MuZXhhbXBsZS5vcmcvdXNlciIsImV4cCI6MTg5MzQ1NjAwMCwiaWF0IjoxODkzNDUyNDAwLCJwdXIiOiJhY2Nlc3Mi"
    "LCJjb250ZXh0Ijp7InVzZXIiOnsibmFtZSI6IsOpQHgifX19."
    "c2ln";

TEST(Gen3Token, IsReadWithoutItsKey) {
  const Claims claims = read_claims(token, "here");
  EXPECT_EQ(claims.issuer, "https://c.example.org/user");
  EXPECT_EQ(endpoint_of(claims), "https://c.example.org");
  EXPECT_EQ(claims.purpose, "access");
  EXPECT_EQ(claims.user, "é@x");
  EXPECT_EQ(claims.expires - claims.issued, std::chrono::hours(1));
}

TEST(Gen3Token, ThatIsNoneIsNamedAndNotShown) {
  for (const char* text : {"", "abc", "a.b", "a.b.c", "..", "a.eyJ4Ijox.c", "a.W10.c"}) {
    try {
      static_cast<void>(read_claims(text, "here"));
      FAIL() << text;
    } catch (const InputError& error) {
      EXPECT_EQ(error.where(), "here");
    }
  }
}

/// A token whose claims are this JSON.
std::string token_of(const std::string& claims) {
  constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string out = "e30.";
  unsigned value = 0;
  unsigned bits = 0;
  for (const char c : claims) {
    value = (value << 8U | static_cast<unsigned char>(c)) & 0xFFFFU;
    for (bits += 8; bits >= 6; bits -= 6) out += letters[value >> (bits - 6) & 63U];
  }
  if (bits > 0) out += letters[value << (6 - bits) & 63U];
  return out + ".c2ln";
}

TEST(Gen3Token, WithTimesBeyondTheClocksRangeIsRefused) {
  EXPECT_EQ(Clock::to_time_t(read_claims(token_of(R"({"exp": 1893456000.75})"), "here").expires), 1893456000);
  EXPECT_EQ(read_claims(token_of(R"({"exp": null})"), "here").expires, Clock::time_point{});
  for (const char* time : {"-1", "-1e308", "1e308", "9223372036854775808", "18446744073709551615", "\"1893456000\"",
                           "true", "[]", "7258118401"}) {
    for (const char* name : {"exp", "iat"}) {
      try {
        static_cast<void>(read_claims(token_of(std::string("{\"") + name + "\": " + time + "}"), "here"));
        FAIL() << name << " " << time;
      } catch (const InputError& error) {
        EXPECT_NE(std::string(error.what()).find(name), std::string::npos);
      }
    }
  }
}

TEST(Gen3User, PermissionsOnAParentHoldBelow) {
  User user;
  user.authz["/programs/P"] = {{"*", "create"}};
  user.authz["/data_file"] = {{"fence", "file_upload"}};
  user.authz["/services/sheepdog"] = {{"sheepdog", "*"}};
  EXPECT_TRUE(user.may("indexd", "create", "/programs/P/projects/q"));
  EXPECT_TRUE(user.may("indexd", "create", "/programs/P"));
  EXPECT_FALSE(user.may("indexd", "delete", "/programs/P/projects/q"));
  EXPECT_FALSE(user.may("indexd", "create", "/programs/PQ"));
  EXPECT_FALSE(user.may("indexd", "create", "/programs"));
  EXPECT_TRUE(user.may("fence", "file_upload", "/data_file"));
  EXPECT_FALSE(user.may("indexd", "file_upload", "/data_file"));
  EXPECT_TRUE(user.may("sheepdog", "anything", "/services/sheepdog/submission/program"));
}

TEST(Gen3Indexd, TellsInWhatRecordsDiffer) {
  FileRecord wanted;
  wanted.size = 7;
  wanted.hashes = {{"md5", "aa"}, {"sha256", "bb"}};
  wanted.urls = {"s3://b/1", "s3://b/2"};
  wanted.authz = {"/programs/P/projects/q"};
  FileRecord there = wanted;
  there.urls = {"s3://b/2", "s3://b/1"};
  there.hashes.erase("sha256");
  EXPECT_EQ(difference(wanted, there), "");
  there.size = 8;
  there.hashes["md5"] = "cc";
  there.urls.pop_back();
  there.authz.clear();
  const std::string told = difference(wanted, there);
  for (const char* part : {"it has 8 bytes, not 7 bytes", "its md5 is cc, not aa", "its urls are s3://b/2, not",
                           "its authz is none, not"}) {
    EXPECT_NE(told.find(part), std::string::npos) << told;
  }
  there = wanted;
  wanted.file_name = "right";
  EXPECT_EQ(difference(wanted, there), "its file_name is none, not right");
  there.file_name = "wrong";
  EXPECT_EQ(difference(wanted, there), "its file_name is wrong, not right");
  there = wanted;
  there.hashes.clear();
  EXPECT_EQ(difference(wanted, there), "it has no hash in common");
  there = wanted;
  there.size = 8;
  there.authz = {"/programs/P/projects/other"};
  EXPECT_EQ(difference(wanted, there),
            "its authz is /programs/P/projects/other, not /programs/P/projects/q: it belongs to another project");
  there.authz.push_back(wanted.authz.front());
  EXPECT_NE(difference(wanted, there).find("it has 8 bytes"), std::string::npos);
}

}  // namespace
}  // namespace etl::gen3
