#include "net/retry.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/log.hpp"

namespace etl::net {
namespace {

using namespace std::chrono_literals;
using std::chrono::system_clock;

TEST(Backoff, GrowsToItsLimitAndVaries) {
  const Backoff backoff{100ms, 1000ms};
  bool varied = false;
  for (int i = 0; i < 200; ++i) {
    for (const auto& [failed, most] : {std::pair{1U, 100ms}, {2U, 200ms}, {4U, 800ms}, {5U, 1000ms}, {1000U, 1000ms}}) {
      const auto wait = backoff.wait(failed);
      EXPECT_GE(wait, most / 2);
      EXPECT_LE(wait, most);
    }
    varied = varied || backoff.wait(5) != backoff.wait(5);
  }
  EXPECT_TRUE(varied);
}

TEST(RetryAfter, InSecondsOrAsADate) {
  const auto now = system_clock::from_time_t(784111777);  // Sun, 06 Nov 1994 08:49:37 GMT
  EXPECT_EQ(parse_retry_after("7", now), 7s);
  EXPECT_EQ(parse_retry_after(" 0 ", now), 0s);
  EXPECT_EQ(parse_retry_after("-5", now), 0s);
  EXPECT_EQ(parse_retry_after("99999999999999999999999", now), 1'000'000'000s);
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:49:47 GMT", now), 10s);
  EXPECT_EQ(parse_retry_after("Sunday, 06-Nov-94 08:49:38 GMT", now), 1s);
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:00:00 GMT", now), 0s);
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 2994 08:49:47 GMT", now), 1'000'000'000s);
  EXPECT_EQ(parse_retry_after("soon", now), std::nullopt);
  EXPECT_EQ(parse_retry_after("", now), std::nullopt);
}

TEST(SleepFor, EndsWhenAskedToStop) {
  std::stop_source stop;
  EXPECT_NO_THROW(sleep_for(1ms, stop.get_token()));
  stop.request_stop();
  EXPECT_THROW(sleep_for(1h, stop.get_token()), StoppedError);
}

const RetryPolicy kQuick{3, {1ms, 1ms}};

TEST(Retry, RepeatsWhatMayGoBetterNextTime) {
  int calls = 0;
  ::testing::internal::CaptureStderr();
  const auto result = retry(kQuick, {}, "upload of F0.txt", [&] {
    if (++calls < 3) throw UnavailableError("the server went away", "https://h/path");
    return 7;
  });
  const auto log = ::testing::internal::GetCapturedStderr();
  EXPECT_EQ(result, 7);
  EXPECT_EQ(calls, 3);
  EXPECT_THAT(log, ::testing::HasSubstr("upload of F0.txt: attempt 1 of 3 failed"));
  EXPECT_THAT(log, ::testing::HasSubstr("the server went away"));
}

TEST(Retry, GivesTheLastExceptionToTheCaller) {
  int calls = 0;
  const auto operation = [&] { throw UnavailableError("no " + std::to_string(++calls)); };
  try {
    retry(kQuick, {}, "it", operation);
    FAIL();
  } catch (const UnavailableError& error) {
    EXPECT_STREQ(error.what(), "no 3");
  }
}

TEST(Retry, RepeatsOtherErrorsOnlyWhenNamed) {
  int calls = 0;
  const auto operation = [&] {
    ++calls;
    throw NotAllowedError("the URL has expired");
  };
  EXPECT_THROW(retry(kQuick, {}, "it", operation), NotAllowedError);
  EXPECT_EQ(calls, 1);
  EXPECT_THROW((retry<InputError, NotAllowedError>(kQuick, {}, "it", operation)), NotAllowedError);
  EXPECT_EQ(calls, 4);
}

TEST(Retry, StopsWhenAskedTo) {
  std::stop_source stop;
  int calls = 0;
  EXPECT_THROW(retry({5, {1h, 1h}}, stop.get_token(), "it",
                     [&] {
                       ++calls;
                       stop.request_stop();
                       throw UnavailableError("gone");
                     }),
               StoppedError);
  EXPECT_EQ(calls, 1);
  EXPECT_THROW(retry(kQuick, {}, "it",
                     [&] {
                       ++calls;
                       throw StoppedError();
                     }),
               StoppedError);
  EXPECT_EQ(calls, 2) << "what was stopped is not repeated";
}

}  // namespace
}  // namespace etl::net
