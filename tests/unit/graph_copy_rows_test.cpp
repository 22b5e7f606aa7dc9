#include "graph/connection/copy_rows.hpp"

#include <gtest/gtest.h>

#include <string>

namespace etl::graph {
namespace {

using namespace std::string_view_literals;

TEST(CopyRows, OfAnEdgeAreAsPostgresqlReadsThem) {
  Buffer rows;
  append_edge(rows, 258, "ab", "");
  EXPECT_EQ(rows.view(),
            "\0\3"
            "\0\0\0\4\0\0\1\2"
            "\0\0\0\2ab"
            "\0\0\0\0"sv);
}

TEST(CopyRows, OfANodeHaveItsProjectAtTheEndOfItsObject) {
  Buffer rows;
  append_node(rows, 1, "p", 5, R"({"a":1})", R"("project_id":"x-y")");
  append_node(rows, 1, "p", 5, "{}", R"("project_id":"x-y")");
  EXPECT_EQ(rows.view(),
            "\0\4"
            "\0\0\0\4\0\0\0\1"
            "\0\0\0\1p"
            "\0\0\0\x8\0\0\0\0\0\0\0\5"
            "\0\0\0\x1b"
            "\1{\"a\":1,\"project_id\":\"x-y\"}"
            "\0\4"
            "\0\0\0\4\0\0\0\1"
            "\0\0\0\1p"
            "\0\0\0\x8\0\0\0\0\0\0\0\5"
            "\0\0\0\x15"
            "\1{\"project_id\":\"x-y\"}"sv);
}

TEST(CopyRows, OfAnObjectWithNothingInItAreJsonToo) {
  for (const char* object : {"{}", "{ }", "{\n\t}"}) {
    Buffer text;
    append_with_project(text, object, R"("project_id":"x-y")");
    EXPECT_EQ(text.view().find(','), std::string_view::npos) << object;
  }
}

TEST(CopyRows, AreCountedAndFoundByTheirPosition) {
  Buffer rows;
  EXPECT_EQ(count_rows(rows.view()), 0U);
  append_node(rows, 7, "first", 0, "{}", R"("project_id":"x-y")");
  append_node(rows, 8, std::string(70'000, 's'), 0, "{}", R"("project_id":"x-y")");
  append_edge(rows, 9, "third", "other");
  EXPECT_EQ(count_rows(rows.view()), 3U);
  EXPECT_EQ(id_of_row(rows.view(), 0), "");
  EXPECT_EQ(id_of_row(rows.view(), 1), "first");
  EXPECT_EQ(id_of_row(rows.view(), 2).size(), 70'000U);
  EXPECT_EQ(id_of_row(rows.view(), 3), "third");
  EXPECT_EQ(id_of_row(rows.view(), 4), "");
}

}  // namespace
}  // namespace etl::graph
