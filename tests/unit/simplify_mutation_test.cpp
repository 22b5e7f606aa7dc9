// Valid input, changed at random, through the entry points of tests/fuzz: nothing that comes in may crash the program
// or make it write what is not JSON. The same runs under the sanitizers.

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <random>
#include <string>
#include <vector>

#include "../fuzz/entry_points.hpp"

namespace etl::fuzz {
namespace {

const std::vector<std::string> resources{
    R"({"resourceType":"Patient","id":"p1","extension":[{"url":"http://a/us-core-race","extension":[{"url":"ombCategory","valueCoding":{"system":"s","code":"c","display":"d"}}]},{"url":"a","valueAddress":{"line":["1","2"],"city":"B"}}],"identifier":[{"system":"urn:oid:2.16.840.1.113883.4.642.3.1","value":"1","type":{"coding":[{"code":"MR"}]}}],"active":true,"name":[{"family":"A\u00e9\n","given":["B",null],"_given":[null,{"id":"x"}]}],"birthDate":"1970-01-01","_birthDate":{"id":"b"},"address":[{"postalCode":"1"}],"maritalStatus":{"text":"M","coding":[{"system":"s","code":"M"}]},"managingOrganization":{"reference":"Organization/o1"}})",
    R"({"resourceType":"Observation","id":"o1","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"1-8"}]},"subject":{"reference":"Patient/p1"},"focus":[{"reference":"Specimen/s1"}],"valueQuantity":{"value":-1.50e2,"unit":"mg","system":"http://u","code":"mg"},"component":[{"code":{"text":"a"},"valuePeriod":{"start":"2000"}}]})",
    R"({"resourceType":"DocumentReference","id":"d1","status":"current","subject":{"reference":"Patient/p1"},"content":[{"attachment":{"contentType":"text/csv","url":"s3://b/x.csv","size":"0012","extension":[{"url":"http://a/md5","valueString":"d41d8cd98f00b204e9800998ecf8427e"}]}}]})",
    R"({"resourceType":"Task","id":"t1","status":"draft","intent":"plan","for":{"reference":"Patient/p1"},"input":[{"type":{"text":"a"},"valueReference":{"reference":"Specimen/s1"}}],"output":[{"type":{"text":"a"},"valueReference":{"reference":"DocumentReference/d1"}}]})",
    R"({"resourceType":"Medication","id":"m1","marketingAuthorizationHolder":{"reference":"Organization/o1"},"ingredient":[{"item":{"reference":{"reference":"Substance/s1"}}}]})",
    R"({"resourceType":"Bundle","type":"collection","entry":[{"fullUrl":"urn:uuid:c757873d-ec9a-4326-a141-556f43239520","resource":{"resourceType":"Patient","id":"p2","contained":[{"resourceType":"Organization","id":"c"}]}},{"resource":{"resourceType":"Bundle","type":"collection","entry":[{"resource":{"resourceType":"Specimen","id":"s1","subject":{"reference":"urn:uuid:c757873d-ec9a-4326-a141-556f43239520"}}}]}}]})",
    R"({"resourceType":"List","id":"l1","status":"current","mode":"working","entry":[{"item":{"reference":"Patient/p1"}}]})"};

const std::string dictionary_json =
    R"({"_definitions.yaml":{"UUID":{"type":"string"}},"patient.yaml":{"id":"patient","title":"Patient","category":"c","links":[]},"sample.yaml":{"id":"sample","title":"Sample","links":[{"subgroup":[{"name":"p","backref":"s","label":"of","target_type":"patient","multiplicity":"many_to_one","required":true}]}],"uniqueKeys":[["id"]],"properties":{"$ref":"_definitions.yaml#/UUID","a":{"type":["string","null"]}}}})";

const std::string config_yaml =
    "dependency_order: [Patient, Specimen]\nnested_objects:\n  Patient: [address.postalCode, extension.a]\n  "
    "Specimen:\n    - processing.method\n"
    "limit_links: {Practitioner: [], Specimen: [Patient]}\nignored_properties: [text]\nrenamed_properties: {for: "
    "for_fhir}\n";

class Mutator {
 public:
  explicit Mutator(unsigned seed) : random_(seed) {}

  std::size_t below(std::size_t n) { return random_() % n; }

