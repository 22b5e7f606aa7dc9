#include "net/fetch.hpp"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "base/error.hpp"

namespace etl::net {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

/// Answers one connection on the loopback with a fixed text; without one it just closes.
class OneAnswer {
 public:
  explicit OneAnswer(std::string answer) : listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(listener_, 1), 0);
    EXPECT_EQ(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this, text = std::move(answer)] {
      const int client = ::accept(listener_, nullptr, nullptr);
      if (client < 0) return;
      char request[4096];
      if (::recv(client, request, sizeof request, 0) > 0) {
        std::size_t sent = 0;
        while (sent < text.size()) {
          const auto n = ::send(client, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
          if (n <= 0) break;
          sent += static_cast<std::size_t>(n);
        }
      }
      ::close(client);
    });
  }
  ~OneAnswer() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }
  OneAnswer(const OneAnswer&) = delete;
  OneAnswer& operator=(const OneAnswer&) = delete;
  [[nodiscard]] std::string url(const std::string& rest) const {
    return "http://127.0.0.1:" + std::to_string(port_) + rest;
  }

 private:
  int listener_;
  int port_ = 0;
  std::thread thread_;
};

ExitCode code_of(const std::string& answer, const FetchLimits& limits = {}) {
  const OneAnswer server(answer);
  try {
    (void)fetch(server.url("/d.json?token=verysecret"), limits);
  } catch (const Error& error) {
    EXPECT_THAT(error.where(), HasSubstr("/d.json"));
    EXPECT_THAT(error.where() + error.what() + error.hint(), Not(HasSubstr("verysecret")));
    return error.code();
  }
  return ExitCode::done;
}

TEST(Fetch, ShowsAddressesWithoutSecrets) {
  EXPECT_EQ(without_query("https://me:pw@host:1/a/b?X-Amz-Signature=abc#f"), "https://host:1/a/b");
  EXPECT_EQ(without_query("https://host?x"), "https://host");
  EXPECT_EQ(without_query("https://host/a@b"), "https://host/a@b");
  EXPECT_EQ(without_query("/a/what?.json"), "/a/what?.json");
}

TEST(Fetch, ReadsFiles) {
  const auto path = std::filesystem::temp_directory_path() / ("fetch_" + std::to_string(::getpid()));
  std::ofstream(path) << "hello";
  EXPECT_EQ(fetch(path.string()), "hello");
  EXPECT_EQ(fetch("file://" + path.string()), "hello");
  EXPECT_THROW((void)fetch(path.string(), {.bytes = 4}), InputError);
  std::filesystem::remove(path);
  EXPECT_THROW((void)fetch(path.string()), InputError);
}

TEST(Fetch, ReadsOverHttp) {
  const OneAnswer server("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
  EXPECT_EQ(fetch(server.url("/d.json")), "{}");
}

TEST(Fetch, AnswersHaveTheirExitCodes) {
  EXPECT_EQ(code_of("HTTP/1.1 403 no\r\nContent-Length: 0\r\n\r\n"), ExitCode::not_allowed);
  EXPECT_EQ(code_of("HTTP/1.1 404 no\r\nContent-Length: 0\r\n\r\n"), ExitCode::refused);
  EXPECT_EQ(code_of("HTTP/1.1 503 no\r\nContent-Length: 0\r\n\r\n"), ExitCode::unavailable);
  EXPECT_EQ(code_of("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort"), ExitCode::unavailable);
  EXPECT_EQ(code_of(""), ExitCode::unavailable);
  EXPECT_EQ(code_of("HTTP/1.1 200 OK\r\n\r\n" + std::string(2000, 'x'), {.bytes = 1000}), ExitCode::invalid_input);
}

TEST(Fetch, DoesNotFollowToOtherProtocols) {
  EXPECT_EQ(code_of("HTTP/1.1 302 go\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n"), ExitCode::usage);
}

TEST(Fetch, RefusesWhatIsNoAddress) {
  EXPECT_THROW((void)fetch("ftp://host/x"), UsageError);
  EXPECT_THROW((void)fetch(""), UsageError);
}

TEST(Fetch, NobodyListens) {
  int port = 0;
  {
    const OneAnswer server("");
    port = std::stoi(server.url("").substr(17));
  }
  EXPECT_THROW((void)fetch("http://127.0.0.1:" + std::to_string(port) + "/x", {.connect = std::chrono::seconds(2)}),
               UnavailableError);
}

}  // namespace
}  // namespace etl::net
