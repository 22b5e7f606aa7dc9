// AWS's INI files: ~/.aws/config and ~/.aws/credentials.

#include "properties.hpp"
#include "s3/ini_file.hpp"

namespace {

using namespace etl;
using fuzz::require;

std::string written(const s3::IniFile& file) {
  std::string out;
  for (const auto& [section, keys] : file) {
    out += '[' + section + "]\n";
    for (const auto& [key, value] : keys) {
      out += key + " = ";
      for (const char c : value) {
        out += c;
        if (c == '\n') out += "  ";  // what is indented more than its key continues the value
      }
      out += '\n';
    }
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  s3::IniFile file;
  const auto refused = fuzz::refusal_of([&] { file = s3::parse_ini(text, "credentials"); });
  if (refused) {
    require(refused->code == ExitCode::usage && refused->where.starts_with("credentials:"),
            "an error without its line");
    return 0;
  }
  std::size_t kept = 0;
  for (const auto& [section, keys] : file) {
    kept += section.size();
    for (const auto& [key, value] : keys) {
      kept += key.size() + value.size();
      require(std::none_of(key.begin(), key.end(), [](char c) { return c >= 'A' && c <= 'Z'; }), "a key in capitals");
      static_cast<void>(s3::parse_nested(value));
    }
  }
  require(kept <= size, "more came out than went in");
  require(s3::parse_ini(written(file), "again") == file, "the file is another one when it is written and read again");
  return 0;
}
