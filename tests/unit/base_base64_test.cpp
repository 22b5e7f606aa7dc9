#include "base/base64.hpp"

#include <gtest/gtest.h>

#include <string>

namespace etl {
namespace {

TEST(Base64, IsThatOfRfc4648) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fooba"), "Zm9vYmE=");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64(std::string("\x00\x01\x02", 3)), "AAEC");
  EXPECT_EQ(base64("\xff\xfe"), "//4=");
  // The md5 of no bytes, as Content-MD5 has it (RFC 1864).
  EXPECT_EQ(base64(std::string("\xd4\x1d\x8c\xd9\x8f\x00\xb2\x04\xe9\x80\x09\x98\xec\xf8\x42\x7e", 16)),
            "1B2M2Y8AsgTpgAmY7PhCfg==");
}

}  // namespace
}  // namespace etl
