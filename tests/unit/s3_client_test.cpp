#include "s3/client.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <map>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "net_server.hpp"
#include "s3/answer.hpp"

namespace etl::s3 {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using namespace std::chrono_literals;
using net::test::answer;
using net::test::Seen;
using net::test::Server;

class TextSource : public net::BodySource {
 public:
  explicit TextSource(std::string text) : text_(std::move(text)) {}
  [[nodiscard]] std::uint64_t size() const override { return text_.size(); }
  std::size_t read(std::span<char> to) override {
    const auto count = text_.copy(to.data(), to.size(), at_);
    at_ += count;
    return count;
  }
  void rewind() override { at_ = 0; }

 private:
  std::string text_;
  std::size_t at_ = 0;
};

class TextSink : public net::BodySink {
 public:
  void begin(const net::Response& /*head*/) override { text.clear(); }
  void write(std::string_view bytes) override { text += bytes; }
  std::string text;
};

constexpr const char* kEtag = "ETag: \"e\"\r\n";
const net::RetryPolicy kQuick{2, {1ms, 1ms}};

Profile profile_for(const std::string& endpoint) {
  Profile profile;
  profile.name = "test";
  profile.credentials = {Credentials{"AKIA", "secret", "", "test"}};
  profile.region = {"us-east-1", "test"};
  profile.endpoint_url = ValueWithOrigin{endpoint, "test"};
  return profile;
}

// --- addresses
// --------------------------------------------------------------------------------------------------------

TEST(S3Address, IsAPathAtAnEndpointAndAHostAtAws) {
  auto profile = profile_for("http://127.0.0.1:9000/");
  EXPECT_EQ(Address(profile).url("b", "k e/y"), "http://127.0.0.1:9000/b/k%20e/y");
  EXPECT_EQ(Address(profile).url("b"), "http://127.0.0.1:9000/b");
  profile.addressing = Addressing::virtual_host;
  EXPECT_EQ(Address(profile).url("b", "k"), "http://b.127.0.0.1:9000/k");
  profile = profile_for("");
  profile.endpoint_url.reset();
  profile.region.text = "us-west-2";
  EXPECT_EQ(Address(profile).url("b", "k"), "https://b.s3.us-west-2.amazonaws.com/k");
  EXPECT_EQ(Address(profile).url("b"), "https://b.s3.us-west-2.amazonaws.com/");
  EXPECT_EQ(Address(profile).url("b.c", "k"), "https://s3.us-west-2.amazonaws.com/b.c/k");
  profile.addressing = Addressing::path;
  EXPECT_EQ(Address(profile).url("b", "k"), "https://s3.us-west-2.amazonaws.com/b/k");
  profile.region.text = "cn-north-1";
  EXPECT_EQ(Address(profile).endpoint(), "https://s3.cn-north-1.amazonaws.com.cn");
}

TEST(S3Address, RefusesWhatIsNoBucketOrEndpoint) {
  const Address address(profile_for("http://127.0.0.1:9000"));
  for (const std::string bucket : {"", ".", "..", "a/b", "a b", "b?x", "user@host", "a:1"}) {
    EXPECT_THROW(static_cast<void>(address.url(bucket, "k")), UsageError) << bucket;
  }
  for (const std::string endpoint : {"127.0.0.1:9000", "ftp://h", "http://user:secret@h", "http://h?x=1"}) {
    EXPECT_THROW(Address(profile_for(endpoint)), UsageError) << endpoint;
  }
}

// --- answers
// ----------------------------------------------------------------------------------------------------------

std::string fault(const std::string& code, const std::string& more = {}) {
  return "<?xml version=\"1.0\"?>\n<Error><Code>" + code + "</Code><Message>Because.</Message>" + more + "</Error>";
}

struct IssueCase {
  int status;
  std::string code;
  ExitCode exit;
  std::string hint;
};

class S3Fault : public ::testing::TestWithParam<IssueCase> {};

TEST_P(S3Fault, IsNamedAndExplained) {
  const auto& one = GetParam();
  Server server([&](const Seen&) { return answer(one.status, fault(one.code), "x-amz-bucket-region: eu-west-1\r\n"); });
  net::HttpClient http(net::test::quick());
  Client client(http, profile_for(server.url("")), kQuick);
  try {
    static_cast<void>(client.get("b", "k"));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), one.exit);
    EXPECT_THAT(error.what(), HasSubstr(std::to_string(one.status) + ": " + one.code + " (Because.)"));
    EXPECT_EQ(error.where(), "b/k");
    EXPECT_THAT(error.hint(), HasSubstr(one.hint));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Codes, S3Fault,
    ::testing::Values(IssueCase{403, "InvalidAccessKeyId", ExitCode::not_allowed, "does not know this key id"},
                      IssueCase{403, "SignatureDoesNotMatch", ExitCode::not_allowed, "secret does not belong"},
                      IssueCase{403, "AccessDenied", ExitCode::not_allowed, "no policy allows this"},
                      IssueCase{403, "RequestTimeTooSkewed", ExitCode::not_allowed, "clock"},
                      IssueCase{403, "SomethingNew", ExitCode::not_allowed, "check the key"},
                      IssueCase{400, "ExpiredToken", ExitCode::not_allowed, "session's token has expired"},
                      IssueCase{400, "InvalidToken", ExitCode::not_allowed, "does not belong to the key"},
                      IssueCase{404, "NoSuchBucket", ExitCode::refused, "name of the bucket"},
                      IssueCase{404, "NoSuchKey", ExitCode::refused, "object's key"},
                      IssueCase{412, "PreconditionFailed", ExitCode::refused, ""},
                      IssueCase{301, "PermanentRedirect", ExitCode::not_allowed, "--region eu-west-1"},
                      IssueCase{400, "AuthorizationHeaderMalformed", ExitCode::not_allowed, "--region eu-west-1"},
                      IssueCase{400, "AuthorizationQueryParametersError", ExitCode::not_allowed, "--region eu-west-1"},
                      IssueCase{403, "InvalidObjectState", ExitCode::refused, "archived"},
                      IssueCase{400, "RequestTimeout", ExitCode::unavailable, "run again"},
                      IssueCase{503, "SlowDown", ExitCode::unavailable, "run again"},
                      IssueCase{500, "InternalError", ExitCode::unavailable, "run again"}),
    [](const auto& one) { return one.param.code; });

