#include "base/address_text.hpp"

#include <gtest/gtest.h>

namespace etl {
namespace {

TEST(AddressText, RemovesUserPasswordQueryAndFragment) {
  EXPECT_EQ(shown_address("https://host/a/b"), "https://host/a/b");
  EXPECT_EQ(shown_address("https://me:pw@host:1/a?X-Amz-Signature=abc#f"), "https://host:1/a");
  EXPECT_EQ(shown_address("https://token@host/a"), "https://host/a");
  EXPECT_EQ(shown_address("https://[::1]:9200/a?b"), "https://[::1]:9200/a");
  EXPECT_EQ(shown_address("https://me:pw@host/a?b", Hidden::marked), "https://***@host/a?***");
  EXPECT_EQ(shown_address("https://host/a@b"), "https://host/a@b");
  EXPECT_EQ(shown_address("https://host/a?to=https://other@b"), "https://host/a");
  EXPECT_EQ(shown_address("https://host/https://other/a?b"), "https://host/https://other/a");
}

TEST(AddressText, ShowsNothingOfAMalformedAddressThatMayBeASecret) {
  for (const char* address :
       {"http:/user:hidden@host", "http:user:hidden@host", "user:hidden@host", "https://user:hid/den@host",
        "https://user:hid?den@host", "https://user:hid#den@host", "https://user:hid@den@host",
        "https://user:1/hidden@host", "https://user:p@x/hidden@host", "postgresql://user:hid/den@host",
        "https://https://user:hid?den@host", "http://proxy:1/x://user:hid#den@host",
        "http://proxy/x://user:hid?den@host", "/https://user:hidden@host", "https://[user]x:hid?den@host",
        "https://[user]:hid?den@host"}) {
    const std::string shown = shown_address(address);
    EXPECT_EQ(shown.find("hid"), std::string::npos) << shown;
    EXPECT_EQ(shown.find("den"), std::string::npos) << shown;
    EXPECT_NE(shown.find("host"), std::string::npos) << shown;
    EXPECT_EQ(shown_address(address, Hidden::marked).find("hid"), std::string::npos);
  }
}

TEST(AddressText, LeavesPathsAsTheyAre) {
  for (const char* path : {"/a/what?.json", "./b:c@d#e", "plain?text@here", "studies/x"}) {
    EXPECT_EQ(shown_address(path), path);
  }
}

}  // namespace
}  // namespace etl
