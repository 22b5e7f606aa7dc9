#include "search/mapping.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"

namespace etl::search {
namespace {

using nlohmann::json;

json field(const char* type) { return {{"type", type}}; }

TEST(SearchMapping, JoinsFields) {
  UnionMapping whole;
  whole.add_existing({{"a", field("keyword")}, {"n", {{"type", "nested"}, {"properties", {{"x", field("long")}}}}}},
                     "one");
  whole.add_wanted({{"b", field("long")}, {"n", {{"type", "nested"}, {"properties", {{"y", field("keyword")}}}}}});
  EXPECT_EQ(whole.missing_in(json::object()), whole.properties);
  const json lacks =
      whole.missing_in({{"a", field("keyword")}, {"n", {{"type", "nested"}, {"properties", {{"x", field("long")}}}}}});
  EXPECT_EQ(lacks,
            (json{{"b", field("long")}, {"n", {{"type", "nested"}, {"properties", {{"y", field("keyword")}}}}}}));
  EXPECT_EQ(count_fields(whole.properties), 5U);
}

TEST(SearchMapping, ATypeThatIsThereWinsWhenItTakesEveryValue) {
  for (const auto& [there, wanted] : {std::pair{"keyword", "long"}, {"double", "long"}, {"long", "integer"}}) {
    UnionMapping whole;
    whole.add_existing({{"a", field(there)}}, "other");
    whole.add_wanted({{"a", field(wanted)}});
    EXPECT_EQ(whole.properties["a"], field(there));
  }
  for (const auto& [there, wanted] :
       {std::pair{"long", "keyword"}, {"long", "double"}, {"date", "keyword"}, {"float", "double"}}) {
    UnionMapping whole;
    whole.add_existing({{"a", field(there)}}, "other");
    EXPECT_THROW(whole.add_wanted({{"a", field(wanted)}}), RefusedError) << there << " " << wanted;
  }
}

// Tried with guppy 0.20.1: any other type or name ends it.
TEST(SearchMapping, KnowsWhatGuppyTakes) {
  for (const char* type : {"keyword", "text", "long", "double", "nested"}) EXPECT_TRUE(is_guppy_type(type)) << type;
  for (const char* type : {"date", "boolean", "object", "alias", "flat_object"})
    EXPECT_FALSE(is_guppy_type(type)) << type;
  for (const char* name : {"a", "_a", "A1", "a__b"}) EXPECT_TRUE(is_guppy_name(name)) << name;
  for (const char* name : {"", "1a", "a-b", "a.b", "__a", "_matched", "é"}) EXPECT_FALSE(is_guppy_name(name)) << name;
}

TEST(SearchNames, KeepProjectsApart) {
  const auto base = [](const char* project) { return index_name_base("p", "patient", ProjectId::parse(project)); };
  EXPECT_EQ(base("aced-lung"), "p_patient_aced-lung_");
  EXPECT_NE(base("aced-Lung"), base("aced-lung"));
  EXPECT_NE(base("aced-LUNG"), base("aced-Lung"));
  EXPECT_TRUE(base("aced-Lung").starts_with("p_patient_aced-lung."));
  EXPECT_LT(base(("aced-" + std::string(250, 'x')).c_str()).size(), 150U);
  for (const char* prefix : {"Gen3", "", "_x", "a,b", "a*", "a b"})
    EXPECT_THROW(check_prefix(prefix), UsageError) << prefix;
  EXPECT_NO_THROW(check_prefix("gen3.aced.io"));
}

}  // namespace
}  // namespace etl::search
