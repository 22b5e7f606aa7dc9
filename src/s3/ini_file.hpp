#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

namespace etl::s3 {

/// The form of ~/.aws/config and ~/.aws/credentials: sections of keys; lines indented more than their key go on with
/// its value. Keys are in lower case.
using IniSection = std::map<std::string, std::string, std::less<>>;
using IniFile = std::map<std::string, IniSection, std::less<>>;

/// UsageError with `where`:line for a line that is neither section, key, comment nor the rest of a value.
[[nodiscard]] IniFile parse_ini(std::string_view text, const std::string& where);

/// Empty when there is no such file; UsageError when it cannot be read.
[[nodiscard]] IniFile read_ini(const std::filesystem::path& path);

/// A value that holds keys itself, as that of `s3 =` does.
[[nodiscard]] IniSection parse_nested(std::string_view value);

}  // namespace etl::s3
