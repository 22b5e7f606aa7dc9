#include "net/http.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <thread>

#include "base/error.hpp"
#include "base/log.hpp"
#include "net_server.hpp"

namespace etl::net {
namespace {

using namespace std::chrono_literals;
using test::answer;
using test::quick;
using test::Reply;
using test::Seen;
using test::Server;
using ::testing::HasSubstr;
using ::testing::Not;

/// What `send` threw, as the given type; fails otherwise.
template <typename Type>
Type thrown_by(HttpClient& client, const Request& request) {
  try {
    client.send(request);
  } catch (const Type& error) {
    return error;
  }
  ADD_FAILURE() << "nothing was thrown";
  return Type("");
}

class TextSource : public BodySource {
 public:
  explicit TextSource(std::string text) : text_(std::move(text)) {}
  [[nodiscard]] std::uint64_t size() const override { return text_.size() + missing; }
  std::size_t read(std::span<char> to) override {
    if (fail_at && at_ >= *fail_at) throw InputError("the disk is gone");
    const auto count = std::min(to.size(), text_.size() - at_);
    text_.copy(to.data(), count, at_);
    at_ += count;
    return count;
  }
  void rewind() override {
    at_ = 0;
    ++rewinds;
  }

  unsigned rewinds = 0;
  std::uint64_t missing = 0;
  std::optional<std::size_t> fail_at;

 private:
  std::string text_;
  std::size_t at_ = 0;
};

class TextSink : public BodySink {
 public:
  void begin(const Response& head) override {
    statuses.push_back(head.status);
    type = head.header("content-TYPE").value_or("");
    text.clear();
  }
  void write(std::string_view bytes) override {
    if (full) throw InputError("the disk is full");
    text += bytes;
  }

