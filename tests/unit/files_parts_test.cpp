#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <thread>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "files/journal.hpp"
#include "files/memory_budget.hpp"
#include "files/objects.hpp"
#include "files/part_plan.hpp"
#include "files/state_files.hpp"
#include "files/thread_pool.hpp"

namespace etl::files {
namespace {

namespace fs = std::filesystem;

TEST(PartPlan, CoversEveryByteOnce) {
  for (const std::uint64_t size :
       {std::uint64_t{1}, 5 * MiB, 5 * MiB + 1, 16 * MiB, 16 * MiB + 1, 100 * MiB, 160'000 * MiB, 160'000 * MiB + 1,
        700'000 * MiB, largest_object - 1, largest_object}) {
    const PartPlan plan = plan_parts(size, 16 * MiB);
    EXPECT_LE(plan.count(), most_parts) << size;
    EXPECT_GE(plan.part_size, smallest_part) << size;
    EXPECT_LE(plan.part_size, largest_put) << size;
    EXPECT_EQ(plan.offset(plan.count()) + plan.length(plan.count()), size);
    EXPECT_GT(plan.length(plan.count()), 0U);
    EXPECT_EQ(plan.offset(1), 0U);
  }
  EXPECT_EQ(plan_parts(160'000 * MiB, 16 * MiB).part_size, 16 * MiB);
  EXPECT_EQ(plan_parts(160'000 * MiB + 1, 16 * MiB).part_size, 17 * MiB);
}

TEST(Objects, EtagOfParts) {
  // by Python: md5(md5(b"a").digest() + md5(b"b").digest())
  const std::string etag = multipart_etag({md5_hex("a"), md5_hex("b")});
  EXPECT_EQ(etag, "96e024ba2074fe77e8e965ba43a704be-2");
  EXPECT_EQ(match_multipart_etag({2, etag, false}, etag), EtagMatch::match);
  EXPECT_EQ(match_multipart_etag({2, md5_hex("x") + "-2", false}, etag), EtagMatch::mismatch);
  EXPECT_EQ(match_multipart_etag({2, md5_hex("x") + "-2", true}, etag), EtagMatch::unknown);
  EXPECT_EQ(match_multipart_etag({2, md5_hex("x") + "-3", false}, etag), EtagMatch::unknown);
  EXPECT_EQ(match_multipart_etag({2, "whatever", false}, etag), EtagMatch::unknown);
}

TEST(Objects, EtagOfOnePut) {
  const std::string md5 = md5_hex("a");
  EXPECT_EQ(match_etag({1, md5, false}, md5), EtagMatch::match);
  EXPECT_EQ(match_etag({1, md5_hex("b"), false}, md5), EtagMatch::mismatch);
  EXPECT_EQ(match_etag({1, md5_hex("b"), true}, md5), EtagMatch::unknown);
  EXPECT_EQ(match_etag({1, md5_hex("b") + "-1", false}, md5), EtagMatch::unknown);
  EXPECT_EQ(match_etag({1, "", false}, md5), EtagMatch::unknown);
}

TEST(Objects, WhereASignedUrlLeads) {
  EXPECT_TRUE(leads_to("http://127.0.0.1:9000/bucket/key?X-Amz-Signature=1", "bucket"));
  EXPECT_TRUE(leads_to("https://bucket.s3.amazonaws.com/key?x=/other/", "bucket"));
  EXPECT_FALSE(leads_to("http://127.0.0.1:9000/bucket-2/key", "bucket"));
  EXPECT_FALSE(leads_to("http://127.0.0.1:9000/other/bucket/key", "bucket"));
  EXPECT_FALSE(leads_to("https://bucket-2.s3.amazonaws.com/bucket", "bucket"));
}

TEST(MemoryBudget, NeverMoreThanThereIs) {
  MemoryBudget budget(100);
  std::atomic<int> taken{0};
  std::atomic<int> most{0};
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&] {
        for (int n = 0; n < 200; ++n) {
          const auto lease = budget.take(40, {});
          const int now = taken += 40;
          for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
          }
          taken -= 40;
        }
      });
    }
  }
  EXPECT_LE(most, 80);
  const auto all = budget.take(1000, {});  // more than there is: all of it
  std::stop_source stop;
  stop.request_stop();
  EXPECT_THROW(static_cast<void>(budget.take(1, stop.get_token())), StoppedError);
}

TEST(ThreadPool, DoesAllOrThrows) {
  std::atomic<int> sum{0};
  {
    ThreadPool<int> crew(4, 2, [&](int& n) { sum += n; });
    for (int i = 1; i <= 100; ++i) crew.add(i);
    crew.finish();
  }
  EXPECT_EQ(sum, 5050);
  ThreadPool<int> crew(4, 2, [&](int& n) {
    if (n == 10) throw RefusedError("ten");
  });
  EXPECT_THROW(
      {
        for (int i = 0; i < 100'000; ++i) crew.add(i);
        crew.finish();
      },
      RefusedError);
}

class JournalTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "files-test-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
    document_.did = "d";
    document_.size = 7;
    document_.md5 = "m";
    document_.location.mtime_ns = 1;
  }
  void TearDown() override { fs::remove_all(folder_); }

