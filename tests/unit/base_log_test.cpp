#include "base/log.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>
#include <thread>
#include <vector>

namespace etl::log {
namespace {

class LogTest : public testing::Test {
 protected:
  void TearDown() override { setup(Level::info, false); }

  template <typename Work>
  static std::string said(Work work) {
    testing::internal::CaptureStderr();
    work();
    return testing::internal::GetCapturedStderr();
  }
};

TEST_F(LogTest, text_marks_all_but_info) {
  setup(Level::debug, false);
  EXPECT_EQ(said([] { info("loaded {} rows", 3); }), "loaded 3 rows\n");
  EXPECT_EQ(said([] { warn("careful"); }), "warning: careful\n");
  EXPECT_EQ(said([] { error("broken"); }), "error: broken\n");
  EXPECT_EQ(said([] { debug("why"); }), "debug: why\n");
}

TEST_F(LogTest, levels) {
  setup(Level::error, false);
  EXPECT_EQ(said([] {
              info("no");
              warn("no");
              debug("no");
              error("yes");
            }),
            "error: yes\n");
}

TEST_F(LogTest, fields_and_line_breaks_are_indented_and_control_characters_defused) {
  setup(Level::info, false);
  EXPECT_EQ(said([] {
              write(Level::error, "a\nb\x1b", {{"at", "f:1"}, {"none", ""}, {"do", "x"}});
            }),
            "error: a\n  b\\x1b\n  at: f:1\n  do: x\n");
}

TEST_F(LogTest, json_is_one_object_a_line) {
  setup(Level::info, true);
  const std::string line = said([] { write(Level::warn, "a \"b\"\nc", {{"at", "x"}, {"none", ""}}); });
  // {"ts":"2026-11-22T17:58:33.480Z", then what does not depend on the clock.
  ASSERT_GT(line.size(), 33U);
  EXPECT_EQ(line.substr(0, 7), "{\"ts\":\"");
  std::string shape = line.substr(7, 24);
  std::replace_if(
      shape.begin(), shape.end(), [](char c) { return c >= '0' && c <= '9'; }, '0');
  EXPECT_EQ(shape, "0000-00-00T00:00:00.000Z");
  EXPECT_EQ(line.substr(31), "\",\"level\":\"warning\",\"msg\":\"a \\\"b\\\"\\nc\",\"at\":\"x\"}\n");
}

TEST_F(LogTest, lines_of_many_threads_do_not_mix) {
  setup(Level::info, false);
  const std::string all = said([] {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([i] {
        for (int n = 0; n < 200; ++n) info("{0}{0}{0}{0}{0}{0}{0}{0}", i);
      });
    }
  });
  std::istringstream lines(all);
  std::size_t count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    ASSERT_EQ(line.size(), 8U);
    ASSERT_EQ(std::count(line.begin(), line.end(), line[0]), 8);
  }
  EXPECT_EQ(count, 1600U);
}

TEST_F(LogTest, numbers_and_booleans_stay_such_in_json) {
  setup(Level::info, true);
  const std::string line = said([] {
    write(Level::info, "x", {{"bytes", 100}, {"dry", true}, {"counts", Value::json("{\"a\":1}")}, {"text", "7"}});
  });
  EXPECT_NE(line.find(R"("bytes":100,"dry":true,"counts":{"a":1},"text":"7")"), std::string::npos) << line;
}

TEST_F(LogTest, a_scope_gives_every_message_its_study_and_step) {
  setup(Level::info, false);
  {
    const Scope scope("Lung", "p-Lung", "graph");
    EXPECT_EQ(said([] { warn("careful"); }), "warning: Lung: careful\n");
    EXPECT_EQ(said([] { info("Lung: done"); }), "Lung: done\n");
    setup(Level::info, true);
    const std::string line = said([] { write(Level::info, "x", {{"step", "files"}}); });
    EXPECT_NE(line.find(R"("msg":"x","step":"files","study":"Lung","project":"p-Lung"})"), std::string::npos) << line;
    setup(Level::info, false);
  }
  EXPECT_EQ(said([] { warn("careful"); }), "warning: careful\n");
}

TEST_F(LogTest, a_warning_is_written_once_for_a_study) {
  setup(Level::info, false);
  const auto twice = [] {
    warn("careful");
    warn("careful");
  };
  EXPECT_EQ(said(twice), "warning: careful\nwarning: careful\n");
  const WarnOnce once;
  {
    const Scope scope("A", "p-A", "validate");
    EXPECT_EQ(said(twice), "warning: A: careful\n");
  }
  const Scope scope("B", "p-B", "validate");
  EXPECT_EQ(said(twice), "warning: B: careful\n");
}

TEST_F(LogTest, timestamps_stand_in_front_of_text) {
  setup(Level::info, false);
  set_timestamps(true);
  const std::string line = said([] { info("done"); });
  set_timestamps(false);
  EXPECT_EQ(line.size(), std::string("2026-01-31T10:00:00.000Z done\n").size()) << line;
  EXPECT_TRUE(line.ends_with("Z done\n")) << line;
}

TEST_F(LogTest, without_a_terminal_retries_of_a_kind_are_written_once_a_minute) {
  setup(Level::info, false);
  const auto thrice = [] {
    for (int i = 0; i < 3; ++i) const RetryNotice notice("kind of the first test", "trying again", {{"reason", "x"}});
  };
  EXPECT_EQ(said(thrice), "trying again\n  reason: x\n");
  setup(Level::debug, false);
  EXPECT_EQ(said(thrice), "trying again\n  reason: x\ntrying again\n  reason: x\ntrying again\n  reason: x\n");
  setup(Level::error, false);
  EXPECT_EQ(said(thrice), "");
}

}  // namespace
}  // namespace etl::log