  std::vector<long> statuses;
  std::string type;
  std::string text;
  bool full = false;
};

TEST(Http, SendsMethodHeadersAndBody) {
  Server server([](const Seen&) { return answer(201, "made", "X-One: 1\r\nX-One: 2\r\n"); });
  HttpClient client(quick());
  for (const std::string method : {"POST", "PUT", "PATCH", "DELETE"}) {
    const auto response =
        client.send({method, server.url("/a/../b?q=1"), {{"X-Given", "yes"}, {"X-Empty", ""}}, "{\"a\":1}"});
    EXPECT_EQ(response.status, 201);
    EXPECT_TRUE(response.ok());
    EXPECT_EQ(response.body, "made");
    EXPECT_EQ(response.header("x-one"), "2");
    EXPECT_EQ(response.header("x-two"), std::nullopt);
    const auto seen = server.seen().back();
    EXPECT_EQ(seen.method, method);
    EXPECT_EQ(seen.target, "/a/../b?q=1");
    EXPECT_EQ(seen.body, "{\"a\":1}");
    EXPECT_EQ(seen.head.header("X-Given"), "yes");
    EXPECT_EQ(seen.head.header("X-Empty"), "");
    EXPECT_EQ(seen.head.header("Expect"), std::nullopt);
    EXPECT_EQ(seen.head.header("Content-Type"), std::nullopt) << "nobody said that it is a form";
  }
}

TEST(Http, BodilessRequestsSayTheirLength) {
  Server server([](const Seen&) { return answer(200); });
  HttpClient client(quick());
  for (const std::string method : {"POST", "PUT", "PATCH"}) {
    client.send({method, server.url()});
    EXPECT_EQ(server.seen().back().method, method);
    EXPECT_EQ(server.seen().back().head.header("Content-Length"), "0");
    EXPECT_EQ(server.seen().back().head.header("Content-Type"), std::nullopt);
  }
  for (const std::string method : {"GET", "DELETE"}) {
    client.send({method, server.url()});
    EXPECT_EQ(server.seen().back().method, method);
    EXPECT_EQ(server.seen().back().head.header("Content-Length"), std::nullopt);
  }
}

TEST(Http, HeadHasNoBody) {
  Server server([](const Seen&) { return Reply{"HTTP/1.1 200 x\r\nContent-Length: 5000\r\n\r\n"}; });
  HttpClient client(quick());
  const auto response = client.send({"HEAD", server.url()});
  EXPECT_EQ(response.header("Content-Length"), "5000");
  EXPECT_EQ(server.seen().back().method, "HEAD");
}

TEST(Http, RedirectsAreAnswers) {
  Server server([](const Seen&) { return answer(307, "", "Location: http://127.0.0.1:1/elsewhere\r\n"); });
  HttpClient client(quick());
  EXPECT_EQ(client.send({"GET", server.url(), {{"Authorization", "Bearer x"}}}).status, 307);
}

TEST(Http, RefusesWhatIsNoAddress) {
  HttpClient client(quick());
  for (const std::string url : {"", "no address", "ftp://127.0.0.1/", "file:///etc/hosts", "http://"}) {
    EXPECT_THROW(client.send({"GET", url}), UsageError) << url;
  }
}

TEST(Http, RefusesHeadersThatWouldBreakTheRequest) {
  Server server([](const Seen&) { return answer(200); });
  HttpClient client(quick());
  EXPECT_THROW(client.send({"GET", server.url(), {{"X", "a\r\nY: b"}}}), UsageError);
  EXPECT_THROW(client.send({"GET", server.url(), {{"X\nY", "a"}}}), UsageError);
  EXPECT_EQ(server.requests(), 0U);
}

// --- retries
// ----------------------------------------------------------------------------------------------------------

struct StatusCase {
  std::string method;
  int status;
  std::optional<bool> repeatable;
  std::size_t requests;  ///< of three attempts
};

class HttpStatusRetry : public ::testing::TestWithParam<StatusCase> {};

TEST_P(HttpStatusRetry, RepeatsOnlyWhatIsSafe) {
  const auto& one = GetParam();
  Server server([&](const Seen&) { return answer(one.status, "why"); });
  auto options = quick();
  options.attempts = 3;
  HttpClient client(options);
  const auto response = client.send({.method = one.method, .url = server.url(), .repeatable = one.repeatable});
  EXPECT_EQ(response.status, one.status);
  EXPECT_EQ(response.body, "why") << "the last answer comes back for the caller to explain";
  EXPECT_EQ(server.requests(), one.requests);
}

INSTANTIATE_TEST_SUITE_P(
    All, HttpStatusRetry,
    ::testing::Values(StatusCase{"GET", 200, {}, 1}, StatusCase{"GET", 404, {}, 1}, StatusCase{"GET", 403, {}, 1},
                      StatusCase{"GET", 501, {}, 1}, StatusCase{"GET", 408, {}, 3}, StatusCase{"GET", 429, {}, 3},
                      StatusCase{"GET", 500, {}, 3}, StatusCase{"GET", 502, {}, 3}, StatusCase{"GET", 503, {}, 3},
                      StatusCase{"GET", 504, {}, 3}, StatusCase{"PUT", 500, {}, 3}, StatusCase{"DELETE", 500, {}, 3},
                      StatusCase{"POST", 500, {}, 1}, StatusCase{"POST", 502, {}, 1}, StatusCase{"POST", 504, {}, 1},
                      StatusCase{"POST", 429, {}, 3}, StatusCase{"POST", 503, {}, 3}, StatusCase{"PATCH", 500, {}, 1},
                      StatusCase{"POST", 500, true, 3}, StatusCase{"PUT", 500, false, 1},
                      StatusCase{"PUT", 503, false, 3}),
    [](const auto& one) {
      const auto& value = one.param;
      return value.method + std::to_string(value.status) +
             (!value.repeatable   ? ""
              : *value.repeatable ? "_repeatable"
                                  : "_not_repeatable");
    });

TEST(Http, GoesOnAfterAFault) {
  std::atomic<int> count = 0;
  Server server([&](const Seen&) { return ++count < 3 ? answer(503, "busy") : answer(200, "done"); });
  HttpClient client(quick());
  EXPECT_EQ(client.send({"POST", server.url(), {}, "x"}).body, "done");
  EXPECT_EQ(server.requests(), 3U);
}

TEST(Http, ABrokenOffAnswerIsNone) {
  for (const std::string bytes : {"HTTP/1.1 200 x\r\nContent-Length: 10\r\n\r\nhalf", "HTTP/1.1 200 x\r\nContent-",
                                  "HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel", ""}) {
    Server server([&](const Seen&) { return Reply{bytes, true}; });
    auto options = quick();
    options.attempts = 3;
    HttpClient client(options);
    const auto error = thrown_by<UnavailableError>(client, {"GET", server.url("/secret-free?X-Amz-Signature=abcdef")});
    EXPECT_THAT(error.what(), HasSubstr("the connection broke")) << bytes;
    EXPECT_THAT(error.what(), HasSubstr("3 attempts"));
    EXPECT_EQ(error.where(), server.url("/secret-free"));
    EXPECT_EQ(server.requests(), 3U);
    EXPECT_THROW(client.send({"POST", server.url(), {}, "body"}), UnavailableError);
    EXPECT_EQ(server.requests(), 4U) << "a POST that may have been done was repeated";
  }
}

TEST(Http, ARefusedConnectionIsTriedAgainForEveryMethod) {
  std::string url;
  {
    Server gone([](const Seen&) { return answer(200); });
    url = gone.url("/x");
  }
  auto options = quick();
  options.attempts = 4;
  HttpClient client(options);
  const auto error = thrown_by<UnavailableError>(client, {"POST", url, {}, "x"});
  EXPECT_THAT(error.what(), HasSubstr("connection refused"));
  EXPECT_THAT(error.what(), HasSubstr("4 attempts"));
  EXPECT_EQ(error.where(), url);
}

TEST(Http, AKeptConnectionThatDiedIsReplacedForWhatMayBeRepeated) {
  // Answers the first request of a connection; the second one is read, and nothing comes.
  std::atomic<unsigned> last = 0;
  const auto handler = [&](const Seen& seen) {
    return last.exchange(seen.connection) == seen.connection ? Reply{"", true} : answer(200, "ok");
  };
  {
    Server server(handler);
    auto options = quick();
    options.attempts = 1;
    HttpClient client(options);
    for (int i = 0; i < 2; ++i) EXPECT_EQ(client.send({"GET", server.url()}).body, "ok");
    EXPECT_EQ(server.requests(), 3U);
    EXPECT_EQ(server.connections(), 2U);
  }
  for (const std::string body : {"", "body"}) {
    last = 0;
    Server server(handler);
    HttpClient client(quick());
    EXPECT_EQ(client.send({"POST", server.url(), {}, body}).body, "ok");
    const auto error = thrown_by<UnavailableError>(client, {"POST", server.url(), {}, body});
    EXPECT_THAT(error.hint(), HasSubstr("may have carried out the request"));
    EXPECT_EQ(server.requests(), 2U) << "libcurl itself repeated a POST with body '" << body << "'";
  }
}

TEST(Http, AServerThatClosesIdleConnectionsCostsNothing) {
  Server server([](const Seen&) { return Reply{answer(200, "ok").bytes, true}; });
  auto options = quick();
  options.attempts = 1;
  HttpClient client(options);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(client.send({"GET", server.url()}).body, "ok");
  EXPECT_EQ(server.connections(), 5U);
}

// --- connections
// ------------------------------------------------------------------------------------------------------

TEST(Http, KeepsItsConnection) {
  Server server([](const Seen& seen) { return answer(seen.method == "PUT" ? 500 : 200, "x"); });
  HttpClient client(quick());
  for (int i = 0; i < 20; ++i) client.send({i % 2 == 0 ? "GET" : "POST", server.url(), {}, i % 2 == 0 ? "" : "body"});
  client.send({"PUT", server.url(), {}, "body"});
  EXPECT_EQ(server.connections(), 1U);
}

TEST(Http, LimitsConnectionsToAHost) {
  std::atomic<int> now = 0;
  std::atomic<int> most = 0;
  Server server([&](const Seen&) {
    most = std::max<int>(most, ++now);
    std::this_thread::yield();
    --now;
    return answer(200, "ok");
  });
  auto options = quick();
  options.connections_per_host = 2;
  HttpClient client(options);
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 25; ++i) EXPECT_EQ(client.send({"GET", server.url()}).body, "ok");
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(server.requests(), 200U);
  EXPECT_LE(server.connections(), 2U);
  EXPECT_LE(most, 2);
}

// --- bodies that are streamed
// -----------------------------------------------------------------------------------------

TEST(HttpSource, IsRewoundBeforeEveryAttempt) {
  std::atomic<int> count = 0;
  Server server([&](const Seen&) { return ++count < 3 ? answer(500) : answer(200); });
  HttpClient client(quick());
  const std::string text(3'000'000, 'x');
  TextSource source(text);
  EXPECT_EQ(client.send({"PUT", server.url(), {}, "", &source}).status, 200);
  EXPECT_EQ(source.rewinds, 3U);
  for (const auto& seen : server.seen()) EXPECT_TRUE(seen.body == text);
  EXPECT_EQ(server.seen().back().head.header("Expect"), "100-continue") << "large bodies ask first";
}

TEST(HttpSource, MayBeEmpty) {
  Server server([](const Seen&) { return answer(200); });
  HttpClient client(quick());
  TextSource source("");
  EXPECT_EQ(client.send({"PUT", server.url(), {}, "", &source}).status, 200);
  EXPECT_EQ(server.seen().back().head.header("Content-Length"), "0");
}

TEST(HttpSource, WhatItThrowsComesOutAndIsNotRepeated) {
  Server server([](const Seen&) { return answer(200); });
  HttpClient client(quick());
  TextSource source(std::string(500'000, 'x'));
  source.fail_at = 200'000;
  EXPECT_STREQ(thrown_by<InputError>(client, {"PUT", server.url(), {}, "", &source}).what(), "the disk is gone");
  EXPECT_EQ(source.rewinds, 1U);
  EXPECT_EQ(client.send({"GET", server.url()}).status, 200) << "the client goes on";
}

TEST(HttpSource, ThatEndsTooEarlyIsAnError) {
  Server server([](const Seen&) { return answer(200); });
  HttpClient client(quick());
  TextSource source("abc");
  source.missing = 2;
  EXPECT_THAT(thrown_by<InputError>(client, {"PUT", server.url(), {}, "", &source}).what(), HasSubstr("3 of 5 bytes"));
}

TEST(HttpSink, TakesTheBodyAndBeginsAnewWithEveryAttempt) {
  std::atomic<int> count = 0;
  Server server([&](const Seen&) {
    if (++count == 1) return Reply{"HTTP/1.1 200 x\r\nContent-Length: 100\r\n\r\nhalf of it", true};
    return count == 2 ? answer(503, "busy") : answer(206, "all of it", "Content-Type: text/plain\r\n");
  });
  HttpClient client(quick());
  TextSink sink;
  const auto response = client.send({"GET", server.url(), {}, "", nullptr, &sink});
  EXPECT_EQ(response.status, 206);
  EXPECT_EQ(response.body, "");
  EXPECT_EQ(sink.text, "all of it");
  EXPECT_EQ(sink.type, "text/plain");
  EXPECT_EQ(sink.statuses, (std::vector<long>{200, 206})) << "what is no 2xx goes to Response::body";
}

TEST(HttpSink, BeginsAlsoWithAnEmptyBody) {
  Server server([](const Seen&) { return answer(200); });
  HttpClient client(quick());
  TextSink sink;
  client.send({"GET", server.url(), {}, "", nullptr, &sink});
  EXPECT_EQ(sink.statuses, std::vector<long>{200});
}

TEST(HttpSink, WhatItThrowsComesOutAndIsNotRepeated) {
  Server server([](const Seen&) { return answer(200, "bytes"); });
  HttpClient client(quick());
  TextSink sink;
  sink.full = true;
  EXPECT_STREQ(thrown_by<InputError>(client, {"GET", server.url(), {}, "", nullptr, &sink}).what(), "the disk is full");
  EXPECT_EQ(server.requests(), 1U);
}

TEST(Http, BoundsTheBodyItKeeps) {
  Server server([](const Seen&) { return answer(200, std::string(2000, 'x')); });
  auto options = quick();
  options.largest_body = 1999;
  HttpClient client(options);
  EXPECT_THAT(thrown_by<InputError>(client, {"GET", server.url()}).what(), HasSubstr("2.0 kB"));
  options.largest_body = 2000;
  HttpClient other(options);
  EXPECT_EQ(other.send({"GET", server.url()}).body.size(), 2000U);
}

TEST(Http, SharesItsBytesASecond) {
  Server server([](const Seen&) { return answer(200, std::string(20'000, 'x')); });
  auto options = quick();
  options.bytes_per_second = 1'000'000;
  HttpClient client(options);
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < 5; ++i) client.send({"PUT", server.url(), {}, std::string(20'000, 'y')});
  // 200,000 bytes at 1,000,000 a second; the last piece of at most 20,000 bytes needs no waiting after it.
  EXPECT_GE(std::chrono::steady_clock::now() - start, 180ms);
}

TEST(Http, ClientsOfOneProcessShareTheirLimit) {
  Server server([](const Seen&) { return answer(200, std::string(20'000, 'x')); });
  auto options = quick();
  options.bytes_per_second = 1'000'001;  // of no other test
  HttpClient pull(options);
  HttpClient files(options);
  const auto start = std::chrono::steady_clock::now();
  const auto transfer = [&](HttpClient& client) {
    for (int i = 0; i < 5; ++i) client.send({"PUT", server.url(), {}, std::string(20'000, 'y')});
  };
  std::jthread both([&] { transfer(pull); });
  transfer(files);
  both.join();
  // 400,000 bytes at 1,000,000 a second, but for the last piece of each; with a limit each it would take half of that.
  EXPECT_GE(std::chrono::steady_clock::now() - start, 360ms);
}

// --- time-outs and stopping
// -------------------------------------------------------------------------------------------

/// Holds requests until it goes away.
class Silent {
 public:
  Reply operator()(const Seen&) {
    arrived.count_down();
    released_.wait();
    return {"", true};
  }
  void release() { released_.count_down(); }
  std::latch arrived{1};

 private:
  std::latch released_{1};
};

TEST(Http, GivesUpWhenNoAnswerComes) {
  Silent silent;
  Server server([&](const Seen& seen) { return silent(seen); });
  auto options = quick();
  options.attempts = 1;
  options.total = 50ms;
  HttpClient client(options);
  EXPECT_THAT(thrown_by<UnavailableError>(client, {"GET", server.url()}).what(), HasSubstr("no answer within 0.05 s"));
  silent.release();
}

TEST(Http, GivesUpWhenATransferStalls) {
  Silent silent;
  Server server([&](const Seen& seen) { return silent(seen); });
  auto options = quick();
  options.attempts = 1;
  options.stall = 20ms;
  HttpClient client(options);
  TextSink sink;
  EXPECT_THAT(thrown_by<UnavailableError>(client, {"GET", server.url(), {}, "", nullptr, &sink}).what(),
              HasSubstr("the transfer stalled: fewer than 1024 bytes a second for 0.02 s"));
  silent.release();
}

TEST(Http, StopsWhileItWaitsForAnAnswer) {
  Silent silent;
  Server server([&](const Seen& seen) { return silent(seen); });
  std::stop_source stop;
  HttpClient client(HttpOptions{}, stop.get_token());
  std::thread asker([&] {
    silent.arrived.wait();
    stop.request_stop();
  });
  EXPECT_THROW(client.send({"GET", server.url()}), StoppedError);
  asker.join();
  silent.release();
  EXPECT_THROW(client.send({"GET", server.url()}), StoppedError) << "and stays stopped";
  EXPECT_EQ(server.requests(), 1U);
}

TEST(Http, StopsBetweenAttempts) {
  std::stop_source stop;
  Server server([&](const Seen&) {
    stop.request_stop();
    return answer(503, "", "Retry-After: 100\r\n");
  });
  HttpClient client(HttpOptions{}, stop.get_token());
  EXPECT_THROW(client.send({"GET", server.url()}), StoppedError);
}

TEST(Http, StopsWhileItWaitsForAConnection) {
  Silent silent;
  Server server([&](const Seen& seen) { return silent(seen); });
  std::stop_source stop;
  HttpOptions options;
  options.connections_per_host = 1;
  HttpClient client(options, stop.get_token());
  std::thread holder([&] { EXPECT_THROW(client.send({"GET", server.url()}), StoppedError); });
  silent.arrived.wait();
  std::thread waiter([&] { EXPECT_THROW(client.send({"GET", server.url()}), StoppedError); });
  stop.request_stop();
  holder.join();
  waiter.join();
  silent.release();
}

// --- secrets
// ----------------------------------------------------------------------------------------------------------

TEST(Http, SecretsStayOutOfErrorsAndLogs) {
  std::atomic<int> count = 0;
  Server server([&](const Seen&) {
    return Reply{++count % 2 == 0 ? "" : answer(503, "swordfish in the body").bytes, true};
  });
  auto options = quick();
  options.attempts = 4;
  HttpClient client(options);
  log::setup(log::Level::debug, false);
  ::testing::internal::CaptureStderr();
  auto url = server.url("/path?X-Amz-Signature=swordfish");
  url.insert(7, "user:swordfish@");
  const auto error =
      thrown_by<UnavailableError>(client, {"GET", url, {{"Authorization", "Bearer swordfish"}}, "swordfish"});
  const auto log = ::testing::internal::GetCapturedStderr();
  log::setup(log::Level::info, false);
  EXPECT_THAT(log, HasSubstr("GET " + server.url("/path") + ": 503"));
  EXPECT_THAT(log, HasSubstr("attempt 4"));
  EXPECT_THAT(log + error.what() + error.where() + error.hint(), Not(HasSubstr("swordfish")));
}

}  // namespace
}  // namespace etl::net
