#include "record.hpp"

namespace etl::synth {

Moment some_moment(Random& random, unsigned from, unsigned to) {
  const std::uint64_t bits = random.next();
  const auto part = [bits](unsigned shift, std::uint64_t limit) {
    return static_cast<unsigned>((((bits >> shift) & 0x3FFU) * limit) >> 10U);
  };
  return {from + part(0, to - from), 1 + part(10, 12), 1 + part(20, 28), part(30, 24), part(40, 60), part(50, 60)};
}

void Record::open(Type type, std::uint64_t index) {
  raw(R"({"resourceType":")").raw(name_of(type)).raw(R"(","id":")");
  world_.append_id(out_, type, index);
  raw("\"");
}

void Record::word(std::string_view name, std::string_view value) {
  raw(",\"").raw(name).raw("\":\"").raw(value).raw("\"");
}

void Record::coding(const Code& code) {
  raw(R"({"system":")").raw(code.system).raw(R"(","code":")").raw(code.code);
  if (!code.display.empty()) {
    raw(R"(","display":")").raw(code.display);
  }
  raw("\"}");
}

void Record::concept_of(const Code& code, std::string_view text) {
  raw(R"({"coding":[)");
  coding(code);
  raw("]");
  if (!text.empty()) {
    word("text", text);
  }
  raw("}");
}

void Record::coded(std::string_view name, const Code& code, std::string_view text) {
  raw(",\"").raw(name).raw("\":");
  concept_of(code, text);
}

void Record::coded_list(std::string_view name, const Code& code, std::string_view text) {
  raw(",\"").raw(name).raw("\":[");
  concept_of(code, text);
  raw("]");
}

void Record::link(Type type, std::uint64_t index) {
  raw(R"({"reference":")");
  const std::uint64_t patient = world_.plan.patient_of(type, index);
  if (belongs_to_patient(type) && patient >= window_.first && patient < window_.last) {
    raw("urn:uuid:");
    world_.append_entry_uuid(out_, type, index);
  } else {
    raw(name_of(type)).raw("/");
    world_.append_id(out_, type, index);
  }
  raw("\"}");
}

void Record::reference(std::string_view name, Type type, std::uint64_t index) {
  raw(",\"").raw(name).raw("\":");
  link(type, index);
}

void Record::reference_list(std::string_view name, Type type, std::uint64_t index) {
  raw(",\"").raw(name).raw("\":[");
  link(type, index);
  raw("]");
}

void Record::calendar(const Moment& when) {
  append_digits(out_, when.year, 4);
  raw("-");
  append_digits(out_, when.month, 2);
  raw("-");
  append_digits(out_, when.day, 2);
}

void Record::clock(const Moment& when) {
  raw("T");
  append_digits(out_, when.hour, 2);
  raw(":");
  append_digits(out_, when.minute, 2);
  raw(":");
  append_digits(out_, when.second, 2);
}

void Record::date(std::string_view name, const Moment& when) {
  raw(",\"").raw(name).raw("\":\"");
  calendar(when);
  raw("\"");
}

void Record::date_time(std::string_view name, const Moment& when, Random& random) {
  static constexpr std::string_view offsets[] = {"-05:00", "-04:00", "Z",          "+00:00",
                                                 "+13:45", ".5Z",    ".123+00:00", ".933000-04:00"};
  raw(",\"").raw(name).raw("\":\"");
  switch (random.below(64)) {
    case 0:
      append_digits(out_, when.year, 4);
      break;
    case 1:
      append_digits(out_, when.year, 4);
      raw("-");
      append_digits(out_, when.month, 2);
      break;
    case 2:
    case 3:
      calendar(when);
      break;
    default:
      calendar(when);
      clock(when);
      raw(random.pick(offsets));
  }
  raw("\"");
}

void Record::instant(std::string_view name, const Moment& when) {
  raw(",\"").raw(name).raw("\":\"");
  calendar(when);
  clock(when);
  raw(".");
  append_digits(out_, when.second * 17, 3);
  raw("Z\"");
}

void Record::decimal(std::uint64_t unscaled, int digits) {
  std::uint64_t scale = 1;
  for (int i = 0; i < digits; ++i) {
    scale *= 10;
  }
  number(unscaled / scale);
  if (digits > 0) {
    raw(".");
    append_digits(out_, unscaled % scale, digits);
  }
}

void Record::quantity(std::uint64_t unscaled, int digits, const Code& unit) {
  raw(R"({"value":)");
  decimal(unscaled, digits);
  if (!unit.display.empty()) {
    word("unit", unit.display);
  }
  if (!unit.code.empty()) {
    word("system", unit.system);
    word("code", unit.code);
  }
  raw("}");
}

void Record::identifiers(Type type, std::uint64_t index) {
  raw(R"(,"identifier":[{"use":"official","system":"https://demo.example.org/synth-)")
      .raw(world_.study)
      .raw(R"(","value":")");
  raw(name_of(type)).raw("-");
  append_digits(out_, index, 8);
  raw("\"}");
  switch (index % 8) {
    case 0:  // an OID that the FHIR definitions name, so a record gets its name
      raw(R"(,{"system":"urn:oid:2.16.840.1.113883.4.642.4.2","value":"G-)").number(index).raw("\"}");
      break;
    case 2:  // an OID that nobody knows
      raw(R"(,{"system":"urn:oid:1.2.36.146.595.217.0.1","value":")").number(index).raw("\"}");
      break;
    case 3:
      raw(R"(,{"system":"urn:ietf:rfc:3986","value":"urn:uuid:)");
      append_uuid(out_, world_.random(type, index, 3));
      raw("\"}");
      break;
    case 5:
      raw(R"(,{"type":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v2-0203","code":"MR","display":"Medical record number"}],)")
          .raw(R"("text":"Medical record number"},"system":"https://hospital.example.org/","value":"MR-)");
      append_digits(out_, index * 7919, 9);
      raw("\"}");
      break;
    case 6:  // no system at all
      raw(R"(,{"value":"S)").number(index).raw("\"}");
      break;
    default:
      break;
  }
  raw("]");
}

void Record::meta_and_text(Random& random, std::string_view profile, std::uint64_t index) {
  if (index % 8 == 0) {
    raw(R"(,"meta":{"versionId":"1")");
    instant("lastUpdated", some_moment(random, 2021, 2024));
    word("source", "#PxveQ4r2iwatOESl");
    if (!profile.empty() && index % 16 == 0) {
      raw(R"(,"profile":[")").raw(profile).raw("\"]");
    }
    raw("}");
  }
  if (index % 32 == 1) {
    raw(R"(,"text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\"><p><b>Generated narrative</b></p>)")
        .raw(R"(<p title='a \\ b'>Record )")
        .number(index)
        .raw(R"( of <i>)")
        .raw(world_.study)
        .raw(R"(</i>, na\u00efve &amp; 日本語</p></div>"})");
  }
}

}  // namespace etl::synth
