#pragma once

#include <simdjson.h>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace etl::files {

/// What a DocumentReference says of its file: of its first content's attachment.
struct Attachment {
  std::string id;
  std::string url;
  std::string source_path;            ///< extension …/source_path, valueUrl
  std::string md5;                    ///< extension …/md5, valueString
  std::optional<std::uint64_t> size;  ///< a number, or as R5 wants it: an integer64 in a string
  bool has_data = false;              ///< the content itself stands in the resource
  std::size_t contents = 0;
};

/// Nothing when the resource is no DocumentReference. InputError when it is no JSON.
[[nodiscard]] std::optional<Attachment> read_attachment(simdjson::dom::parser& parser, std::string_view resource);

/// A file of a study that belongs into the commons.
struct Document {
  std::string did;   ///< the DocumentReference's id, the GUID
  std::string name;  ///< of the object: its key is `<did>/<name>`
  std::uint64_t size = 0;
  std::string md5;             ///< 32 hexadecimal digits, lower case
  std::filesystem::path path;  ///< on disk, links resolved; empty where nobody looked
  std::int64_t mtime_ns = 0;
  std::string place;  ///< file:line of the metadata

  [[nodiscard]] std::string key() const { return did + "/" + name; }
};

}  // namespace etl::files