  fs::path folder_;
  Document document_;
};

TEST_F(JournalTest, RemembersAcrossRuns) {
  {
    Journal journal(folder_, "https://commons.example.org");
    journal.begin("d");
    journal.start_upload("d", {"u", "d/x", "b", 5, 7, 1, "m", {}});
    journal.add_part("d", "u", 2, {"m2", "\"e2\""});
    journal.add_part("d", "other", 1, {"m1", "e1"});  // late, of an upload that is no more
  }
  Journal journal(folder_, "https://commons.example.org");
  EXPECT_TRUE(journal.begun("d"));
  const auto upload = journal.upload("d");
  ASSERT_TRUE(upload);
  EXPECT_EQ(upload->id, "u");
  EXPECT_EQ(upload->part_size, 5U);
  ASSERT_EQ(upload->parts.size(), 1U);
  EXPECT_EQ(upload->parts.at(2).etag, "\"e2\"");
  EXPECT_FALSE(journal.finished(document_, "s3://b/d/x"));
  journal.finish(document_, "s3://b/d/x");
  EXPECT_TRUE(journal.finished(document_, "s3://b/d/x"));
  EXPECT_FALSE(journal.finished(document_, "s3://b2/d/x"));
  EXPECT_FALSE(journal.begun("d"));
  EXPECT_FALSE(journal.upload("d"));
  document_.location.mtime_ns = 2;
  EXPECT_FALSE(journal.finished(document_, "s3://b/d/x"));
}

TEST_F(JournalTest, ANewUploadHasNoParts) {
  Journal journal(folder_, "https://commons.example.org");
  journal.start_upload("d", {"u", "d/x", "b", 5, 7, 1, "m", {}});
  journal.add_part("d", "u", 1, {"m1", "e1"});
  journal.start_upload("d", {"v", "d/x", "b", 5, 7, 1, "m", {}});
  EXPECT_TRUE(journal.upload("d")->parts.empty());
  journal.forget("d");
  EXPECT_FALSE(journal.upload("d"));
}

TEST_F(JournalTest, EveryCommonsHasItsOwn) {
  Journal one(folder_, "https://one.example.org");
  Journal other(folder_, "https://other.example.org:8443");
  one.begin("d");
  EXPECT_FALSE(other.begun("d"));
}

TEST_F(JournalTest, OneRunAProject) {
  const ProjectId project = ProjectId::parse("aced-Diabetes");
  {
    const ProjectLock lock(folder_, "https://commons", project);
    EXPECT_THROW(ProjectLock(folder_, "https://commons", project), LockedError);
    const ProjectLock another(folder_, "https://commons", ProjectId::parse("aced-Lung"));
    try {
      const ProjectLock again(folder_, "https://commons", project);
    } catch (const LockedError& error) {
      EXPECT_NE(std::string(error.what()).find(std::to_string(::getpid())), std::string::npos);
    }
  }
  const ProjectLock lock(folder_, "https://commons", project);
}

}  // namespace
}  // namespace etl::files
