#include "graph/projects.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "base/project_id.hpp"

namespace etl::graph {
namespace {

TEST(ProjectId, EndsTheProgramAtTheFirstDash) {
  const auto id = ProjectId::parse("aced-my-study");
  EXPECT_EQ(id.program, "aced");
  EXPECT_EQ(id.code, "my-study");
  EXPECT_EQ(id.str(), "aced-my-study");
}

TEST(ProjectId, RefusesWhatIsNone) {
  for (const char* text : {"", "aced", "-x", "aced-", "aced-a b", "aced-a/b", "aced-a\n"}) {
    EXPECT_THROW((void)ProjectId::parse(text), UsageError) << text;
  }
}

TEST(Projects, NodeIdsAreThoseOfGen3) {
  EXPECT_EQ(project_node_id("kids_first"), "8938c9a1-ce08-51ee-b047-d2e8103bcd5d");
  EXPECT_EQ(program_node_id("aced").size(), 36U);
}

}  // namespace
}  // namespace etl::graph