TEST(S3Client, TheRightRegionIsReadFromTheMessage) {
  net::Response answer{.status = 400,
                       .headers = {},
                       .body =
                           "<Error><Code>AuthorizationQueryParametersError</Code><Message>Error parsing the "
                           "X-Amz-Credential parameter; the region 'us-west-2' is wrong; expecting "
                           "'us-east-1'</Message></Error>"};
  EXPECT_THAT(explain(answer.status, parse_error_answer(answer)),
              HasSubstr("the region us-east-1: pass --region us-east-1"));
  answer.body =
      "<Error><Code>AuthorizationQueryParametersError</Code><Message>X-Amz-Expires must be less than a week"
      "</Message></Error>";
  EXPECT_EQ(explain(answer.status, parse_error_answer(answer)), "");
  EXPECT_THROW(refuse(answer, "b/k"), RefusedError);
}

TEST(S3Client, SignsAnewAndRepeatsTheWholeCall) {
  std::atomic<int> count = 0;
  Server server(
      [&](const Seen&) { return ++count < 6 ? answer(500, fault("InternalError")) : answer(200, "done", kEtag); });
  net::HttpClient http(net::test::quick());
  Client client(http, profile_for(server.url("")), kQuick);
  EXPECT_EQ(client.get("b", "k"), "done");
  EXPECT_EQ(server.requests(), 6U) << "five attempts of the HTTP client, and one of the second level";
}

TEST(S3Client, AnUploadIsNotBegunTwice) {
  Server server([](const Seen&) { return answer(500, fault("InternalError")); });
  net::HttpClient http(net::test::quick());
  Client client(http, profile_for(server.url("")), kQuick);
  EXPECT_THROW(static_cast<void>(client.create_upload("b", "k")), UnavailableError);
  EXPECT_EQ(server.requests(), 1U);
}

