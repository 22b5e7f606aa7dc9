#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "studies/study_scan.hpp"

/// Where the file of a DocumentReference is.
namespace etl::studies {

/// Where files are looked for.
struct DocumentPlaces {
  std::filesystem::path study;
  std::filesystem::path output;
};

/// An attachment's address as a relative name: "file:///output/S/a.csv", "./output/S/a.csv" and "/output/S/a.csv" are
/// all "output/S/a.csv". Only a prefix goes, never characters of the name.
[[nodiscard]] std::string_view relative_name(std::string_view address);

/// The names below the folder of output that the document may mean, the likeliest first; none that would leave it.
[[nodiscard]] std::vector<std::string> names_in_output(const Document& document);

/// The file's size, where one is found: what the source path names, then what the attachment's url names; each in the
/// folder of output, beside it, in the study's folder, and, if it is absolute, there. Nothing when it is in none.
[[nodiscard]] std::optional<std::uint64_t> size_on_disk(const Document& document, const DocumentPlaces& places);

}  // namespace etl::studies
