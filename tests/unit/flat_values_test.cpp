// Names and values of columns.

#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "flat/column_list.hpp"
#include "flat/column_values.hpp"
#include "flat/columns.hpp"
#include "flat/documents.hpp"
#include "flat/json_members.hpp"
#include "flat/personal_identifiers.hpp"
#include "flat/resource_columns.hpp"
#include "flat/shown_value.hpp"

namespace etl::flat {
namespace {

TEST(ColumnNames, OnlyNamesOfGraphQLAreNames) {
  for (const char* name : {"a", "_", "_a1", "Z_9"}) EXPECT_TRUE(is_column_name(name)) << name;
  for (const char* name : {"", "1a", "a-b", "a.b", "__a", "_matched", "é"}) EXPECT_FALSE(is_column_name(name)) << name;
}

TEST(ColumnNames, EveryCharacterThatNoNameHasBecomesAnUnderscore) {
  const std::map<std::string, std::string> names{{"percent tumor (%)", "percent_tumor____"},
                                                 {"1st", "_1st"},
                                                 {"", "_"},
                                                 {"größe", "gr__e"},
                                                 {"__typename", "_typename"},
                                                 {"__x", "__x"},
                                                 {"a-b", "a_b"},
                                                 {"日本", "__"}};
  for (const auto& [text, name] : names) EXPECT_EQ(column_name(text), name) << text;
}

TEST(ColumnNames, ExtensionsAreNamedByTheEndOfTheirUrl) {
  const std::map<std::string, std::string> names{
      {"http://hl7.org/fhir/us/core/StructureDefinition/us-core-race", "us_core_race"},
      {"http://a.org/defs/HTTPServerName.json", "http_server_name"},
      {"http://a.org/defs/structure-definition-9lives", "_9lives"},
      {"http://a.org/StructureDefinition-Foo", "foo"},
      {"ombCategory", "omb_category"},
      {"http://a.org/", "_"},
      {"a2B", "a2_b"}};
  for (const auto& [url, name] : names) EXPECT_EQ(extension_column(url), name) << url;
}

TEST(ShownNumbers, AreAsPythonPrintsThem) {
  const std::map<std::string, std::string> numbers{{"30", "30"},      {"2.50", "2.5"},
                                                   {"30.0", "30.0"},  {"1e3", "1000.0"},
                                                   {"1e-5", "1e-05"}, {"0.0001", "0.0001"},
                                                   {"1e16", "1e+16"}, {"1e15", "1000000000000000.0"},
                                                   {"-0.10", "-0.1"}, {"0.1234567890123456789", "0.12345678901234568"},
                                                   {"1e999", "1e999"}};
  for (const auto& [number, shown] : numbers) EXPECT_EQ(shown_number(number), shown) << number;
}

struct WrittenCase {
  Kind kind;
  bool array;
  std::string value;
  std::string written;
  std::optional<Loss> loss;
};

TEST(ColumnValues, AreListsAndNumbersAsTheColumnSays) {
  const std::vector<WrittenCase> cases{
      {Kind::keyword, false, R"("a")", R"("a")", {}},
      {Kind::keyword, false, "true", "true", {}},
      {Kind::keyword, false, R"(["a"])", R"("a")", {}},
      {Kind::keyword, false, R"(["a", "b"])", R"("a")", Loss::more_values},
      {Kind::keyword, true, R"("a")", R"(["a"])", {}},
      {Kind::keyword, true, R"([null, "a"])", R"(["a"])", {}},
      {Kind::keyword, true, "[null]", "", {}},
      {Kind::keyword, true, "null", "", {}},
      {Kind::keyword, false, R"({"a": 1})", "", Loss::object},
      {Kind::keyword, true, R"([{"a": "]"}, "b"])", R"(["b"])", Loss::object},
      {Kind::keyword, true, R"([["a"], "b"])", R"(["b"])", Loss::object},
      {Kind::long_integer, false, "9223372036854775807", "9223372036854775807", {}},
      {Kind::long_integer, false, "9223372036854775808", "", Loss::no_number},
      {Kind::long_integer, false, R"("12")", "12", {}},
      {Kind::long_integer, false, "2.0", "2", {}},
      {Kind::long_integer, false, "2.5", "", Loss::no_number},
      {Kind::long_integer, false, "1e3", "1000", {}},
      {Kind::long_integer, false, "true", "", Loss::no_number},
      {Kind::double_decimal, false, "2.50", "2.50", {}},
      {Kind::double_decimal, false, "1e999", "", Loss::no_number},
      {Kind::double_decimal, true, R"(["1.5", "x", 2])", "[1.5,2]", Loss::no_number},
  };
  for (const WrittenCase& one : cases) {
    Buffer out;
    out.append("before");
    const Written written = write_value(out, {"c", one.kind, one.array}, one.value);
    EXPECT_EQ(out.view(), "before" + one.written) << one.value;
    EXPECT_EQ(written.any, !one.written.empty()) << one.value;
    EXPECT_EQ(written.loss, one.loss) << one.value;
  }
}

TEST(JsonMembers, AreTheObjectsOwn) {
  const std::string text = R"( { "a" : [1, {"b":"}"}] ,"c\"":"x\\","d":{"e":[]}, "f" :true , "g":-1e5})";
  const auto wanted = nlohmann::json::parse(text);
  std::map<std::string, nlohmann::json> found;
  each_member(text, [&](std::string_view name, std::string_view value) {
    found[nlohmann::json::parse("\"" + std::string(name) + "\"").get<std::string>()] = nlohmann::json::parse(value);
  });
  EXPECT_EQ(nlohmann::json(found), wanted);
  std::vector<std::string> items;
  each_item(R"([ "a,]" , [1,2], {"x":"]"} ,3 ])", [&](std::string_view item) { items.emplace_back(item); });
  EXPECT_EQ(items, (std::vector<std::string>{R"("a,]")", "[1,2]", R"({"x":"]"})", "3"}));
  for (const char* nothing : {"", "[", "{}", "[]", "{\"a", "\"", "[\"a"}) {
    each_member(std::string_view(nothing), [](std::string_view, std::string_view) {});
    each_item(std::string_view(nothing), [](std::string_view) {});
  }
}