TEST(S3Client, ACompletionThatFailsInA200IsRepeatedOrTold) {
  std::atomic<int> count = 0;
  Server server([&](const Seen&) {
    return answer(200, ++count == 1
                           ? fault("InternalError")
                           : "\n <CompleteMultipartUploadResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
                             "<ETag>&quot;e-2&quot;</ETag></CompleteMultipartUploadResult>");
  });
  net::HttpClient http(net::test::quick());
  Client client(http, profile_for(server.url("")), kQuick);
  EXPECT_EQ(client.complete_upload("b", "k", "u/1", {{1, "e1", 5}, {2, "\"e2\"", 5}}), "e-2");
  EXPECT_EQ(server.requests(), 2U);
  EXPECT_EQ(server.seen().back().target, "/b/k?uploadId=u%2F1");
  EXPECT_EQ(server.seen().back().body,
            "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>&quot;e1&quot;</ETag></Part>"
            "<Part><PartNumber>2</PartNumber><ETag>&quot;e2&quot;</ETag></Part></CompleteMultipartUpload>");
  Server other([](const Seen&) { return answer(200, fault("InvalidPart")); });
  Client refused(http, profile_for(other.url("")), kQuick);
  EXPECT_THROW(refused.complete_upload("b", "k", "u", {{1, "e1", 5}}), RefusedError);
}

TEST(S3Client, KeysOfAListAreTakenAsTheyAre) {
  Server server([](const Seen&) {
    return answer(200,
                  "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><IsTruncated>false</IsTruncated>"
                  "<Contents><Key>a+b %2F&amp;&#13;</Key><LastModified>2013-05-24T00:00:01.000Z</LastModified>"
                  "<ETag>&quot;e&quot;</ETag><Size>5000000000000</Size></Contents>"
                  "<Contents><Key> </Key><Size>1</Size></Contents>"
                  "<CommonPrefixes><Prefix>p/</Prefix></CommonPrefixes></ListBucketResult>");
  });
  net::HttpClient http(net::test::quick());
  Client client(http, profile_for(server.url("")), kQuick);
  const auto page = client.list_page("b", {"p x", "/", "after", 7});
  EXPECT_EQ(server.seen().back().target, "/b?list-type=2&max-keys=7&prefix=p%20x&delimiter=%2F&start-after=after");
  ASSERT_EQ(page.objects.size(), 2U);
  EXPECT_EQ(page.objects[0].key, "a+b %2F&\r");
  EXPECT_EQ(page.objects[0].size, 5'000'000'000'000U);
  EXPECT_EQ(page.objects[0].etag, "e");
  EXPECT_EQ(std::chrono::system_clock::to_time_t(page.objects[0].last_modified), 1369353601);
  EXPECT_EQ(page.objects[1].key, " ");
  EXPECT_THAT(page.prefixes, ElementsAre("p/"));
  EXPECT_EQ(page.next, "");
}

TEST(S3Client, WhatIsNoXmlIsNoAnswer) {
  for (const std::string body : {"", "<html>login</html>", "<ListBucketResult><Contents>", "{}"}) {
    Server server([&](const Seen&) { return answer(200, body); });
    net::HttpClient http(net::test::quick());
    Client client(http, profile_for(server.url("")), kQuick);
    EXPECT_THROW(static_cast<void>(client.list_page("b")), UnavailableError) << body;
  }
}

TEST(S3Client, SignsADigestUnlessSomethingElseGuardsTheBody) {
  Server server([](const Seen&) { return answer(200, "", "ETag: \"e\"\r\n"); });
  net::HttpClient http(net::test::quick());
  Client client(http, profile_for(server.url("")), kQuick);
  const auto signed_digest = [&] { return server.seen().back().head.header("x-amz-content-sha256"); };
  TextSource source("abc");
  EXPECT_EQ(client.put("b", "k", source), "e");
  EXPECT_EQ(signed_digest(), sha256_hex("abc"));
  EXPECT_EQ(server.seen().back().body, "abc");
  client.put("b", "k", source, {"text/plain", "kAFQmDzST7DWlj99KOF/cg==", {}});
  EXPECT_EQ(signed_digest(), "UNSIGNED-PAYLOAD");
  EXPECT_EQ(server.seen().back().head.header("Content-MD5"), "kAFQmDzST7DWlj99KOF/cg==");
  EXPECT_EQ(server.seen().back().head.header("Content-Type"), "text/plain");
}

