#include "base/secrets.hpp"

#include <gtest/gtest.h>

#include <string>

namespace etl::secrets {
namespace {

class Secrets : public testing::Test {
 protected:
  Secrets() { clear(); }
  ~Secrets() override { clear(); }
};

TEST_F(Secrets, AreReplacedWhereverTheyStand) {
  add("hidden/value+1");
  EXPECT_EQ(redact("a hidden/value+1 b hidden/value+1"), "a *** b ***");
  EXPECT_EQ(redact("nothing of it"), "nothing of it");
}

TEST_F(Secrets, AreReplacedInOtherEncodings) {
  add("hid\"den/value+1");
  EXPECT_EQ(redact("hid%22den%2Fvalue%2B1"), "***");
  EXPECT_EQ(redact("hid%22den%2fvalue%2b1"), "***");
  EXPECT_EQ(redact(R"({"k": "hid\"den/value+1"})"), R"({"k": "***"})");
  EXPECT_EQ(redact(R"(hid\"den\/value+1)"), "***");
}

TEST_F(Secrets, AreReplacedInsideBase64AtEveryOffset) {
  add("hidden-value-1234");
  // base64 of "hidden-value-1234", "x:hidden-value-1234", "xy:hidden-value-1234" and "xyz:hidden-value-1234!".
  for (const char* text : {"aGlkZGVuLXZhbHVlLTEyMzQ=", "eDpoaWRkZW4tdmFsdWUtMTIzNA==", "eHk6aGlkZGVuLXZhbHVlLTEyMzQ=",
                           "eHl6OmhpZGRlbi12YWx1ZS0xMjM0IQ=="}) {
    const std::string said = redact(text);
    EXPECT_NE(said.find("***"), std::string::npos) << said;
    EXPECT_LT(said.size(), 16U) << said;
  }
}

TEST_F(Secrets, ShortOnesDoNotShredTheOutput) {
  add("a");
  add("1234567");
  EXPECT_EQ(redact("a banana 1234567"), "a banana 1234567");
}

TEST_F(Secrets, ThatContainEachOtherAreReplacedAsTheLongest) {
  add("hidden-value");
  add("hidden-value-and-more");
  EXPECT_EQ(redact("hidden-value-and-more hidden-value"), "*** ***");
}

TEST_F(Secrets, ArePlacesToo) {
  EXPECT_EQ(redact("at https://me:pw@host/a"), "at https://me:***@host/a");
  EXPECT_EQ(redact("postgresql://me:p/w@host/db is"), "postgresql://me:***@host/db is");
  EXPECT_EQ(redact("http:/me:pw@host"), "http:/me:***@host");
  EXPECT_EQ(redact("https://host:8080/a@b, https://host/x:y@z"), "https://host:8080/a@b, https://host/x:y@z");
  EXPECT_EQ(redact("u?X-Amz-Signature=abc&x=1 X-Amz-Security-Token=t\""),
            "u?X-Amz-Signature=***&x=1 X-Amz-Security-Token=***\"");
  EXPECT_EQ(redact("?sv=1&sig=abc; design=plain"), "?sv=1&sig=***; design=plain");
  EXPECT_EQ(redact("host=h password=pw dbname=d"), "host=h password=*** dbname=d");
  EXPECT_EQ(redact(R"(host=h PASSWORD='p w\'x' dbname=d)"), "host=h PASSWORD=*** dbname=d");
}

TEST_F(Secrets, OfAnAddressAreLearntFromIt) {
  add_from_address("postgresql://me:first-password@host/db");
  add_from_address("host=h password='second password' dbname=d");
  add_from_address("https://plain.host/path");
  EXPECT_EQ(redact("first-password, second password, plain.host"), "***, ***, plain.host");
}

}  // namespace
}  // namespace etl::secrets
