#include "graph/snapshot/jsonb_digest.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "graph/connection/connection.hpp"

namespace etl::graph {
namespace {

constexpr std::string_view project = R"("project_id":"demo-a")";

std::string hex(const std::optional<JsonbDigest::Value>& value) {
  return value ? to_hex({value->data(), value->size()}) : "none";
}

std::string hex_of(std::string_view object) { return hex(JsonbDigest().of(object, project)); }

TEST(JsonbDigest, IsOneForOneValueHoweverItIsWritten) {
  JsonbDigest digest;
  const auto one = digest.of(R"({"a":[1,"x"],"bb":{"c":null}})", project);
  ASSERT_TRUE(one);
  EXPECT_EQ(digest.of(" { \"bb\" :{ \"c\":null}\n, \"a\": [ 1 , \"\\u0078\" ] }", project), one);
  EXPECT_EQ(digest.of(R"({"bb":{"c":null},"a":0,"a":[1,"x"]})", project), one);
  EXPECT_NE(digest.of(R"({"bb":{"c":null},"a":[1,"x"],"a":0})", project), one);
  EXPECT_NE(digest.of(R"({"a":[1.0,"x"],"bb":{"c":null}})", project), one);
  EXPECT_NE(digest.of(R"({"a":["x",1],"bb":{"c":null}})", project), one);
  EXPECT_NE(digest.of(R"({"a":[1,"x"],"bb":{"c":null}})", R"("project_id":"demo-b")"), one);
}

TEST(JsonbDigest, LeavesToTheServerWhatItCannotTell) {
  EXPECT_EQ(hex_of(R"({"a\u0062":1})"), "none");
  EXPECT_EQ(hex_of(R"({"a":)" + std::string(20, '[') + std::string(20, ']') + "}"), "none");
  EXPECT_EQ(hex_of(R"({"a":")" + std::string(std::size_t{1} << 20U, 'x') + R"("})"), "none");
  EXPECT_NE(hex_of(R"({"a":")" + std::string(std::size_t{1} << 16U, 'x') + R"("})"), "none");
  for (const char* bad :
       {"{}}", "{a}", "{\"a\":}", "{\"a\":01}", "{\"a\":\"\\ud800\"}", "{\"a\":\"\x01\"}", "[1]", "}"}) {
    EXPECT_EQ(hex_of(bad), "none") << bad;
  }
}

/// Whatever is done to an object: what has a digest is JSON. The same runs under the sanitizers.
TEST(JsonbDigest, HasNoneForWhatIsNoJson) {
  const std::string document =
      R"({"id":"p1","a":[1,-2.50,true,false,null,"x\"y\\z\u00e9"],"b":{"c":{},"d":[]},"e":[[1],{"f":""}],"b":0})";
  const std::string letters = "{}[]:,\"\\0123.-ntfu \t\n\x01\x7f\xc3";
  const unsigned seed = std::random_device()();
  std::mt19937 random(seed);
  JsonbDigest digest;
  int some = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string text = document;
    for (auto n = random() % 3 + 1; n > 0; --n) {
      const std::size_t at = random() % text.size();
      if (random() % 2 == 0) {
        text[at] = letters[random() % letters.size()];
      } else {
        text.erase(at, random() % 4 + 1);
        if (text.empty()) text = "{";
      }
    }
    // An object's last byte is its brace: so the records' readers give it.
    if (text.back() != '}' || !digest.of(text, project)) continue;
    ++some;
    ASSERT_TRUE(nlohmann::json::accept(text)) << "seed " << seed << ": " << text;
  }
  EXPECT_GT(some, 1000);
}