TEST(S3Client, AnAnswerWithoutAnEtagIsNotS3s) {
  std::atomic<int> count = 0;
  Server stumbles(
      [&](const Seen&) { return ++count < 3 ? answer(200, "<html>login</html>") : answer(200, "", kEtag); });
  net::HttpClient http(net::test::quick());
  Client client(http, profile_for(stumbles.url("")), kQuick);
  TextSource source("abc");
  EXPECT_EQ(client.put("b", "k", source), "e");
  EXPECT_EQ(count, 3);
  Server other([](const Seen&) { return answer(200, "<html>login</html>"); });
  Client wrong(http, profile_for(other.url("")), kQuick);
  const auto code_of = [](auto&& work) {
    try {
      work();
    } catch (const UnavailableError& error) {
      EXPECT_THAT(error.what(), HasSubstr("not an answer of S3"));
      return error.code();
    }
    return ExitCode::done;
  };
  EXPECT_EQ(code_of([&] { wrong.put("b", "k", source); }), ExitCode::usage);
  EXPECT_EQ(code_of([&] { wrong.put("b", "k", std::string("abc")); }), ExitCode::usage);
  EXPECT_EQ(code_of([&] { static_cast<void>(wrong.get("b", "k")); }), ExitCode::usage);
  EXPECT_EQ(code_of([&] { static_cast<void>(wrong.head("b", "k")); }), ExitCode::usage);
  EXPECT_EQ(code_of([&] { wrong.remove("b", "k"); }), ExitCode::usage);
  EXPECT_EQ(code_of([&] { wrong.abort_upload("b", "k", "u"); }), ExitCode::usage);
  EXPECT_EQ(code_of([&] { static_cast<void>(wrong.upload_part("b", "k", "u", 1, source)); }), ExitCode::usage);
  EXPECT_EQ(code_of([&] { static_cast<void>(wrong.list_parts("b", "k", "u")); }), ExitCode::usage);
  EXPECT_EQ(code_of([&] { static_cast<void>(wrong.create_upload("b", "k")); }), ExitCode::usage);
  EXPECT_EQ(code_of([&] { wrong.complete_upload("b", "k", "u", {{1, "e", 1}}); }), ExitCode::usage);
}

TEST(S3Client, AListThatDoesNotAdvanceEnds) {
  const auto page = [](const std::string& key, const std::string& token) {
    return answer(200, "<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>" + token +
                           "</NextContinuationToken>" +
                           (key.empty() ? "" : "<Contents><Key>" + key + "</Key><Size>1</Size></Contents>") +
                           "</ListBucketResult>");
  };
  std::atomic<int> count = 0;
  const std::vector<Server::Handler> ways{
      [&](const Seen&) { return page("k" + std::to_string(++count), "same"); },
      [&](const Seen&) { return page("same", "t" + std::to_string(++count)); },
      [&](const Seen&) { return page("k" + std::to_string(++count), "t" + std::to_string(count % 3)); },
      [&](const Seen&) { return page("", "t" + std::to_string(++count)); },
  };
  for (const auto& way : ways) {
    Server server(way);
    net::HttpClient http(net::test::quick());
    Client client(http, profile_for(server.url("")), kQuick);
    EXPECT_THROW(client.list("b", {}, [](const Object&) {}), UnavailableError);
  }
  Server parts([](const Seen&) {
    return answer(200,
                  "<ListPartsResult><IsTruncated>true</IsTruncated><NextPartNumberMarker>1</NextPartNumberMarker>"
                  "<Part><PartNumber>1</PartNumber></Part></ListPartsResult>");
  });
  net::HttpClient http(net::test::quick());
  Client client(http, profile_for(parts.url("")), kQuick);
  EXPECT_THROW(static_cast<void>(client.list_parts("b", "k", "u")), UnavailableError);
}

// --- a service account's role
// -----------------------------------------------------------------------------------------

class S3WebIdentity : public ::testing::Test {
 protected:
  S3WebIdentity() : token_(std::filesystem::path(::testing::TempDir()) / "s3-web-identity-token") {
    write_token("the/token+");
  }
  ~S3WebIdentity() override { std::filesystem::remove(token_); }

  void write_token(const std::string& text) const {
    std::FILE* file = std::fopen(token_.c_str(), "w");
    std::fputs(text.c_str(), file);
    std::fclose(file);
  }
  [[nodiscard]] CredentialSource identity(const Server& sts) const {
    return {WebIdentity{"arn:aws:iam::1:role/etl", token_, "pod", sts.url(""), "environment AWS_ROLE_ARN"}};
  }
  static std::string lent(const std::string& id, const std::string& expires) {
    return "<AssumeRoleWithWebIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">"
           "<AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>" +
           id + "</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>" +
           expires +
           "</Expiration></Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>";
  }

  std::filesystem::path token_;
};

