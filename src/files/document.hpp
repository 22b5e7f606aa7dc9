#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "base/unique_fd.hpp"
#include "documents/locator.hpp"
#include "documents/reference.hpp"
#include "simplify/id_transform.hpp"

namespace etl::files {

/// A file of a study that belongs into the commons.
struct Document {
  std::string did;   ///< the GUID: the DocumentReference's id, or the UUID that replaces it
  std::string name;  ///< of the object: its key is `<did>/<name>`
  std::uint64_t size = 0;
  std::string md5;                              ///< 32 hexadecimal digits, lower case
  const documents::Locator* locator = nullptr;  ///< null where nobody looked for the file on disk
  documents::Location location{};               ///< where the locator found it
  std::string place;                            ///< file:line of the metadata

  [[nodiscard]] std::string key() const { return did + "/" + name; }
  /// Opens the file on disk, the very one that was found. InputError when it is another one by now.
  [[nodiscard]] UniqueFd open() const;
  /// The file's path, for messages only.
  [[nodiscard]] std::string path() const;
};

/// What the metadata alone says of a file. InputError with the reason when it does not say enough: no id or one that is
/// not FHIR's, no url, a name that documents::refusal_of_name() refuses or S3 cannot hold, no md5 or none of 32
/// hexadecimal digits (upper case is lowered), no size. `ids`, where given, replaces the id, as in the graph.
[[nodiscard]] Document described_by(const documents::Reference& reference, const simplify::IdTransform* ids = nullptr);

/// Finds the document's file on disk. InputError with the reason, as Locator::locate(); and when the file's size is not
/// what the metadata says. What the size is instead is not told: whoever wrote the metadata need not know it.
void find_file(const documents::Locator& locator, const documents::Reference& reference, Document& document);

/// The same for every reader of the bytes.
[[noreturn]] void throw_wrong_size(const Document& document);
[[noreturn]] void throw_wrong_md5(const Document& document);

}  // namespace etl::files
