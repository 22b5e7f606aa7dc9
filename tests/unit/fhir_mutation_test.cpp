// A valid instance of every resource type of FHIR R5, made from the definitions at random, and what each kind of
// mutation of it must be reported as. ACED_TEST_SEED repeats a run.

#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>
#include <iostream>
#include <nlohmann/json.hpp>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "fhir_fixture.hpp"

namespace etl::fhir {
namespace {

using nlohmann::json;

std::set<std::string> kinds_of(const json& resource) {
  const std::string text = resource.dump();
  const Indexed indexed(text);
  Findings findings;
  Walker<true> walker(findings);
  walker.start(indexed.cursor(), {0, 1}, nullptr);
  walker.object(*Model::r5().resource(walker.resource_type()), [](const Element&) { return false; });
  std::set<std::string> out;
  for (const OpenIssue& issue : findings.document) out.emplace(to_string(issue.kind));
  for (const Issue& warning : findings.warnings.issues({"f"})) out.emplace(to_string(warning.kind));
  return out;
}

class Maker {
 public:
  explicit Maker(std::mt19937& random) : random_(random) {}

  json resource(const Type& type, bool rich) {
    json out = object(type, rich ? 3 : 0);
    out["resourceType"] = type.name;
    out["id"] = "r1";
    return out;
  }

 private:
  std::size_t below(std::size_t n) { return random_() % n; }

  json object(const Type& type, int depth, const Element* holder = nullptr) {
    json out = json::object();
    if (type.rule == Rule::extension) return {{"url", "http://a/e"}, {"valueString", "x"}};
    if (holder != nullptr && holder->binding != 0 && type.rule == Rule::coded) return coded(type, *holder);
    if (type.name == "Reference") return {{"reference", target(holder) + "/t1"}};
    if (type.name == "CodeableReference") return {{"reference", {{"reference", target(holder) + "/t1"}}}};
    if (type.name == "Narrative") {
      return {{"status", "generated"}, {"div", "<div xmlns=\"http://www.w3.org/1999/xhtml\"><p>a &amp; b</p></div>"}};
    }
    std::set<int> choices;
    for (const Element& element : type.elements) {
      if (element.shape == Shape::resource_type || element.shape == Shape::resource) continue;
      if (element.choice != 0 && choices.contains(element.choice)) continue;
      const bool wanted = element.required || (depth > 0 && element.name != "id" && below(3) == 0);
      if (!wanted) continue;
      choices.insert(element.choice);
      out[std::string(element.name)] = values(element, depth - 1);
    }
    // An element needs content. Of the many that will do, take a primitive.
    for (const Element& element : type.elements) {
      if (!out.empty()) break;
      if (element.shape == Shape::primitive && element.name != "id")
        out[std::string(element.name)] = values(element, 0);
    }
    if (out.empty()) out["extension"] = json::array({{{"url", "http://a/e"}, {"valueString", "x"}}});
    return out;
  }

  json values(const Element& element, int depth) {
    if (!element.many) return one(element, depth);
    json out = json::array();
    for (std::size_t n = 1 + below(2); n > 0; --n) out.push_back(one(element, depth));
    return out;
  }

  json one(const Element& element, int depth) {
    if (element.shape == Shape::primitive) return primitive(element);
    return object(*element.type, depth, &element);
  }

  static std::string target(const Element* holder) {
    if (holder == nullptr || holder->targets == 0) return "Patient";
    return std::string(types()[target_types()[targets()[holder->targets - 1U].first]].name);
  }

  json coded(const Type& type, const Element& holder) {
    const BindingRow& row = bindings()[holder.binding - 1U];
    json coding = {{"code", "en"}};
    if (row.form == BindingForm::codings) {
      for (const std::string_view code : codes().subspan(row.first, row.count)) {
        const std::size_t bar = code.find('|');
        if (bar != std::string_view::npos) coding = {{"system", code.substr(0, bar)}, {"code", code.substr(bar + 1)}};
      }
    }
    const json concept_ = {{"coding", json::array({coding})}};
    if (type.name == "Coding") return coding;
    return type.name == "CodeableConcept" ? concept_ : json{{"concept", concept_}};
  }

  json primitive(const Element& element) {
    if (element.reference_type) return "Patient";
    if (element.binding != 0) {
      const BindingRow& row = bindings()[element.binding - 1U];
      return row.form == BindingForm::languages ? "en" : std::string(codes()[row.first + below(row.count)]);
    }
    switch (element.primitive) {
      case Primitive::boolean:
        return true;
      case Primitive::decimal:
        return 1.5;
      case Primitive::integer:
      case Primitive::integer64:
      case Primitive::positiveInt:
      case Primitive::unsignedInt:
        return 7;
      case Primitive::base64Binary:
        return "YWJj";
      case Primitive::date:
        return "2024-02-29";
      case Primitive::dateTime:
      case Primitive::instant:
        return "2024-02-29T10:11:12Z";
      case Primitive::time:
        return "10:11:12";
      case Primitive::oid:
        return "urn:oid:1.2.3";
      case Primitive::uuid:
        return "urn:uuid:c757873d-ec9a-4326-a141-556f43239520";
      case Primitive::canonical:
      case Primitive::uri:
      case Primitive::url:
        return "http://a/u";
      default:
        return "a1";
    }
  }

