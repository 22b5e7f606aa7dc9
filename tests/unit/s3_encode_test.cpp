#include "s3/encode.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "net/encode.hpp"

namespace etl::s3 {
namespace {

TEST(EncodeKey, KeepsWhatIsUnreservedAndSlashes) {
  EXPECT_EQ(encode_key("study/a-b_c.d~e/F0.txt"), "study/a-b_c.d~e/F0.txt");
  EXPECT_EQ(encode_key("a b"), "a%20b");
  EXPECT_EQ(encode_key("100%#1+2?x=y&z"), "100%25%231%2B2%3Fx%3Dy%26z");
  EXPECT_EQ(encode_key("\xC3\xBC\xE6\xBC\xA2"), "%C3%BC%E6%BC%A2");
  EXPECT_EQ(encode_key("/a//b/"), "/a//b/");
}

TEST(EncodeKey, HasTheLengthThatS3Allows) {
  EXPECT_EQ(encode_key(std::string(1024, ' ')).size(), 3 * 1024U);
  EXPECT_THROW(static_cast<void>(encode_key(std::string(1025, 'k'))), UsageError);
  EXPECT_THROW(static_cast<void>(encode_key("")), UsageError);
}

TEST(PercentDecode, UndoesEncodingAndLeavesTheRest) {
  std::string every;
  for (int i = 0; i < 256; ++i) every += static_cast<char>(i);
  EXPECT_EQ(net::percent_decode(net::percent_encode(every)), every);
  EXPECT_EQ(net::percent_decode("a+b%2fc%2F"), "a+b/c/");
  EXPECT_EQ(net::percent_decode("100%, %4, %zz%"), "100%, %4, %zz%");
}

}  // namespace
}  // namespace etl::s3