TEST_F(S3WebIdentity, IsAskedOnceWhileItsKeyIsGood) {
  // The far future is beyond what the clock can count.
  Server sts([](const Seen&) { return answer(200, lent("ASIA1", "2999-01-01T00:00:00Z")); });
  net::HttpClient http(net::test::quick());
  KeySource keys(http, identity(sts));
  for (int i = 0; i < 3; ++i) {
    const auto key = keys.current();
    EXPECT_EQ(key.access_key_id, "ASIA1");
    EXPECT_EQ(key.session_token, "t");
    EXPECT_EQ(key.origin, "role arn:aws:iam::1:role/etl (environment AWS_ROLE_ARN)");
  }
  ASSERT_EQ(sts.requests(), 1U);
  const auto seen = sts.seen().front();
  EXPECT_EQ(seen.method + " " + seen.target, "POST /");
  EXPECT_EQ(seen.body,
            "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fetl"
            "&RoleSessionName=pod&WebIdentityToken=the%2Ftoken%2B");
  EXPECT_EQ(seen.head.header("Authorization"), std::nullopt);
}

TEST_F(S3WebIdentity, IsRenewedBeforeItExpires) {
  std::atomic<int> count = 0;
  Server sts([&](const Seen&) { return answer(200, lent("ASIA" + std::to_string(++count), "2013-05-24T00:00:00Z")); });
  net::HttpClient http(net::test::quick());
  KeySource keys(http, identity(sts));
  EXPECT_EQ(keys.current().access_key_id, "ASIA1");
  write_token("rotated");
  EXPECT_EQ(keys.current().access_key_id, "ASIA2");
  EXPECT_THAT(sts.seen().back().body, HasSubstr("WebIdentityToken=rotated"));
}

TEST_F(S3WebIdentity, SaysWhyItIsRefused) {
  Server sts([](const Seen&) {
    return answer(
        403,
        "<ErrorResponse><Error><Code>AccessDenied</Code><Message>Not authorized</Message></Error></ErrorResponse>");
  });
  net::HttpClient http(net::test::quick());
  KeySource keys(http, identity(sts));
  try {
    static_cast<void>(keys.current());
    FAIL();
  } catch (const NotAllowedError& error) {
    EXPECT_THAT(error.what(), HasSubstr("STS answered HTTP 403: AccessDenied"));
    EXPECT_THAT(error.where(), HasSubstr("arn:aws:iam::1:role/etl"));
    EXPECT_THAT(error.hint(), HasSubstr("trust policy"));
  }
  std::filesystem::remove(token_);
  EXPECT_THROW(static_cast<void>(keys.current()), UsageError);
}

// --- against a real server: tests/e2e/s3/test_s3_client.py starts one and runs these
// ------------------------------------

class S3Server : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* bucket = std::getenv("S3_TEST_BUCKET");
    if (bucket == nullptr) GTEST_SKIP() << "NOT TESTED here: tests/e2e/s3/test_s3_client.py runs it with a server";
    bucket_ = bucket;
    client_.emplace(http_, read_profile());
  }
  std::string bucket_;
  net::HttpClient http_;
  std::optional<Client> client_;
};

TEST_F(S3Server, PutsGetsHeadsAndRemoves) {
  const std::string key = "d/a b+c#%&=?\xC3\xBC\xE6\xBC\xA2'()*!~";
  TextSource source("0123456789");
  const auto etag = client_->put(bucket_, key, source, {"text/plain", {}, {{"x-amz-meta-one", "1"}}});
  EXPECT_EQ(etag, "781e5e245d69b566979b86e28d23f2c7");  // md5 of 0123456789
  const auto head = client_->head(bucket_, key);
  ASSERT_TRUE(head);
  EXPECT_EQ(head->size, 10U);
  EXPECT_EQ(head->etag, etag);
  EXPECT_GT(head->last_modified, std::chrono::system_clock::now() - 1h);
  EXPECT_EQ(client_->get(bucket_, key), "0123456789");
  TextSink sink;
  const auto object = client_->get(bucket_, key, sink, {{{3, 5}}, etag});
  EXPECT_EQ(sink.text, "345");
  EXPECT_EQ(object.size, 10U);
  EXPECT_THROW(client_->get(bucket_, key, sink, {{}, "781e5e245d69b566979b86e28d23f2c8"}), RefusedError);
  client_->remove(bucket_, key);
  client_->remove(bucket_, key);
  EXPECT_FALSE(client_->head(bucket_, key));
  EXPECT_THROW(static_cast<void>(client_->get(bucket_, key)), RefusedError);
}

