#include "gen3/answer.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "gen3/guid.hpp"

namespace etl::gen3 {
namespace {

net::Response answer(long status, std::string body) {
  net::Response out;
  out.status = status;
  out.body = std::move(body);
  return out;
}

TEST(Gen3Answer, SaysWhatEachServiceSays) {
  const auto said = [](const char* body) { return message_of(answer(400, body)); };
  EXPECT_EQ(said(R"({"error": "no record found"})"), "no record found");
  EXPECT_EQ(said(R"({"msg": "no", "status_code": 404})"), "no");
  EXPECT_EQ(said(R"({"detail": "Not found: a"})"), "Not found: a");
  EXPECT_EQ(said(R"({"detail": [{"type": "t", "msg": "Input should be a valid dictionary"}]})"),
            "Input should be a valid dictionary");
  EXPECT_EQ(said(R"({"error": {"message": "no such role", "code": 404}})"), "no such role");
  EXPECT_EQ(said(R"({"message": "ERROR: Can not delete the project.                 Project p is not empty"})"),
            "ERROR: Can not delete the project. Project p is not empty");
  EXPECT_EQ(
      said(
          R"({"code": 400, "entities": [{"errors": []}, {"errors": [{"message": "bad link"}]}], "message": "aborted"})"),
      "bad link");
  EXPECT_EQ(said("<!doctype html><title>403</title><p>Error Message: You don&#39;t &lt;may&gt;</p>"),
            "You don't <may>");
  EXPECT_EQ(said("<html><title>Internal Server Error</title></html>"), "Internal Server Error");
  EXPECT_EQ(said("upstream is away\nmore"), "upstream is away");
  EXPECT_EQ(said(""), "");
  EXPECT_EQ(said("{}"), "");
}

TEST(Gen3Answer, IsShortAndCannotForgeALine) {
  const std::string said = message_of(answer(500, "{\"error\": \"a\\u001b[2Jb" + std::string(10'000, 'x') + "\"}"));
  EXPECT_EQ(said.find('\x1b'), std::string::npos);
  EXPECT_LT(said.size(), 500U);
}

TEST(Gen3Answer, GivesEachStatusItsExitCode) {
  const auto code = [](long status) {
    try {
      refuse("fence: a thing", answer(status, R"({"message": "m"})"), "http://h/p?secret=1");
    } catch (const Error& error) {
      EXPECT_EQ(std::string(error.what()).find("secret"), std::string::npos);
      EXPECT_EQ(error.where(), "http://h/p");
      return error.code();
    }
  };
  EXPECT_EQ(code(401), ExitCode::not_allowed);
  EXPECT_EQ(code(403), ExitCode::not_allowed);
  EXPECT_EQ(code(404), ExitCode::refused);
  EXPECT_EQ(code(409), ExitCode::refused);
  EXPECT_EQ(code(429), ExitCode::unavailable);
  EXPECT_EQ(code(500), ExitCode::unavailable);
  EXPECT_EQ(code(503), ExitCode::unavailable);
}

/// A page as fence renders its error.html; the order and the classes of the paragraphs are fence's.
std::string fence_page(const std::string& said) {
  return "<!doctype html>\n\n<html lang=\"en\">\n  <head>\n    <meta charset=\"utf-8\">\n    <title>403</title>\n  "
         "</head>\n  <body>\n"
         "    <main><div>\n          <p class=\"body\">Error Identifier:</p>\n          <p "
         "class=\"introduction\">1-2-3</p>\n"
         "          \n          <p class=\"body\">Error Message:</p>\n          <p class=\"introduction\">" +
         said +
         "</p>\n          \n          <div>\n            <p class=\"body\">Please try again!</p>\n          </div>\n"
         "    </div></main>\n  </body>\n</html>\n";
}

TEST(Gen3Answer, HasFencesReasonFromItsPage) {
  EXPECT_EQ(message_of(answer(403, fence_page("Uploading to bucket &#39;b&#39; is not allowed"))),
            "Uploading to bucket 'b' is not allowed");
  EXPECT_EQ(message_of(answer(401, fence_page("expired at time: 1795364523\n"))), "expired at time: 1795364523");
  EXPECT_EQ(message_of(answer(400, "<p>Error Message:</p>")), "");
  EXPECT_EQ(message_of(answer(400, "<p>Error Message:</p><p class=\"a")), "");
}

TEST(Gen3Answer, GivesAdviceThatFitsTheReason) {
  const auto advice = [](const std::string& said) {
    try {
      refuse("fence: a thing", answer(403, fence_page(said)), "http://h/p");
    } catch (const NotAllowedError& error) {
      EXPECT_NE(std::string(error.what()).find(said.substr(0, 5)), std::string::npos);
      return error.hint();
    }
  };
  EXPECT_NE(advice("Uploading to bucket b is not allowed").find("ALLOWED_DATA_UPLOAD_BUCKETS"), std::string::npos);
  EXPECT_NE(advice("user does not have privileges to access this endpoint").find("file_upload"), std::string::npos);
  EXPECT_NE(advice("token is denylisted").find("new API key"), std::string::npos);
  EXPECT_NE(advice("Signature has expired").find("clock"), std::string::npos);
  EXPECT_NE(advice("you may not").find("user.yaml"), std::string::npos);
}

TEST(Gen3Answer, ThatIsNotTheServicesIsToldWithTheExitCodeOfASetting) {
  for (const auto& [body, kind] : {std::pair{"<html>login</html>", "an HTML page"},
                                   {"", "empty"},
                                   {"{\"did\": ", "not JSON"},
                                   {"{}", "another shape"}}) {
    try {
      not_the_service("indexd: the record a", answer(200, body), "http://h/index?x=1");
      FAIL();
    } catch (const UnavailableError& error) {  // so that it is retried
      EXPECT_EQ(error.code(), ExitCode::usage);
      EXPECT_NE(std::string(error.what()).find("not an answer of indexd"), std::string::npos);
      EXPECT_NE(std::string(error.what()).find(kind), std::string::npos) << error.what();
      EXPECT_EQ(error.where(), "http://h/index");
      EXPECT_NE(error.hint().find("gen3.endpoint"), std::string::npos);
    }
  }
}

TEST(Gen3Answer, TellsAServicesOwn404FromAProxys) {
  EXPECT_TRUE(is_own_404(answer(404, R"({"error": "no record found"})")));
  EXPECT_TRUE(is_own_404(answer(404, R"({"message": "program X not found"})")));
  EXPECT_TRUE(is_own_404(answer(404, R"({"detail": "Not found: a"})")));
  EXPECT_TRUE(is_own_404(answer(404, fence_page("No indexed document found with id a"))));
  for (const char* body :
       {"", "not found", "{}", "[]", "<html><title>404 Not Found</title><center>nginx</center></html>"}) {
    EXPECT_FALSE(is_own_404(answer(404, body))) << body;
  }
}

TEST(Gen3Answer, ThatIsNestedDeeplyIsNoAnswer) {
  std::string deep;
  for (int i = 0; i < 60'000; ++i) deep += "{\"error\":";
  EXPECT_EQ(message_of(answer(500, deep + "1" + std::string(60'000, '}'))).substr(0, 9), "{\"error\":");
  EXPECT_FALSE(has_shape(answer(200, deep), [](const nlohmann::json&) { return true; }));
}

TEST(Gen3Guid, IsOnePathOrRefused) {
  EXPECT_EQ(guid_path("a45107c2-174f-5981-bcaa-6118420a1d2f"), "a45107c2-174f-5981-bcaa-6118420a1d2f");
  EXPECT_EQ(guid_path("dg.4DFC/a45107c2"), "dg.4DFC/a45107c2");
  for (const char* bad : {"", "..", "x/../y", "a/b/c", "a%2fb", "a?b", "a b"}) {
    EXPECT_THROW(static_cast<void>(guid_path(bad)), RefusedError) << bad;
  }
}

}  // namespace
}  // namespace etl::gen3