TEST(ColumnLists, KeepTheFirstPlaceAndTheLastValue) {
  ColumnList list;
  EXPECT_FALSE(list.set("a", "1"));
  EXPECT_FALSE(list.set("p_", "b", "2"));
  EXPECT_TRUE(list.set("a", "3"));
  for (int i = 0; i < 500; ++i) list.set("many_", std::to_string(i), "0");
  EXPECT_TRUE(list.set("p_b", "4"));
  EXPECT_TRUE(list.set("many_499", "5"));
  Buffer written;
  list.write(written);
  std::vector<std::pair<std::string, std::string>> read;
  read_columns(written.view(), [&](std::string_view name, std::string_view value) { read.emplace_back(name, value); });
  ASSERT_EQ(read.size(), 502U);
  EXPECT_EQ(read[0], std::pair(std::string("a"), std::string("3")));
  EXPECT_EQ(read[1], std::pair(std::string("p_b"), std::string("4")));
  EXPECT_EQ(read[501], std::pair(std::string("many_499"), std::string("5")));
}

TEST(Columns, NumbersComeFromTheDefinitionsOfFhir) {
  EXPECT_EQ(kind_of_column("document_reference", "document_reference_size"), Kind::long_integer);
  EXPECT_EQ(kind_of_column("document_reference", "document_reference_duration"), Kind::double_decimal);
  EXPECT_EQ(kind_of_column("document_reference", "document_reference_observation_valueInteger"), Kind::long_integer);
  EXPECT_EQ(kind_of_column("specimen", "specimen_patient_multipleBirthInteger"), Kind::long_integer);
  EXPECT_EQ(kind_of_column("specimen", "specimen_size"), Kind::keyword);
  EXPECT_EQ(kind_of_column("group_member", "group_member_quantity"), Kind::long_integer);
  EXPECT_EQ(kind_of_column("medication_administration", "medication_administration_total_dosage"),
            Kind::double_decimal);
  EXPECT_EQ(kind_of_column("specimen", "project_id"), Kind::keyword);
  for (const std::string& type : document_types(Layout::dataframe)) {
    for (const Column& column : fixed_columns(Layout::dataframe, type, nullptr)) {
      EXPECT_TRUE(is_column_name(column.name)) << column.name;
      EXPECT_FALSE(column.array) << column.name;
      EXPECT_EQ(column.kind, kind_of_column(type, column.name)) << column.name;
    }
  }
}

TEST(PersonalIdentifiers, AreFoundByTheirSystem) {
  PersonalIdentifiers personal(personal_systems());
  for (const char* system :
       {"http://hl7.org/fhir/sid/us-ssn", "urn:oid:2.16.840.1.113883.4.1", "urn:oid:2.16.840.1.113883.4.3.25",
        "http://hl7.org/fhir/sid/passport-USA", "http://a.org/PassportNumber", "http://a.org/drivers-license",
        "http:\\/\\/hl7.org\\/fhir\\/sid\\/us-ssn"}) {
    EXPECT_TRUE(personal.matches(system)) << system;
    EXPECT_TRUE(personal.matches(system)) << system;  // also when it is known
  }
  for (const char* system : {"", "http://a.org/mrn", "urn:oid:2.16.840.1.113883.4.10", "urn:oid:2.16.840.1.113883.4.3"})
    EXPECT_FALSE(personal.matches(system)) << system;
  EXPECT_FALSE(PersonalIdentifiers({}).matches("http://hl7.org/fhir/sid/us-ssn"));
}

}  // namespace
}  // namespace etl::flat
