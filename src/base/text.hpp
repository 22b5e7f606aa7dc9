#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// Small things done to text that more than one module needs.
namespace etl {

/// A FHIR type's name as the tables and files spell it: "ResearchStudy" -> "research_study".
/// An underscore goes between a lower-case letter or digit and an upper-case letter; ASCII only.
[[nodiscard]] std::string snake_case(std::string_view name);

/// For people, never for parsers: "1,234,567".
[[nodiscard]] std::string human_count(std::uint64_t count);
/// Powers of 1000, as disks and `ls --si` count: "999 B", "1.2 MB".
[[nodiscard]] std::string human_bytes(std::uint64_t bytes);
/// "0.42 s", "17 s", "3 min 05 s", "2 h 07 min".
[[nodiscard]] std::string human_duration(std::chrono::duration<double> time);

/// `text` in quotes as a JSON string, with the characters that printable() escapes as \uXXXX. Bytes that are not UTF-8
/// become U+FFFD, so the result is always valid.
[[nodiscard]] std::string json_quote(std::string_view text);

/// Text from outside as it may be shown on a terminal: it cannot move the cursor, forge a log line or reorder what is
/// displayed. Control characters and bytes that are not UTF-8 become \xNN; C1 controls and invisible or bidirectional
/// formatting characters (U+200B, U+200E, U+202E, U+2066, U+FEFF, …) become \uNNNN. Newlines and tabs stay, and so do
/// the joiners U+200C and U+200D, which several scripts need.
[[nodiscard]] std::string printable(std::string_view text);

/// The same for a JSON or YAML document that is already written: replaces these characters by \uXXXX, which is correct
/// wherever they can occur, inside quoted strings.
[[nodiscard]] std::string escape_format_characters(std::string_view document);

/// Characters, not bytes, of UTF-8: what a column is as wide as.
[[nodiscard]] std::size_t width_of(std::string_view text);

/// The beginning of the text, `most` bytes at most, cut between two characters of UTF-8.
[[nodiscard]] std::string_view utf8_prefix(std::string_view text, std::size_t most);
/// The same as a message shows it: with `…` behind what was cut.
[[nodiscard]] std::string shortened(std::string_view text, std::size_t most);

[[nodiscard]] std::string_view trim(std::string_view text);

/// The candidate that a mistyped `word` most likely means: the one with the least edits, if these are few
/// for its length (or the word is its beginning); empty if none is near.
[[nodiscard]] std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace etl
