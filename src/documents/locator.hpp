#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/beneath.hpp"
#include "documents/places.hpp"
#include "documents/reference.hpp"

namespace etl::documents {

/// A file that was found, so that it can be opened again: the same file or none.
struct Location {
  std::uint64_t root = 0;  ///< which of the locator's roots
  std::string name;        ///< below that root, symbolic links resolved
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t size = 0;
  std::int64_t mtime_ns = 0;
};

/// Finds the files of one study. It never reads outside of the study's places, whatever the metadata says and whatever
/// happens to the folders meanwhile (base/beneath.hpp), and its errors do not tell whether something exists elsewhere.
/// Safe to use from many threads.
class Locator {
 public:
  /// UsageError when a folder that the user named is not there, or when the files would lie in a guarded folder.
  explicit Locator(const Places& places);

  /// Looks where the source path says, then where the url says: below the output folder, then in the study's own folder.
  /// InputError with the reason when there is no such file, when it may not be read (see Places and refusal_of_name()),
  /// or when it is not a regular file. The size is not compared with anything.
  [[nodiscard]] Location locate(const Reference& reference) const;

  /// Opens a file that locate() found, for reading, by the same rules. InputError when it is another file by now or has
  /// changed since.
  [[nodiscard]] UniqueFd open(const Location& location) const;

  /// For messages only.
  [[nodiscard]] std::string path_of(const Location& location) const;

 private:
  struct Root {
    RootFolder folder;
    PathRules rules;
    std::string inside;  ///< names below output lose this in front: the study's own folder there, with '/' at its end
    bool is_study = false;
  };
  class Search;

  void add_root(const std::filesystem::path& folder, const Places& places, const std::string& below, bool is_study);
  [[nodiscard]] std::string why_guarded(const std::filesystem::path& path, const struct stat& about) const;

  struct Guarded {
    std::filesystem::path path;
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
  };
  std::vector<Guarded> guarded_;
  std::vector<std::unique_ptr<Root>> roots_;
  bool output_named_ = false;
};

}  // namespace etl::documents
