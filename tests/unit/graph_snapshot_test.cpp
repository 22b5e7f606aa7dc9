#include "graph/snapshot/graph_snapshot.hpp"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

namespace etl::graph {
namespace {

constexpr JsonbDigest::Value digest_a{'a'};
constexpr JsonbDigest::Value digest_b{'b'};

TEST(GraphSnapshot, KnowsRecordsByTypeAndId) {
  GraphSnapshot snapshot;
  EXPECT_EQ(snapshot.mark_seen(1, "x"), GraphSnapshot::none);
  snapshot.add_record(1, "x", digest_a);
  snapshot.add_record(2, "x", digest_b);
  EXPECT_EQ(snapshot.digest(snapshot.mark_seen(1, "x")), digest_a);
  EXPECT_EQ(snapshot.digest(snapshot.mark_seen(2, "x")), digest_b);
  EXPECT_EQ(snapshot.mark_seen(3, "x"), GraphSnapshot::none);
  EXPECT_EQ(snapshot.mark_seen(1, "y"), GraphSnapshot::none);
}

TEST(GraphSnapshot, KnowsEdgesThatGoOutFromItsRecordsAlone) {
  GraphSnapshot snapshot;
  snapshot.add_record(1, "x", digest_a);
  snapshot.add_record(1, "y", digest_a);
  snapshot.add_edge(7, 1, "x", 1, "y");
  snapshot.add_edge(7, 1, "x", 2, "of another project");
  snapshot.add_edge(7, 2, "of another project", 1, "x");
  snapshot.add_edge(7, 1, "unknown", 1, "x");
  ASSERT_EQ(snapshot.edges().size(), 2U);

  // What only an edge leads to is not the project's.
  EXPECT_EQ(snapshot.mark_seen(2, "of another project"), GraphSnapshot::none);
  const GraphSnapshot::Slot x = snapshot.mark_seen(1, "x");
  EXPECT_TRUE(snapshot.mark_edge_seen(7, x, 2, "of another project"));
  EXPECT_FALSE(snapshot.mark_edge_seen(8, x, 1, "y"));
  EXPECT_FALSE(snapshot.mark_edge_seen(7, x, 2, "y"));
  EXPECT_FALSE(snapshot.mark_edge_seen(7, snapshot.mark_seen(1, "y"), 1, "x"));
  EXPECT_FALSE(snapshot.mark_edge_seen(7, GraphSnapshot::none, 1, "y"));
  EXPECT_EQ(snapshot.edges()[0].seen, 0);
  EXPECT_EQ(snapshot.edges()[1].seen, 1);
}

TEST(GraphSnapshot, IsMarkedByManyThreadsAtOnce) {
  constexpr int count = 20'000;
  GraphSnapshot snapshot;
  for (int i = 0; i < count; ++i) snapshot.add_record(1, "r" + std::to_string(i), i % 2 == 0 ? digest_a : digest_b);
  for (int i = 0; i < count; ++i) {
    snapshot.add_edge(3, 1, "r" + std::to_string(i), 1, "r" + std::to_string((i + 1) % count));
  }
  const auto see = [&](int from) {  // each record by two threads
    for (int i = from; i < count; i += 2) {
      const GraphSnapshot::Slot place = snapshot.mark_seen(1, "r" + std::to_string(i % (count / 2)));
      if (snapshot.digest(place) == digest_a) snapshot.mark_unchanged(place);
      snapshot.mark_edge_seen(3, place, 1, "r" + std::to_string(i % (count / 2) + 1));
    }
  };
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) threads.emplace_back(see, t % 2);
  for (auto& thread : threads) thread.join();
  int seen = 0;
  int equal = 0;
  for (const auto& record : snapshot.records()) {
    seen += record.seen;
    equal += record.equal;
  }
  int edges = 0;
  for (const auto& edge : snapshot.edges()) edges += edge.seen;
  EXPECT_EQ(seen, count / 2);
  EXPECT_EQ(equal, count / 4);
  EXPECT_EQ(edges, count / 2);
}

}  // namespace
}  // namespace etl::graph
