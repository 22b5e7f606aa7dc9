#include "s3/sign.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/digest.hpp"
#include "base/error.hpp"

namespace etl::s3 {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using namespace std::chrono_literals;

constexpr auto kDay = std::chrono::sys_days{std::chrono::year{2013} / 5 / 24};

std::optional<std::string> header(const net::Request& request, std::string_view name) {
  for (const auto& one : request.headers) {
    if (one.name == name) return one.value;
  }
  return std::nullopt;
}

// --- the examples of "Signature Calculations for the Authorization Header" in the Amazon S3 API reference
// -------------

const Credentials kExampleKey{"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "", "example"};
const SignContext kExample{"us-east-1", "s3", kDay};

std::string sign_example(std::string method, const std::string& target, net::Headers headers, std::string body = {}) {
  net::Request request{std::move(method), "https://examplebucket.s3.amazonaws.com" + target, std::move(headers),
                       std::move(body)};
  sign(request, kExampleKey, kExample);
  return header(request, "Authorization").value();
}

TEST(SignS3Examples, GetObjectWithRange) {
  EXPECT_EQ(sign_example("GET", "/test.txt", {{"Range", "bytes=0-9"}}),
            "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
            "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,"
            "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
}

TEST(SignS3Examples, PutObject) {
  const auto value =
      sign_example("PUT", "/test%24file.text",
                   {{"Date", "Fri, 24 May 2013 00:00:00 GMT"}, {"x-amz-storage-class", "REDUCED_REDUNDANCY"}},
                   "Welcome to Amazon S3.");
  EXPECT_THAT(value, HasSubstr("SignedHeaders=date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class,"));
  EXPECT_THAT(value, EndsWith("=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"));
}

TEST(SignS3Examples, GetBucketLifecycle) {
  EXPECT_THAT(sign_example("GET", "/?lifecycle", {}),
              EndsWith("=fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"));
}

TEST(SignS3Examples, ListObjects) {
  EXPECT_THAT(sign_example("GET", "/?max-keys=2&prefix=J", {}),
              EndsWith("=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"));
}

TEST(SignS3Examples, PresignedGet) {
  EXPECT_EQ(presign("GET", "https://examplebucket.s3.amazonaws.com/test.txt", 86400s, kExampleKey, kExample),
            "https://examplebucket.s3.amazonaws.com/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256"
            "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
            "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
            "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404");
}

// --- cases of AWS's general Signature Version 4 test suite
// ------------------------------------------------------------

struct SuiteCase {
  std::string name;
  std::string method;
  std::string target;
  net::Headers headers;
  std::string body;
  std::string signed_headers;
  std::string signature;
};

class SignSuite : public ::testing::TestWithParam<SuiteCase> {};

TEST_P(SignSuite, SignsAsPublished) {
  const auto& one = GetParam();
  const Credentials key{"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "", "suite"};
  const SignContext context{"us-east-1", "service",
                            std::chrono::sys_days{std::chrono::year{2015} / 8 / 30} + 12h + 36min};
  net::Request request{one.method, "https://example.amazonaws.com" + one.target, one.headers, one.body};
  sign(request, key, context);
  EXPECT_EQ(header(request, "Authorization"),
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request,SignedHeaders=" +
                one.signed_headers + ",Signature=" + one.signature);
}

constexpr const char* kPlain = "host;x-amz-date";

INSTANTIATE_TEST_SUITE_P(
    Aws, SignSuite,
    ::testing::Values(SuiteCase{"get_vanilla",
                                "GET",
                                "/",
                                {},
                                "",
                                kPlain,
                                "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
                      SuiteCase{"get_vanilla_query_order_key_case",
                                "GET",
                                "/?Param2=value2&Param1=value1",
                                {},
                                "",
                                kPlain,
                                "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"},
                      SuiteCase{"get_vanilla_empty_query_key",
                                "GET",
                                "/?Param1=value1",
                                {},
                                "",
                                kPlain,
                                "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb"},
                      SuiteCase{"get_vanilla_query_unreserved",
                                "GET",
                                "/?-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz=-._~0123456789"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
                                {},
                                "",
                                kPlain,
                                "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197"},
                      SuiteCase{"get_vanilla_utf8_query",
                                "GET",
                                "/?\xE1\x88\xB4=bar",
                                {},
                                "",
                                kPlain,
                                "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04"},
                      SuiteCase{"get_unreserved",
                                "GET",
                                "/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
                                {},
                                "",
                                kPlain,
                                "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f"},
                      SuiteCase{"get_utf8",
                                "GET",
                                "/%E1%88%B4",
                                {},
                                "",
                                kPlain,
                                "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"},
                      SuiteCase{"get_header_key_duplicate",
                                "GET",
                                "/",
                                {{"My-Header1", "value2"}, {"My-Header1", "value2"}, {"My-Header1", "value1"}},
                                "",
                                "host;my-header1;x-amz-date",
                                "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea"},
                      SuiteCase{"get_header_value_trim",
                                "GET",
                                "/",
                                {{"My-Header1", " value1"}, {"My-Header2", " \"a   b   c\""}},
                                "",
                                "host;my-header1;my-header2;x-amz-date",
                                "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"},
                      SuiteCase{"post_vanilla",
                                "POST",
                                "/",
                                {},
                                "",
                                kPlain,
                                "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"},
                      SuiteCase{"post_vanilla_query",
                                "POST",
                                "/?Param1=value1",
                                {},
                                "",
                                kPlain,
                                "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11"},
                      SuiteCase{"post_header_key_case",
                                "POST",
                                "/",
                                {{"My-Header1", "VALUE1"}},
                                "",
                                "host;my-header1;x-amz-date",
                                "cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d"},
                      SuiteCase{"post_x_www_form_urlencoded",
                                "POST",
                                "/",
                                {{"Content-Type", "application/x-www-form-urlencoded"}},
                                "Param1=value1",
                                "content-type;host;x-amz-date",
                                "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"}),
    [](const auto& one) { return one.param.name; });

TEST(Sign, SessionTokenAsPublished) {  // post-sts-header-before
  const Credentials key{
      "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
      "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoI"
      "YRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VS"
      "XDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc"
      "8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==",
      "suite"};
  net::Request request{"POST", "https://example.amazonaws.com/", {}, ""};
  sign(request, key, {"us-east-1", "service", std::chrono::sys_days{std::chrono::year{2015} / 8 / 30} + 12h + 36min});
  const auto value = header(request, "Authorization").value();
  EXPECT_THAT(value, HasSubstr("SignedHeaders=host;x-amz-date;x-amz-security-token,"));
  EXPECT_THAT(value, EndsWith("=85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead"));
}

// --- what the examples do not show
// ------------------------------------------------------------------------------------

TEST(Sign, AgainReplacesWhatTheFirstTimeAdded) {
  net::Request once{"GET", "https://examplebucket.s3.amazonaws.com/test.txt", {{"Range", "bytes=0-9"}}, ""};
  sign(once, kExampleKey, kExample);
  net::Request twice = once;
  twice.url = "https://examplebucket.s3.amazonaws.com/test.txt";
  sign(twice, kExampleKey, {"us-east-1", "s3", kDay + 24h});
  sign(twice, kExampleKey, kExample);
  EXPECT_EQ(twice.headers.size(), once.headers.size());
  EXPECT_EQ(header(twice, "Authorization"), header(once, "Authorization"));
}

TEST(Sign, HostIsTheOneThatIsSent) {
  const auto host_of = [](const std::string& url) {
    net::Request request{"GET", url, {}, ""};
    sign(request, kExampleKey, kExample);
    return header(request, "host").value();
  };
  EXPECT_EQ(host_of("http://LocalHost:8080/b/k"), "localhost:8080");
  EXPECT_EQ(host_of("http://localhost:80/b"), "localhost");
  EXPECT_EQ(host_of("https://localhost:443"), "localhost");
  EXPECT_EQ(host_of("https://localhost:80/"), "localhost:80");
}

TEST(Sign, PayloadIsTheBodysDigestUnlessGiven) {
  net::Request request{"PUT", "http://localhost/b/k", {}, "abc"};
  sign(request, kExampleKey, kExample);
  EXPECT_EQ(header(request, "x-amz-content-sha256"), sha256_hex("abc"));
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  sign(request, kExampleKey, kExample, "UNSIGNED-PAYLOAD");
  EXPECT_EQ(header(request, "x-amz-content-sha256"), "UNSIGNED-PAYLOAD");
}

TEST(Presign, KeepsAndSignsAQueryAndTheSessionToken) {
  Credentials key = kExampleKey;
  key.session_token = "to/ken+=";
  const auto url = presign("PUT", "http://127.0.0.1:9000/b/k?partNumber=1&uploadId=a%2Fb", 60s, key, kExample);
  EXPECT_THAT(url, StartsWith("http://127.0.0.1:9000/b/k?partNumber=1&uploadId=a%2Fb&X-Amz-Algorithm="));
  EXPECT_THAT(url, HasSubstr("&X-Amz-Security-Token=to%2Fken%2B%3D&X-Amz-SignedHeaders=host&X-Amz-Signature="));
  const auto other = presign("PUT", "http://127.0.0.1:9000/b/k?partNumber=2&uploadId=a%2Fb", 60s, key, kExample);
  EXPECT_THAT(other, Not(EndsWith(url.substr(url.rfind('=')))));
}

TEST(Presign, RefusesWhatS3WouldRefuse) {
  const auto with = [](std::chrono::seconds expires) {
    return presign("GET", "http://h/b/k", expires, kExampleKey, kExample);
  };
  EXPECT_THROW(static_cast<void>(with(0s)), UsageError);
  EXPECT_THROW(static_cast<void>(with(604801s)), UsageError);
  EXPECT_NO_THROW(static_cast<void>(with(604800s)));
  EXPECT_THROW(static_cast<void>(presign("GET", "ftp://h/b/k", 60s, kExampleKey, kExample)), UsageError);
  EXPECT_THROW(static_cast<void>(presign("GET", "http://h/b/k", 60s, {"id", "", "", ""}, kExample)), UsageError);
}

}  // namespace
}  // namespace etl::s3
