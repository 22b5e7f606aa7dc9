#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/sqlite.hpp"
#include "files/document.hpp"

namespace etl::files {

/// The documents of a study in the order of its metadata, in a database that is gone with us: memory does not grow with
/// the study. One thread at a time.
class Manifest {
 public:
  /// `locator` finds the documents' files and must outlive the manifest; null when they are not looked at.
  explicit Manifest(const documents::Locator* locator);

  enum class Added : unsigned char {
    added,
    repeated,       ///< the same again, which counts once
    clashed,        ///< another file under one did: neither counts
    clashed_again,  ///< one more of these
  };
  Added add(const Document& document);

  /// The study deletes the DocumentReference of this GUID. May be noted more than once.
  void note_deleted(const std::string& did);
  [[nodiscard]] bool is_deleted(const std::string& did);

  /// The next documents after `cursor`, which starts at 0 and is moved; empty at the end.
  [[nodiscard]] std::vector<Document> next(std::int64_t& cursor, std::size_t most);
  [[nodiscard]] std::optional<Document> find(const std::string& did);
  [[nodiscard]] const documents::Locator* locator() const { return locator_; }

  /// From now on only those that were chosen count in next(), files() and bytes().
  void choose(const std::string& did);
  void keep_chosen();

  [[nodiscard]] std::uint64_t files();
  [[nodiscard]] std::uint64_t bytes();

 private:
  [[nodiscard]] std::uint64_t one_number(const char* sql);

  const documents::Locator* locator_;
  sqlite::Database database_;
  std::optional<sqlite::Statement> insert_;
  std::optional<sqlite::Statement> look_;
};

}  // namespace etl::files
