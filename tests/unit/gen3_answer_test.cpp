#include "gen3/answer.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"

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

TEST(Gen3Answer, ThatIsNoJsonIsNamed) {
  EXPECT_THROW(static_cast<void>(json_of("w", answer(200, "<html>login</html>"), "http://h/")), UnavailableError);
  EXPECT_THROW(static_cast<void>(text_of(nlohmann::json::object(), "url", "w")), UnavailableError);
  EXPECT_THROW(static_cast<void>(text_of(nlohmann::json{{"url", 7}}, "url", "w")), UnavailableError);
}

}  // namespace
}  // namespace etl::gen3