  std::string change(std::string text) {
    static const std::vector<std::string> pieces{"{",
                                                 "}",
                                                 "[",
                                                 "]",
                                                 "\"",
                                                 ":",
                                                 ",",
                                                 "\\",
                                                 "\\u0000",
                                                 "\\ud83d",
                                                 "\n",
                                                 "null",
                                                 "true",
                                                 "0",
                                                 "-",
                                                 "1e9",
                                                 "\"\"",
                                                 "{}",
                                                 "[]",
                                                 "\xff",
                                                 "\xc3",
                                                 "\x01",
                                                 "#",
                                                 "/",
                                                 "\"resourceType\":\"Bundle\",",
                                                 "\"entry\":[{\"resource\":{",
                                                 "\"id\":\"x\",",
                                                 "\"extension\":[{\"url\":\"a\",",
                                                 "\"reference\":\"Patient/p1\",",
                                                 std::string(1, '\0'),
                                                 "urn:uuid:",
                                                 "- ",
                                                 "  ",
                                                 "? ",
                                                 "&a ",
                                                 "*a",
                                                 "|",
                                                 "!!"};
    for (std::size_t n = 1 + below(4); n > 0; --n) {
      const std::size_t at = below(text.size() + 1);
      const std::size_t size = std::min(below(below(20) + 1) + 1, text.size() - at);
      switch (below(7)) {
        case 0:
          text.erase(at, size);
          break;
        case 1:
          text.insert(at, pieces[below(pieces.size())]);
          break;
        case 2:
          text.replace(at, size, pieces[below(pieces.size())]);
          break;
        case 3:
          text.insert(below(text.size() + 1), text.substr(at, below(120)));
          break;
        case 4:
          if (at < text.size()) text[at] = static_cast<char>(below(256));
          break;
        case 5:
          text.resize(at);
          break;
        default:
          if (at < text.size()) text[at] = static_cast<char>(text[at] ^ (1 << below(8)));
      }
    }
    return text;
  }

 private:
  std::mt19937 random_;
};

/// ETL_SEED repeats a run. The time is for all tests of this file together about two seconds.
template <class Make, class Try>
void hammer(std::chrono::milliseconds time, Make&& make, Try&& attempt) {
  const char* const given = std::getenv("ETL_SEED");
  const unsigned seed =
      given != nullptr ? static_cast<unsigned>(std::strtoul(given, nullptr, 10)) : std::random_device{}();
  std::cout << "ETL_SEED=" << seed << "\n";
  Mutator mutator(seed);
  const auto end = std::chrono::steady_clock::now() + time;
  while (std::chrono::steady_clock::now() < end) {
    const std::string input = make(mutator);
    try {
      attempt(input);
    } catch (const std::exception& error) {
      FAIL() << error.what() << "\nETL_SEED=" << seed << " input: " << ::testing::PrintToString(input);
    }
  }
}

TEST(Mutation, OfLinesOfResources) {
  hammer(
      std::chrono::milliseconds(1000),
      [](Mutator& m) {
        std::string text;
        for (std::size_t n = 1 + m.below(3); n > 0; --n) {
          const std::string& resource = resources[m.below(resources.size())];
          text += (m.below(4) == 0 ? resource : m.change(resource)) + "\n";
        }
        return text;
      },
      read_lines);
}

TEST(Mutation, OfDocuments) {
  hammer(
      std::chrono::milliseconds(400),
      [](Mutator& m) { return m.change(resources[m.below(resources.size())] + resources[5]); }, split_documents);
}

TEST(Mutation, OfDictionaries) {
  hammer(
      std::chrono::milliseconds(300), [](Mutator& m) { return m.change(dictionary_json); }, parse_dictionary);
}

TEST(Mutation, OfConfigurations) {
  hammer(
      std::chrono::milliseconds(300), [](Mutator& m) { return m.change(config_yaml); }, parse_config);
}

/// The input is sound to begin with: otherwise the tests above would test little.
TEST(Mutation, BeginsWithValidInput) {
  std::string text;
  for (const std::string& resource : resources) text += resource + "\n";
  read_lines(text);
  EXPECT_NO_THROW(static_cast<void>(dictionary::Dictionary::parse(dictionary_json, "d.json")));
  EXPECT_NO_THROW(static_cast<void>(simplify::Config::parse(config_yaml, "c.yaml")));
}

}  // namespace
}  // namespace etl::fuzz
