#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "dictionary/dictionary.hpp"
#include "simplify/record.hpp"

namespace etl::simplify {

/// Finds what keeps PostgreSQL from storing a record in its node table: a value too long for one of the indexes that
/// the dictionary's unique keys give the table, and an object beyond the limits of jsonb.
class StorageCheck {
 public:
  struct Options {
    const dictionary::Dictionary* dictionary = nullptr;  ///< null: no index on properties is known
    std::string project;                                 ///< P-Q; empty: not known, and taken as the shortest one
    bool ids_and_numbers = false;  ///< nothing has checked the record's ids and numbers yet: check these, too
  };

  explicit StorageCheck(Options options);

  /// Receives the property and what is wrong with it. The property is empty when it is the whole record or its id.
  using Tell = std::function<void(std::string_view property, std::string message)>;

  void check(const Record& record, const Tell& tell) {
    // Most records are too small to hold anything that is too large.
    if (options_.ids_and_numbers || record.object.size() + options_.project.size() > small) check_all(record, tell);
  }

 private:
  /// An index row is at most 2,704 bytes: what its columns take beside the record's own text stays far below the rest.
  static constexpr std::size_t small = 2400;

  void check_all(const Record& record, const Tell& tell);
  void check_keys(const dictionary::Node& node, std::string_view object, const Tell& tell) const;
  void check_object(std::string_view object, const Tell& tell) const;

  Options options_;
};

}  // namespace etl::simplify
