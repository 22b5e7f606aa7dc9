#include "fhir/primitive_format.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace etl::fhir {
namespace {

struct Format {
  Primitive primitive;
  std::vector<std::string> good;
  std::vector<std::string> bad;
};

class FhirPrimitiveFormat : public ::testing::TestWithParam<Format> {};

TEST_P(FhirPrimitiveFormat, TakesWhatFhirTakes) {
  const auto& [primitive, good, bad] = GetParam();
  for (const std::string& text : good) EXPECT_TRUE(fits(primitive, text)) << '"' << text << '"';
  for (const std::string& text : bad) EXPECT_FALSE(fits(primitive, text)) << '"' << text << '"';
  EXPECT_FALSE(describe(primitive).empty());
}

const std::vector<std::string> no_uri{"", " ", "a b", "a\tb", "a\n", " a"};

INSTANTIATE_TEST_SUITE_P(
    All, FhirPrimitiveFormat,
    ::testing::Values(
        Format{Primitive::boolean, {"true", "false"}, {"", "True", "TRUE", "1", "null"}},
        Format{Primitive::integer,
               {"0", "-0", "7", "-2147483648", "2147483647"},
               {"2147483648", "-2147483649", "1.0", "1e3", "+1", "", "x"}},
        Format{Primitive::integer64,
               {"0", "9223372036854775807", "-9223372036854775808", "2147483648"},
               {"9223372036854775808", "1.5", "1e3", "", "12 ", " 12", "x", "-"}},
        Format{Primitive::positiveInt, {"1", "2147483647"}, {"0", "-1", "2147483648", "1.0"}},
        Format{Primitive::unsignedInt, {"0", "1", "2147483647"}, {"-1", "2147483648", "0.5"}},
        Format{Primitive::decimal, {"0", "-1.50", "1e400", "0.019"}, {}},
        Format{Primitive::string, {"a", " a ", "a\nb", "\u00e9", "-"}, {""}},
        Format{Primitive::markdown, {"# a\n\n- b"}, {""}},
        Format{Primitive::xhtml, {"<div xmlns=\"http://www.w3.org/1999/xhtml\">a</div>"}, {""}},
        Format{Primitive::code, {"a", "a b", "a-b.c/d", "1"}, {"", " ", " a", "a ", "a  b", "a\tb", "a\nb", "a\n"}},
        Format{Primitive::id,
               {"a", "1", "A-z.9", std::string(64, 'x')},
               {"", std::string(65, 'x'), "a b", "a_b", "a/b", "\u00e9", "a\n", "#a"}},
        Format{Primitive::uri, {"http://a/b?c=d#e", "urn:oid:1.2", "a", "urn:x", "Patient/1"}, no_uri},
        Format{Primitive::url, {"https://a/b", "ftp://a", "mailto:a@b", "file:///a%20b"}, no_uri},
        Format{Primitive::canonical, {"http://a/b|1.0", "#x"}, no_uri},
        Format{Primitive::oid,
               {"urn:oid:1.2.840.113619", "urn:oid:2.16.0.1", "urn:oid:0.1"},
               {"1.2.3", "urn:oid:", "urn:oid:3.1", "urn:oid:1", "urn:oid:1.", "urn:oid:1..2", "urn:oid:1.02",
                "urn:oid:1.a", "urn:oid:.1", "urn:uuid:1.2"}},
        Format{Primitive::uuid,
               {"urn:uuid:c757873d-ec9a-4326-a141-556f43239520", "urn:uuid:C757873D-EC9A-4326-A141-556F43239520"},
               {"c757873d-ec9a-4326-a141-556f43239520", "urn:uuid:c757873dec9a4326a141556f43239520",
                "urn:uuid:", "urn:uuid:g757873d-ec9a-4326-a141-556f43239520",
                "urn:uuid:c757873d-ec9a-4326-a141-556f4323952", "urn:uuid:c757873d-ec9a-4326-a141-556f432395200"}},
        Format{Primitive::base64Binary,
               {"QQ==", "QUI=", "QUJD", "QU JD\nQU JD", "+/+/"},
               {"", " ", "QQ", "QUJ", "QQ=", "====", "Q===", "QQ==QUJD", "Q=Q=", "QU_-", "QUJD!"}},
        Format{Primitive::date,
               {"2024", "2024-02", "2024-02-29", "2000-02-29", "0001-01-01", "9999-12-31", "2023-11-30"},
               {"",
                "24",
                "0000",
                "2023-02-29",
                "1900-02-29",
                "2024-13",
                "2024-00",
                "2024-1",
                "2024-04-31",
                "2024-01-00",
                "2024-01-32",
                "2024-1-1",
                "2024-01-01T00:00:00Z",
                "20240101",
                "2024-01-01 ",
                " 2024",
                "2024/01/01",
                "2024-",
                "2024-01-",
                "-2024",
                "2024-01-01-01",
                "12024"}},
        Format{Primitive::dateTime,
               {"2024", "2024-02", "2024-02-29", "2024-01-01T00:00:00Z", "2024-01-01T23:59:59+14:00",
                "2024-01-01T10:00:00-05:30", "2024-01-01T10:00:00.123456789Z", "2016-12-31T23:59:60Z"},
               {"", "2024-01-01T00:00:00", "2024-01-01T00:00Z", "2024-01-01T24:00:00Z", "2024-01-01T00:60:00Z",
                "2024-01-01T00:00:61Z", "2024-01-01T00:00:00.Z", "2024-01-01T00:00:00+14:01",
                "2024-01-01T00:00:00+15:00", "2024-01-01T00:00:00+1:00", "2024-01-01T00:00:00+0100",
                "2024-01-01T00:00:00z", "2024-01-01t00:00:00Z", "2024-01-01 00:00:00Z", "2023-02-29T00:00:00Z",
                "2024-01T00:00:00Z", "2024-01-01T", "2024-01-01T00:00:00Z "}},
        Format{Primitive::instant,
               {"2024-01-01T00:00:00Z", "2015-02-07T13:28:17.239+02:00"},
               {"2024", "2024-01-01", "2024-01-01T00:00:00", "2024-02-30T00:00:00Z"}},
        Format{Primitive::time,
               {"00:00:00", "23:59:59.999", "12:00:60"},
               {"", "24:00:00", "12:60:00", "12:00", "12:00:00Z", "12:00:00.", "1:00:00", "12-00-00", "12:00:0"}}),
    [](const ::testing::TestParamInfo<Format>& given) {
      return std::string(types()[static_cast<std::size_t>(given.param.primitive)].name);
    });

TEST(FhirRelativeReference, IsTypeSlashId) {
  const RelativeReference good = relative_reference("Patient/a-1.b");
  EXPECT_EQ(good.type, "Patient");
  EXPECT_EQ(good.id, "a-1.b");
  for (const char* bad :
       {"", "/", "Patient", "Patient/", "/1", "patient/1", "Patient/1/_history/2", "Patient?identifier=1", "#contained",
        "http://a/Patient/1", "urn:uuid:c757873d-ec9a-4326-a141-556f43239520", "Patient/a b", "Patient/1#x",
        "Patient/1|2", " Patient/1"}) {
    EXPECT_FALSE(relative_reference(bad)) << bad;
  }
}

}  // namespace
}  // namespace etl::fhir
