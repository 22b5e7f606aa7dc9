#include "graph/held.hpp"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

namespace etl::graph {
namespace {

constexpr JsonbDigest::Value digest_a{'a'};
constexpr JsonbDigest::Value digest_b{'b'};

TEST(Held, KnowsRecordsByTypeAndId) {
  Held held;
  EXPECT_EQ(held.saw(1, "x"), Held::none);
  held.add_record(1, "x", digest_a);
  held.add_record(2, "x", digest_b);
  EXPECT_EQ(held.digest(held.saw(1, "x")), digest_a);
  EXPECT_EQ(held.digest(held.saw(2, "x")), digest_b);
  EXPECT_EQ(held.saw(3, "x"), Held::none);
  EXPECT_EQ(held.saw(1, "y"), Held::none);
}

TEST(Held, KnowsEdgesThatGoOutFromItsRecordsAlone) {
  Held held;
  held.add_record(1, "x", digest_a);
  held.add_record(1, "y", digest_a);
  held.add_edge(7, 1, "x", 1, "y");
  held.add_edge(7, 1, "x", 2, "of another project");
  held.add_edge(7, 2, "of another project", 1, "x");
  held.add_edge(7, 1, "unknown", 1, "x");
  ASSERT_EQ(held.edges().size(), 2U);

  // What only an edge leads to is not the project's.
  EXPECT_EQ(held.saw(2, "of another project"), Held::none);
  const Held::Place x = held.saw(1, "x");
  EXPECT_TRUE(held.saw_edge(7, x, 2, "of another project"));
  EXPECT_FALSE(held.saw_edge(8, x, 1, "y"));
  EXPECT_FALSE(held.saw_edge(7, x, 2, "y"));
  EXPECT_FALSE(held.saw_edge(7, held.saw(1, "y"), 1, "x"));
  EXPECT_FALSE(held.saw_edge(7, Held::none, 1, "y"));
  EXPECT_EQ(held.edges()[0].seen, 0);
  EXPECT_EQ(held.edges()[1].seen, 1);
}

TEST(Held, IsMarkedByManyThreadsAtOnce) {
  constexpr int count = 20'000;
  Held held;
  for (int i = 0; i < count; ++i) held.add_record(1, "r" + std::to_string(i), i % 2 == 0 ? digest_a : digest_b);
  for (int i = 0; i < count; ++i) {
    held.add_edge(3, 1, "r" + std::to_string(i), 1, "r" + std::to_string((i + 1) % count));
  }
  const auto see = [&](int from) {  // each record by two threads
    for (int i = from; i < count; i += 2) {
      const Held::Place place = held.saw(1, "r" + std::to_string(i % (count / 2)));
      if (held.digest(place) == digest_a) held.saw_equal(place);
      held.saw_edge(3, place, 1, "r" + std::to_string(i % (count / 2) + 1));
    }
  };
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) threads.emplace_back(see, t % 2);
  for (auto& thread : threads) thread.join();
  int seen = 0;
  int equal = 0;
  for (const auto& record : held.records()) {
    seen += record.seen;
    equal += record.equal;
  }
  int edges = 0;
  for (const auto& edge : held.edges()) edges += edge.seen;
  EXPECT_EQ(seen, count / 2);
  EXPECT_EQ(equal, count / 4);
  EXPECT_EQ(edges, count / 2);
}

}  // namespace
}  // namespace etl::graph
