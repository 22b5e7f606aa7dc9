#include "search/answer.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/error.hpp"

namespace etl::search {
namespace {

using nlohmann::json;

TEST(SearchAnswer, TellsWhatAnErrorIsAbout) {
  const json busy{{"type", "es_rejected_execution_exception"}, {"reason", "busy"}};
  EXPECT_EQ(kind_of(429, busy), ErrorKind::overloaded);
  EXPECT_EQ(kind_of(503, busy), ErrorKind::overloaded);
  EXPECT_EQ(kind_of(503, json{{"type", "unavailable_shards_exception"}}), ErrorKind::unavailable);
  EXPECT_EQ(kind_of(502, json()), ErrorKind::unavailable);
  EXPECT_EQ(kind_of(401, json()), ErrorKind::not_allowed);
  EXPECT_EQ(kind_of(403, json{{"type", "security_exception"}}), ErrorKind::not_allowed);
  EXPECT_EQ(kind_of(413, json()), ErrorKind::too_large);
  EXPECT_EQ(kind_of(400, json{{"type", "mapper_parsing_exception"}}), ErrorKind::refused);
}

// The three forms in which servers say that the disk is full: Elasticsearch 6.8 and 7 with 403, later ones with 429.
TEST(SearchAnswer, KnowsTheFloodStage) {
  const auto block = [](const char* reason) { return json{{"type", "cluster_block_exception"}, {"reason", reason}}; };
  EXPECT_EQ(kind_of(403, block("blocked by: [FORBIDDEN/12/index read-only / allow delete (api)];")),
            ErrorKind::disk_full);
  EXPECT_EQ(kind_of(403, block("index [x] blocked by: [FORBIDDEN/12/index read-only / allow delete (api)];")),
            ErrorKind::disk_full);
  EXPECT_EQ(kind_of(429, block("index [x] blocked by: [TOO_MANY_REQUESTS/12/disk usage exceeded flood-stage watermark, "
                               "index has read-only-allow-delete block];")),
            ErrorKind::disk_full);
  EXPECT_EQ(kind_of(403, block("blocked by: [FORBIDDEN/8/index write (api)];")), ErrorKind::not_allowed);
}

TEST(SearchAnswer, GivesAllReasons) {
  const json error{{"type", "mapper_parsing_exception"},
                   {"reason", "failed to parse"},
                   {"caused_by", {{"type", "number_format_exception"}, {"reason", "For input string: x"}}}};
  EXPECT_EQ(reason_of(error), "mapper_parsing_exception: failed to parse: For input string: x");
}

TEST(SearchAnswer, ChoosesTheExitCode) {
  EXPECT_THROW(refuse("x", ErrorKind::disk_full, "", "http://s"), ExhaustedError);
  EXPECT_THROW(refuse("x", ErrorKind::not_allowed, "", "http://s"), NotAllowedError);
  EXPECT_THROW(refuse("x", ErrorKind::overloaded, "", "http://s"), UnavailableError);
  EXPECT_THROW(refuse("x", ErrorKind::refused, "", "http://s"), RefusedError);
}

}  // namespace
}  // namespace etl::search