TEST_F(S3Server, ListsPageByPage) {
  std::vector<std::string> keys;
  for (int i = 0; i < 25; ++i) {
    keys.push_back("list " + std::string(1, static_cast<char>('a' + i)) + "+&%2F");
    client_->put(bucket_, keys.back(), std::string(static_cast<std::size_t>(i), 'x'));
  }
  client_->put(bucket_, "other", std::string());
  std::vector<std::string> found;
  client_->list(bucket_, {"list ", "", "", 10}, [&](const Object& object) {
    EXPECT_EQ(object.size, found.size());
    found.push_back(object.key);
  });
  EXPECT_EQ(found, keys);
  EXPECT_EQ(client_->list_page(bucket_, {"list ", "", "", 10}).objects.size(), 10U);
}

TEST_F(S3Server, ListsALevel) {
  for (const std::string key : {"level/a +/1", "level/a +/2", "level/b/1", "level/c"}) client_->put(bucket_, key, "x");
  const auto level = client_->list_page(bucket_, {"level/", "/", "", 1000});
  ASSERT_EQ(level.objects.size(), 1U);
  EXPECT_EQ(level.objects[0].key, "level/c");
  EXPECT_THAT(level.prefixes, ElementsAre("level/a +/", "level/b/"));
}

TEST_F(S3Server, UploadsInParts) {
  const std::string key = "parts/big";
  const auto upload = client_->create_upload(bucket_, key, {"application/x-test", {}, {}});
  std::string whole;
  std::vector<Part> parts;
  for (unsigned number = 1; number <= 3; ++number) {
    const std::string part(5U << 20U, static_cast<char>('0' + number));
    TextSource source(part);
    whole += part;
    parts.push_back(client_->upload_part(bucket_, key, upload, number, source));
  }
  const auto listed = client_->list_parts(bucket_, key, upload);
  ASSERT_EQ(listed.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(listed[i].number, parts[i].number);
    EXPECT_EQ(listed[i].etag, parts[i].etag);
    EXPECT_EQ(listed[i].size, 5U << 20U);
  }
  EXPECT_THAT(client_->complete_upload(bucket_, key, upload, parts), ::testing::EndsWith("-3"));
  EXPECT_TRUE(client_->get(bucket_, key) == whole);
}

TEST_F(S3Server, AnUploadCanBeGivenUp) {
  const auto upload = client_->create_upload(bucket_, "parts/none");
  TextSource source("part");
  static_cast<void>(client_->upload_part(bucket_, "parts/none", upload, 1, source));
  client_->abort_upload(bucket_, "parts/none", upload);
  // AWS says NoSuchUpload; S3Proxy says that it has no parts.
  EXPECT_THROW(if (client_->list_parts(bucket_, "parts/none", upload).empty()) throw RefusedError("no parts"),
               RefusedError);
  EXPECT_FALSE(client_->head(bucket_, "parts/none"));
}

TEST_F(S3Server, SignedUrlsWorkForPartsToo) {
  const std::string key = "signed/parts";
  const auto upload = client_->create_upload(bucket_, key);
  net::Request request{
      "PUT", client_->presign("PUT", bucket_, key, 60s, "partNumber=1&uploadId=" + upload), {}, "part"};
  const auto response = http_.send(request);
  ASSERT_EQ(response.status, 200) << response.body;
  client_->complete_upload(bucket_, key, upload, {{1, response.header("ETag").value_or(""), 4}});
  EXPECT_EQ(http_.send({"GET", client_->presign("GET", bucket_, key, 60s)}).body, "part");
}

TEST_F(S3Server, ABucketThatIsNotThereIsNamed) {
  for (const auto& call :
       std::vector<std::function<void()>>{[&] { static_cast<void>(client_->list_page("no-such-bucket-here")); },
                                          [&] { static_cast<void>(client_->get("no-such-bucket-here", "k")); },
                                          [&] { static_cast<void>(client_->put("no-such-bucket-here", "k", "x")); }}) {
    try {
      call();
      ADD_FAILURE();
    } catch (const RefusedError& error) {
      EXPECT_THAT(error.what(), HasSubstr("NoSuchBucket"));
    }
  }
}

}  // namespace
}  // namespace etl::s3
