#include "run/schedule.hpp"

#include <gtest/gtest.h>

namespace etl::run {
namespace {

using namespace std::chrono_literals;
using Time = Schedule::Time;

constexpr Time now{1'800'000'000s};
constexpr Schedule schedule{.every = 6h, .jitter = 10min};

TEST(Schedule, TheFirstRunIsDueAtOnce) { EXPECT_EQ(schedule.next(std::nullopt, now, 0.5), now); }

TEST(Schedule, TheNextIsCountedFromWhenTheLastBegan) { EXPECT_EQ(schedule.next(now - 1h, now, 0), now + 5h); }

TEST(Schedule, JitterMakesItLaterAtMostByItself) {
  EXPECT_EQ(schedule.next(now, now, 1), now + 6h + 10min);
  EXPECT_EQ(schedule.next(now, now, 0.5), now + 6h + 5min);
}

TEST(Schedule, MissedTimesAreMadeUpForOnce) {
  EXPECT_EQ(schedule.next(now - 100h, now, 0), now);
  EXPECT_EQ(schedule.next(now, now, 0), now + 6h);
}

TEST(Schedule, ARunInTheFutureDoesNotHoldTheNextUp) { EXPECT_EQ(schedule.next(now + 1000h, now, 0), now + 6h); }

}  // namespace
}  // namespace etl::run
