#pragma once

#include <string>
#include <string_view>
#include <vector>

/// The addresses that DocumentReferences give their files, as names below a folder. Pure functions: nothing here looks
/// at a disk.
namespace etl::documents {

/// What an attachment's url is.
enum class AddressKind : unsigned char {
  file,       ///< a file of the study
  elsewhere,  ///< in a store or on a server: any scheme but `file`
  reference,  ///< a FHIR reference to a Binary resource, as some EHRs write it: `Binary/abc123`
};
[[nodiscard]] AddressKind kind_of(std::string_view url);

/// Percent escapes decoded once: "a%20b" is "a b". A '%' that begins no escape stays as it is.
[[nodiscard]] std::string decode_percent(std::string_view text);

/// An address of a file without `file:///`, `file://localhost/`, `file://`, `file:/` or `./` in front, percent escapes
/// decoded: the name of the file's object. Only a prefix goes, never characters of the name. It may still be anything:
/// see refusal_of_name().
[[nodiscard]] std::string name_of(std::string_view address);
/// The same, but escapes are kept as they are written: a file may really be called "100%25.csv".
[[nodiscard]] std::string raw_name_of(std::string_view address);

/// Why a name cannot be that of a study's file; empty when it can. Refused are empty and absolute names, names of
/// folders ("a/"), parts that begin with a dot (so `.` and `..`, too), control characters, bytes that are not UTF-8,
/// and names and parts that are too long for a path. A name that passes never leads out of the folder that it is
/// appended to, unless through a symbolic link, and names no hidden file.
[[nodiscard]] std::string refusal_of_name(std::string_view name);

/// The names below the output folder that an address may mean, the likeliest first, all of which pass
/// refusal_of_name(). A leading `output/` stands for the output folder whatever its real name is; an absolute path
/// counts from its first folder `output`, because that is the path that the file had where the metadata was made.
[[nodiscard]] std::vector<std::string> names_in_output(std::string_view address);

}  // namespace etl::documents
