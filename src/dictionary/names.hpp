#pragma once

#include <string>
#include <string_view>

// The names that Gen3's data-model libraries give to what a dictionary describes. They are part of the database's
// contract: sheepdog and peregrine look for exactly these tables.

namespace etl::dictionary {

/// `research_study` -> `ResearchStudy`: every word with a capital and small letters behind it.
[[nodiscard]] std::string class_name(std::string_view label);

/// `research_study` -> `node_researchstudy`.
[[nodiscard]] std::string node_table(std::string_view label);

/// `edge_` + source + label + destination without `_`; above 40 characters it becomes
/// `edge_<md5 of that, 8 digits>_<abbreviations>`. Case is kept, so the name must be quoted in SQL.
[[nodiscard]] std::string edge_table(std::string_view src_label, std::string_view label, std::string_view dst_label);

/// Labels and names of links are used without their blanks.
[[nodiscard]] std::string without_blanks(std::string_view text);

/// The first 8 hex digits of the MD5, by which long names are told apart.
[[nodiscard]] std::string short_md5(std::string_view text);

/// Joins the first `letters` characters of every `_`-separated word: ("submitter_id", 2, "") -> "suid".
[[nodiscard]] std::string abbreviate(std::string_view text, std::size_t letters, std::string_view joined_by = {});

}  // namespace etl::dictionary
