#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "config/settings.hpp"
#include "files/document.hpp"

namespace etl::files {

/// A url without a leading `file:///`, `file://` or `./`. These are prefixes: `f0000.bin` stays what it is.
[[nodiscard]] std::string without_file_prefix(std::string_view url);

/// Is it the address of something that is in a store already: `s3://…`, `https://…`, any scheme but `file`?
[[nodiscard]] bool is_elsewhere(std::string_view url);

/// What the metadata alone says of a file; `path` stays empty. InputError with the reason when it does not say enough:
/// no id, no url, a name that S3 cannot hold or that has `..` in it, no md5 or none of 32 hexadecimal digits (upper
/// case is lowered), no size.
[[nodiscard]] Document described_by(const Attachment& attachment);

/// Where a study's files are. Nothing outside of it is ever read, whatever the metadata says.
class SourceFolder {
 public:
  /// UsageError when it is no folder.
  explicit SourceFolder(const std::filesystem::path& folder);

  /// Sets path and mtime. The file is at the source_path, else at the url, both below the folder; an absolute
  /// source_path must lie in it. InputError with the reason: missing, no regular file, not readable, outside of the
  /// folder (links resolved), another size than the metadata says.
  void locate(const Attachment& attachment, Document& document) const;

 private:
  [[nodiscard]] std::filesystem::path find(const Attachment& attachment) const;

  std::filesystem::path folder_;
};

/// Where files are looked for unless another folder is named: the one that holds the folder of output, since paths of
/// the metadata begin with `output/`.
[[nodiscard]] std::filesystem::path default_source(const config::Settings& settings);

}  // namespace etl::files