  std::mt19937& random_;
};

/// One place of an instance: a member of an object.
struct Site {
  json* object;
  const Type* type;
  const Element* element;
  [[nodiscard]] json& value() const { return (*object)[std::string(element->name)]; }
  [[nodiscard]] std::string companion() const { return "_" + std::string(element->name); }
};

void collect(json& object, const Type& type, std::vector<Site>& sites) {
  for (auto& [name, value] : object.items()) {
    const Element* const element = type.find(name);
    if (element == nullptr || element->shape == Shape::resource_type) continue;
    sites.push_back({&object, &type, element});
    if (element->shape != Shape::object) continue;
    if (value.is_array()) {
      for (json& item : value) collect(item, *element->type, sites);
    } else {
      collect(value, *element->type, sites);
    }
  }
}

struct Mutation {
  const char* name;
  const char* kind;  ///< what it must be reported as
  std::function<bool(const Site&)> fits;
  std::function<void(const Site&)> apply;
};

bool is_primitive(const Site& site) { return site.element->shape == Shape::primitive; }
bool is_text(const Site& site) {
  return is_primitive(site) &&
         (site.element->primitive == Primitive::string || site.element->primitive == Primitive::markdown) &&
         !site.element->reference_text && site.element->binding == 0;
}
/// The value that a mutation of one value takes: the first of several.
json& first(const Site& site) { return site.element->many ? site.value()[0] : site.value(); }
bool many(const Site& site) { return is_primitive(site) && site.element->many && site.element->companion; }

Mutation reference(const char* name, const char* text, const char* kind = "reference") {
  return {name, kind, [](const Site& s) { return s.element->reference_text; },
          [text](const Site& s) { s.value() = text; }};
}
Mutation narrative(const char* name, const char* text) {
  return {name, "format", [](const Site& s) { return s.element->primitive == Primitive::xhtml && is_primitive(s); },
          [text](const Site& s) { s.value() = text; }};
}

#define DIV(content) "<div xmlns=\"http://www.w3.org/1999/xhtml\">" content "</div>"

std::vector<Mutation> mutations() {
  const auto any = [](const Site&) { return true; };
  const auto object = [](const Site& s) { return s.element->shape == Shape::object; };
  const auto extension = [](const Site& s) { return s.type->rule == Rule::extension && s.element->name == "url"; };
  return {
      {"unknown element", "unknown-element", any, [](const Site& s) { (*s.object)["colour"] = 1; }},
      {"array turned into a value or the reverse", "wrong-type", any,
       [](const Site& s) { s.value() = s.element->many ? json(first(s)) : json::array({s.value()}); }},
      {"empty array", "cardinality", [](const Site& s) { return s.element->many; },
       [](const Site& s) { s.value() = json::array(); }},
      {"empty object", "cardinality", object, [](const Site& s) { first(s) = json::object(); }},
      {"only an id", "cardinality", object,
       [](const Site& s) {
         first(s) = {{"id", "x"}};
       }},
      {"null for a value", "wrong-type", any, [](const Site& s) { first(s) = nullptr; }},
      {"required element removed", "cardinality", [](const Site& s) { return s.element->required; },
       [](const Site& s) { s.object->erase(std::string(s.element->name)); }},
      {"required primitive replaced by an id", "cardinality",
       [](const Site& s) { return s.element->required && is_primitive(s) && s.element->companion && !s.element->many; },
       [](const Site& s) {
         s.object->erase(std::string(s.element->name));
         (*s.object)[s.companion()] = {{"id", "x"}};
       }},
      {"empty companion", "cardinality",
       [](const Site& s) { return is_primitive(s) && s.element->companion && !s.element->many; },
       [](const Site& s) { (*s.object)[s.companion()] = json::object(); }},
      {"null added without a companion", "wrong-type", many, [](const Site& s) { s.value().push_back(nullptr); }},
      {"null added with an id", "wrong-type", many,
       [](const Site& s) {
         (*s.object)[s.companion()] = json::array();
         for (std::size_t i = 0; i < s.value().size(); ++i) (*s.object)[s.companion()].push_back(nullptr);
         s.value().push_back(nullptr);
         (*s.object)[s.companion()].push_back({{"id", "x"}});
       }},
      {"companions longer than values", "cardinality", many,
       [](const Site& s) {
         (*s.object)[s.companion()] = json::array();
         for (std::size_t i = 0; i <= s.value().size(); ++i) (*s.object)[s.companion()].push_back({{"id", "x"}});
       }},
      {"extension with both", "choice", extension,
       [](const Site& s) {
         (*s.object)["extension"] = json::array({{{"url", "b"}, {"valueCode", "x"}}});
       }},
      {"extension with neither", "cardinality", extension, [](const Site& s) { s.object->erase("valueString"); }},
      {"empty text", "format", is_text, [](const Site& s) { first(s) = ""; }},
      {"blank text", "text", is_text, [](const Site& s) { first(s) = " \t\n"; }},
      {"control character", "text", is_text, [](const Site& s) { first(s) = "a\x01"; }},
      {"bad date", "format", [](const Site& s) { return s.element->primitive == Primitive::date && is_primitive(s); },
       [](const Site& s) { first(s) = "2023-02-29"; }},
      {"URI with a blank", "format",
       [](const Site& s) {
         return is_primitive(s) && s.element->primitive == Primitive::uri && s.element->binding == 0;
       },
       [](const Site& s) { first(s) = "http://a/ b"; }},
      {"number out of range", "format",
       [](const Site& s) { return is_primitive(s) && s.element->primitive == Primitive::positiveInt; },
       [](const Site& s) { first(s) = 0; }},
      {"code outside a required binding", "binding",
       [](const Site& s) { return is_primitive(s) && s.element->binding != 0; },
       [](const Site& s) { first(s) = "no-such-code"; }},
      {"coding outside a required binding", "binding",
       [](const Site& s) {
         return s.element->binding != 0 && s.element->shape == Shape::object &&
                s.element->type->name == "CodeableConcept";
       },
       [](const Site& s) {
         first(s)["coding"] = json::array({{{"code", "no-such-code"}}});
       }},
      {"reference to a type that is not allowed", "reference-type",
       [](const Site& s) {
         return s.element->targets != 0 && s.element->type->name == "Reference" &&
                !Model::r5().may_target(s.element->targets, *Model::r5().resource("Slot"));
       },
       [](const Site& s) {
         first(s) = {{"reference", "Slot/s"}};
       }},
      reference("fragment of nothing", "#nothing"),
      reference("fragment alone", "#"),
      reference("bad id", "Patient/a_b"),
      reference("white space in a reference", "Patient/a b"),
      reference("version missing", "Patient/p/_history/"),
      reference("id missing in a versioned reference", "Patient//_history/1"),
      reference("white space in a URL", "http://a/Patient/p 1"),
      reference("id missing in a URL", "http://a/Patient/"),
      reference("empty part in a URL", "http://a//Patient/p"),
      reference("version missing in a URL", "http://a/Patient/p/_history/"),
      narrative("tag not closed", DIV("<p>a")),
      narrative("tags crossed", DIV("<b><i>a</b></i>")),
      narrative("no namespace", "<div>a</div>"),
      narrative("other root", "<p xmlns=\"http://www.w3.org/1999/xhtml\">a</p>"),
      narrative("script", DIV("<script>a</script>")),
      narrative("event handler", DIV("<p onclick=\"a()\">a</p>")),
      narrative("javascript URL", DIV("<a href=\"java&#x73;cript:a()\">a</a>")),
      narrative("form", DIV("<form>a</form>")),
      narrative("iframe", DIV("<iframe src=\"http://a\">a</iframe>")),
      narrative("unknown entity", DIV("a &nosuch; b")),
      narrative("bare ampersand", DIV("a & b")),
      narrative("attribute without quotes", DIV("<p class=a>a</p>")),
      narrative("text behind the root", DIV("a") "b"),
      narrative("empty narrative", DIV(" ")),
  };
}

unsigned seed() {
  const char* const given = std::getenv("ACED_TEST_SEED");
  const unsigned chosen =
      given != nullptr ? static_cast<unsigned>(std::strtoul(given, nullptr, 10)) : std::random_device{}();
  std::cout << "ACED_TEST_SEED=" << chosen << "\n";
  return chosen;
}

TEST(FhirMutation, EveryKindIsReportedForEveryType) {
  const unsigned chosen = seed();
  std::mt19937 random(chosen);
  Maker maker(random);
  const std::vector<Mutation> all = mutations();
  std::vector<std::size_t> applied(all.size());
  std::size_t resource_types = 0;
  for (const Type& type : Model::r5().types()) {
    if (type.kind != Kind::resource || type.abstract) continue;
    ++resource_types;
    for (const bool rich : {false, true}) {
      const json valid = maker.resource(type, rich);
      ASSERT_TRUE(kinds_of(valid).empty())
          << "ACED_TEST_SEED=" << chosen << " " << *kinds_of(valid).begin() << " " << valid.dump();
      for (std::size_t m = 0; m < all.size(); ++m) {
        json mutant = valid;
        std::vector<Site> sites;
        collect(mutant, type, sites);
        std::erase_if(sites, [&](const Site& site) {
          // The id of the resource stays, and other mutations would leave another resource.
          const bool own_id = site.object == &mutant && site.element->name == "id";
          return own_id || !all[m].fits(site);
        });
        if (sites.empty()) continue;
        all[m].apply(sites[random() % sites.size()]);
        ++applied[m];
        EXPECT_TRUE(kinds_of(mutant).contains(all[m].kind))
            << "ACED_TEST_SEED=" << chosen << " " << all[m].name << ": " << mutant.dump();
      }
    }
  }
  EXPECT_GT(resource_types, 150U);
  for (std::size_t m = 0; m < all.size(); ++m) EXPECT_GT(applied[m], 0U) << all[m].name << " found no place";
}

}  // namespace
}  // namespace etl::fhir
