#include "base/text.hpp"

#include <gtest/gtest.h>

#include "base/counted.hpp"

namespace etl {
namespace {

using namespace std::chrono_literals;

TEST(Text, snake_case_as_tables_and_files_spell_types) {
  EXPECT_EQ(snake_case("Patient"), "patient");
  EXPECT_EQ(snake_case("ResearchStudy"), "research_study");
  EXPECT_EQ(snake_case("MedicationAdministration"), "medication_administration");
  EXPECT_EQ(snake_case("Group2Member"), "group2_member");
  EXPECT_EQ(snake_case("aHTTPCall"), "a_httpcall");  // only where lower meets upper
  EXPECT_EQ(snake_case(""), "");
}

TEST(Text, counts_have_commas) {
  EXPECT_EQ(human_count(0), "0");
  EXPECT_EQ(human_count(999), "999");
  EXPECT_EQ(human_count(1000), "1,000");
  EXPECT_EQ(human_count(123456), "123,456");
  EXPECT_EQ(human_count(18446744073709551615ULL), "18,446,744,073,709,551,615");
}

TEST(Text, bytes_change_unit_before_they_round_up_to_a_thousand) {
  EXPECT_EQ(human_bytes(0), "0 B");
  EXPECT_EQ(human_bytes(999), "999 B");
  EXPECT_EQ(human_bytes(1000), "1.0 kB");
  EXPECT_EQ(human_bytes(999'949), "999.9 kB");
  EXPECT_EQ(human_bytes(999'950), "1.0 MB");
  EXPECT_EQ(human_bytes(1'234'567), "1.2 MB");
  EXPECT_EQ(human_bytes(18446744073709551615ULL), "18.4 EB");
}

TEST(Text, durations) {
  EXPECT_EQ(human_duration(420ms), "0.42 s");
  EXPECT_EQ(human_duration(17s), "17 s");
  EXPECT_EQ(human_duration(185s), "3 min 05 s");
  EXPECT_EQ(human_duration(2h + 7min), "2 h 07 min");
  EXPECT_EQ(human_duration(59.7s), "1 min 00 s");
  EXPECT_EQ(human_duration(-1s), "0.00 s");
}

TEST(Text, json_quote_is_always_valid_json) {
  EXPECT_EQ(json_quote("a\"b\\c\n\t"), R"("a\"b\\c\n\t")");
  EXPECT_EQ(json_quote(std::string_view("\0\x1b", 2)), R"("\u0000\u001b")");
  EXPECT_EQ(json_quote("Zürich €"), "\"Zürich €\"");
  EXPECT_EQ(json_quote("\xff"), "\"\xEF\xBF\xBD\"");
  EXPECT_EQ(json_quote("\xC3"), "\"\xEF\xBF\xBD\"");                          // cut short
  EXPECT_EQ(json_quote("\xC0\xAF"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\"");          // overlong
  EXPECT_EQ(json_quote("\xED\xA0\x80").find("\xED"), std::string::npos);      // a surrogate
  EXPECT_EQ(json_quote("\xF4\x90\x80\x80").find("\xF4"), std::string::npos);  // above U+10FFFF
}

TEST(Text, printable_defuses_terminal_sequences) {
  EXPECT_EQ(printable("a\x1b[2Jb\r"), "a\\x1b[2Jb\\x0d");
  EXPECT_EQ(printable("line\n\tnext ü"), "line\n\tnext ü");
}

TEST(Text, width_counts_characters) {
  EXPECT_EQ(width_of("Zürich …"), 8U);
  EXPECT_EQ(width_of(""), 0U);
}

TEST(Text, trim) {
  EXPECT_EQ(trim(" \t a b \r\n"), "a b");
  EXPECT_EQ(trim(" \n "), "");
}

TEST(Text, nearest_finds_typos_and_beginnings_and_nothing_else) {
  const std::vector<std::string> names{"config", "graph", "projects", "validate"};
  EXPECT_EQ(nearest("confg", names), "config");
  EXPECT_EQ(nearest("grpah", names), "graph");  // two letters that changed places are one edit
  EXPECT_EQ(nearest("proj", names), "projects");
  EXPECT_EQ(nearest("valdate", names), "validate");
  EXPECT_EQ(nearest("elephant", names), "");
  EXPECT_EQ(nearest("", names), "");
}

TEST(Counted, speaks_of_one_and_of_many) {
  EXPECT_EQ(counted(0, "file"), "0 files");
  EXPECT_EQ(counted(1, "file"), "1 file");
  EXPECT_EQ(counted(2'000, "file"), "2,000 files");
  EXPECT_EQ(counted(1, "study"), "1 study");
  EXPECT_EQ(counted(3, "study"), "3 studies");
  EXPECT_EQ(counted(4, "index"), "4 indexes");
  EXPECT_EQ(counted(5, "key"), "5 keys");
}

TEST(Text, EscapesWhatDeceivesAReader) {
  EXPECT_EQ(printable("a\x7F\x1B[2J"), "a\\x7f\\x1b[2J");
  EXPECT_EQ(printable("\u009B31m \u202Egnp.exe \u200F\u2066\u2028\uFEFF\u200B\u061C"),
            "\\u009b31m \\u202egnp.exe \\u200f\\u2066\\u2028\\ufeff\\u200b\\u061c");
  EXPECT_EQ(printable("\x9B"
                      "31m"),
            "\\x9b31m");  // one byte: a control sequence to terminals that are not in UTF-8
  EXPECT_EQ(printable("\U000E0041"), "\\ue0041");
  EXPECT_EQ(printable("naïve 中文 \U0001F600 می\u200Cخواهم"), "naïve 中文 \U0001F600 می\u200Cخواهم");
  EXPECT_EQ(json_quote("\u009B\u202E\uFEFF\U000E0041 é"), "\"\\u009b\\u202e\\ufeff\\udb40\\udc41 é\"");
  EXPECT_EQ(escape_format_characters("{\"a\": \"\u202E\x7F é\"}\n"), "{\"a\": \"\\u202e\\u007f é\"}\n");
}

}  // namespace

TEST(Text, ABeginningCutsNoCharacter) {
  EXPECT_EQ(utf8_prefix("abc", 3), "abc");
  EXPECT_EQ(utf8_prefix("abc", 2), "ab");
  EXPECT_EQ(utf8_prefix("a\u00e9b", 2), "a");  // é has two bytes
  EXPECT_EQ(utf8_prefix("a\u00e9b", 3), "a\u00e9");
  EXPECT_EQ(utf8_prefix("\U0001F600", 3), "");  // four bytes
  EXPECT_EQ(utf8_prefix("", 0), "");
  EXPECT_EQ(shortened("abc", 3), "abc");
  EXPECT_EQ(shortened("a\u00e9b", 2), "a\u2026");
}

}  // namespace etl
