#include "studies/pull_journal.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "studies/state.hpp"

namespace etl::studies {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;

class PullJournalTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "etl-journal-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { fs::remove_all(folder_); }

  fs::path folder_;
};

TEST_F(PullJournalTest, takes_many_files_at_once) {
  {
    PullJournal journal(folder_);
    journal.put({{"/s/a", {"abc", 5, 1}}, {"/s/b", {"def", 6, 2}}});
    journal.put(std::vector<std::pair<std::string, KnownFile>>());
  }
  PullJournal journal(folder_);
  ASSERT_TRUE(journal.find("/s/a"));
  EXPECT_EQ(journal.find("/s/b")->size, 6U);
}

TEST_F(PullJournalTest, knows_files_in_a_later_run) {
  {
    PullJournal journal(folder_);
    journal.put("/s/a", {"abc", 5, 1'700'000'000'123'456'789});
    journal.put("/s/b", {"def", 6, 1});
    journal.forget({"/s/b"});
  }
  PullJournal journal(folder_);
  const auto found = journal.find("/s/a");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->etag, "abc");
  EXPECT_EQ(found->size, 5U);
  EXPECT_EQ(found->modified_ns, 1'700'000'000'123'456'789);
  EXPECT_FALSE(journal.find("/s/b"));
}

TEST_F(PullJournalTest, parts_count_only_for_the_same_object_and_work_file) {
  const KnownFile object{"abc", 100, 0};
  {
    PullJournal journal(folder_);
    EXPECT_THAT(journal.begin_parts("/s/a", object, 10, true), IsEmpty());
    for (const unsigned part : {7U, 0U, 3U}) journal.part_done("/s/a", part);
  }
  const auto again = [&](const KnownFile& now, std::uint64_t part_bytes, bool there) {
    PullJournal journal(folder_);
    return journal.begin_parts("/s/a", now, part_bytes, there);
  };
  EXPECT_THAT(again(object, 10, true), ElementsAre(0, 3, 7));
  EXPECT_THAT(again(object, 10, true), ElementsAre(0, 3, 7));
  EXPECT_THAT(again(object, 10, false), IsEmpty());
  EXPECT_THAT(again(object, 10, true), IsEmpty()) << "what was forgotten stays so";
  for (const auto& [other, bytes] :
       {std::pair{KnownFile{"abd", 100, 0}, 10U}, {KnownFile{"abc", 101, 0}, 10U}, {object, 20U}}) {
    {
      PullJournal journal(folder_);
      static_cast<void>(journal.begin_parts("/s/a", object, 10, true));
      journal.part_done("/s/a", 1);
    }
    EXPECT_THAT(again(other, bytes, true), IsEmpty());
  }
}

TEST_F(PullJournalTest, names_what_is_unfinished_and_absent_below_a_folder) {
  PullJournal journal(folder_);
  for (const auto* path : {"/s/a/1", "/s/a/2", "/s/ab", "/s/b/1"}) journal.put(path, {"e", 1, 1});
  journal.mark_present("/s/a/1");
  const auto absent = journal.absent("/s/a/");
  ASSERT_EQ(absent.size(), 1U);
  EXPECT_EQ(absent[0].first, "/s/a/2");
  EXPECT_EQ(journal.absent("/s/").size(), 3U);

  static_cast<void>(journal.begin_parts("/s/a/9", {"e", 1, 0}, 1, false));
  static_cast<void>(journal.begin_parts("/t/9", {"e", 1, 0}, 1, false));
  EXPECT_THAT(journal.unfinished("/s/"), ElementsAre("/s/a/9"));
  journal.forget_parts("/s/a/9");
  EXPECT_THAT(journal.unfinished("/s/"), IsEmpty());
}

TEST_F(PullJournalTest, remembers_the_last_load_of_each_project) {
  config::Settings settings;
  settings.set("state_dir", (folder_ / "state").string(), "test");
  const auto study = folder_ / "S";
  EXPECT_THAT(last_loads(folder_ / "state", study), IsEmpty());
  fs::create_directories(study / "extractions");
  fs::create_directories(folder_ / "S2");
  note_load(settings, "p-one", study);
  note_load(settings, "p-one", study);
  note_load(settings, "p-two", study / "extractions");
  note_load(settings, "p-three", folder_ / "S2");
  const auto loads = last_loads(folder_ / "state", study);
  ASSERT_EQ(loads.size(), 2U);
  EXPECT_EQ(loads[0].finished.size(), std::string("2026-01-01T00:00:00Z").size());
  EXPECT_EQ(loads[0].project + loads[1].project,
            std::string(loads[0].project == "p-one" ? "p-onep-two" : "p-twop-one"));
}

}  // namespace
}  // namespace etl::studies