/// Needs a PostgreSQL, as the tests of Connection do.
class JsonbDigestOfPostgresql : public ::testing::Test {
 protected:
  void SetUp() override {
    if (std::getenv("PGHOST") == nullptr) GTEST_SKIP() << "NOT TESTED: PGHOST names no PostgreSQL";
    connection.emplace(config::DatabaseAddress{});
  }
  std::string asked(const std::string& object) {
    std::string whole = object.substr(0, object.size() - 1);
    whole += (whole.find('"') == std::string::npos ? "" : ",") + std::string(project) + "}";
    return connection->value("select encode(" + JsonbDigest::sql("$1::jsonb") + ", 'hex')", {whole}).value_or("null");
  }

  std::optional<Connection> connection;
};

TEST_F(JsonbDigestOfPostgresql, IsTheSame) {
  for (const char* object :
       {"{}", "{ \n}", R"({"b":1,"a":2,"ab":3,"aa":4,"":5,"B":6,"é":7,"zz":8})",
        R"({"a":1,"a":2,"b":{"x":1,"x":[]},"a":3})",
        R"({"n":[0,-0,-0.0,0.00,-0.010,1.0,1.00,100,-12.50,123456789012345678901234567890.123456789]})",
        R"({"s":["","\/","\"\\\b\f\n\r\t","\u0001\u001f\u007f\u0080","é€😀","\ud83d\ude00","\u00e9\u20AC"]})",
        R"({"project_id":"other","z":true,"f":false,"u":null,"o":{},"l":[[],[{}],[[1]]]})"}) {
    EXPECT_EQ(hex_of(object), asked(object)) << object;
  }
}

TEST_F(JsonbDigestOfPostgresql, IsNoValuesForANumberWithAnExponent) {
  for (const char* object : {R"({"n":1e2})", R"({"n":-0e0})", R"({"n":1.50E-3})"}) {
    EXPECT_NE(hex_of(object), asked(object)) << object;
  }
}

/// Values at random, without exponents.
class Random {
 public:
  explicit Random(unsigned seed) : random_(seed) {}

  std::string object(int depth) {
    std::string out = "{";
    const std::size_t members = below(8);
    for (std::size_t i = 0; i < members; ++i) {
      out += (i == 0 ? "" : ",") + space() + '"' + pick({"a", "b", "aa", "ab", "ba", "éa", "a b", "A", "value_x"}) +
             '"' + space() + ":" + value(depth + 1);
    }
    return out + "}";
  }

 private:
  std::size_t below(std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random_); }
  std::string pick(const std::vector<std::string>& from) { return from[below(from.size())]; }
  std::string space() { return pick({"", "", "", " ", "\n", "\t "}); }
  std::string string() {
    std::string out = "\"";
    for (std::size_t i = below(6); i > 0; --i) {
      out += pick({"a", "é", "😀", "\\n", "\\\"", "\\\\", "\\/", "\\u0007", "\\u0041", "\\uD83D\\uDE00", "\\b", "\x7f"});
    }
    return out + '"';
  }
  std::string number() {
    std::string out = pick({"", "-"}) + pick({"0", "7", "10", "98765432109876543210"});
    if (below(2) == 0) out += "." + pick({"0", "00", "5", "050", "12345678901234567890"});
    return out;
  }
  std::string value(int depth) {
    switch (below(depth > 5 ? 3 : 5)) {
      case 0:
        return space() + string() + space();
      case 1:
        return space() + number() + space();
      case 2:
        return space() + pick({"true", "false", "null"}) + space();
      case 3:
        return space() + object(depth) + space();
      default: {
        std::string out = space() + "[";
        const std::size_t values = below(5);
        for (std::size_t i = 0; i < values; ++i) out += (i == 0 ? "" : ",") + value(depth + 1);
        return out + "]" + space();
      }
    }
  }

  std::mt19937 random_;
};

TEST_F(JsonbDigestOfPostgresql, IsTheSameForValuesAtRandom) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  Random random(seed);
  JsonbDigest digest;
  for (int i = 0; i < 2000; ++i) {
    const std::string object = random.object(0);
    ASSERT_EQ(hex(digest.of(object, project)), asked(object)) << object;
  }
}

}  // namespace
}  // namespace etl::graph
