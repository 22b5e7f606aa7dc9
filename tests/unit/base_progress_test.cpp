#include "base/progress.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <pty.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <thread>

#include "base/log.hpp"

namespace etl {
namespace {

using namespace std::chrono_literals;
using Unit = Progress::Unit;

TEST(Progress, line_with_total_has_share_rate_and_time_left) {
  EXPECT_EQ(progress_line("loading", 450'000'000, 1'000'000'000, Unit::bytes, 9s, 200),
            "loading   45% [=========>          ] 450.0 MB of 1.0 GB  50.0 MB/s  11 s left");
  EXPECT_EQ(progress_line("loading", 2000, 2000, Unit::items, 2s, 200),
            "loading  100% [====================] 2,000 of 2,000  1,000/s");
}

TEST(Progress, line_without_total_has_the_time_so_far) {
  EXPECT_EQ(progress_line("reading", 2'000'000, std::nullopt, Unit::bytes, 20s, 200),
            "reading  2.0 MB  100.0 kB/s  20 s");
}

TEST(Progress, line_never_wraps_and_never_passes_all) {
  EXPECT_LT(progress_line("loading", 5, 100, Unit::items, 1s, 40).size(), 40U);
  EXPECT_NE(progress_line("x", 300, 100, Unit::items, 1s, 200).find("100%"), std::string::npos);
  EXPECT_EQ(progress_line("x", 0, 0, Unit::items, 2s, 200), "x  2.00 s");  // a rate of 0 says nothing
}

TEST(Progress, says_nothing_without_a_terminal) {
  testing::internal::CaptureStderr();
  {
    Progress progress("loading", 100);
    std::this_thread::sleep_for(350ms);
    progress.add(50);
    EXPECT_EQ(progress.done(), 50U);
  }
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

/// stderr on a pseudo-terminal for as long as this lives.
class Terminal {
 public:
  Terminal() : saved_(::dup(STDERR_FILENO)) {
    ::setenv("TERM", "xterm", 1);
    int inner = -1;
    winsize size{24, 100, 0, 0};
    if (::openpty(&outer_, &inner, nullptr, nullptr, &size) != 0) std::abort();
    ::dup2(inner, STDERR_FILENO);
    ::close(inner);
    ::fcntl(outer_, F_SETFL, O_NONBLOCK);
  }
  ~Terminal() {
    ::dup2(saved_, STDERR_FILENO);
    ::close(saved_);
    ::close(outer_);
  }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  std::string text() const {
    std::array<char, 65536> buffer{};
    const ssize_t got = ::read(outer_, buffer.data(), buffer.size());
    return got > 0 ? std::string(buffer.data(), static_cast<std::size_t>(got)) : std::string{};
  }
  /// What came until `wanted` was in it; empty when it did not come.
  std::string until(const std::string& wanted) const {
    std::string all;
    for (int i = 0; i < 3'000; ++i) {
      all += text();
      if (all.find(wanted) != std::string::npos) return all;
      std::this_thread::sleep_for(10ms);
    }
    return {};
  }

 private:
  int outer_ = -1;
  int saved_;
};

TEST(Progress, draws_on_a_terminal_below_the_log_and_erases_itself) {
  const Terminal terminal;
  {
    Progress progress("loading", 100, Unit::items);
    progress.add(50);
    EXPECT_NE(terminal.until("loading   50%"), "");
    log::info("between");
    EXPECT_NE(terminal.until("\r\x1b[Kbetween\r\nloading   50%"), "");
  }
  const std::string rest = terminal.text();
  EXPECT_TRUE(rest.ends_with("\r\x1b[K")) << rest;
}

TEST(Progress, work_that_ends_at_once_shows_nothing) {
  const Terminal terminal;
  { const Progress progress("loading", 100, Unit::items); }
  EXPECT_EQ(terminal.text(), "");
}

TEST(Progress, a_total_may_grow_and_the_name_may_say_more) {
  const Terminal terminal;
  Progress progress("pulling", 0, Unit::items);
  progress.expect(150);
  progress.expect(50);
  progress.note("1 of\x1b 4 files");
  progress.add(50);
  EXPECT_NE(terminal.until("pulling 1 of\\x1b 4 files   25%"), "");
}

TEST(Progress, a_phase_has_its_own_total_and_moves_while_nothing_is_added) {
  const Terminal terminal;
  Progress progress("loading", std::nullopt);
  progress.add(1'000'000);
  progress.phase("comparing");
  EXPECT_NE(terminal.until("loading: comparing  0."), "");
  progress.phase("writing", 200);
  progress.add(50);
  EXPECT_NE(terminal.until("loading: writing   25%"), "");
}

TEST(Progress, is_silent_when_quiet_or_json) {
  const Terminal terminal;
  for (const auto& [level, json] : {std::pair{log::Level::error, false}, {log::Level::info, true}}) {
    log::setup(level, json);
    Progress progress("loading", 100);
    std::this_thread::sleep_for(350ms);
    progress.add(50);
  }
  log::setup(log::Level::info, false);
  EXPECT_EQ(terminal.text(), "");
}

}  // namespace
}  // namespace etl
