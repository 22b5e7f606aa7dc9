#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dictionary/dictionary.hpp"
#include "graph/connection/connection.hpp"
#include "graph/staging/staged_rows.hpp"

namespace etl::graph {

/// A staged record that cannot be written because another record has the same value of a unique key.
struct KeyCollision {
  std::string label;     ///< the type of both
  std::string keys;      ///< names of the properties: `project_id, url`
  std::string values;    ///< their values, in the same order
  std::string node_id;   ///< the staged record
  std::uint64_t place;   ///< where the study has it: place_of()
  std::string other_id;  ///< the record that has the same value
  bool other_staged;     ///< the study has it too, at other_place; else it is in the graph
  std::uint64_t other_place;
  std::string other_project;  ///< the project of the graph's record
};

/// The unique indexes of the node tables, beside their primary keys, as the database has them: `(project_id, url)` of
/// research studies, for example. PostgreSQL checks them row by row, also within a statement, so records that exchange
/// values cannot be updated one after the other.
class UniqueKeys {
 public:
  UniqueKeys(Connection& connection, const dictionary::Dictionary& dictionary, const StagedRows& staged)
      : connection_(connection), dictionary_(dictionary), staged_(staged) {}

  /// Clears the properties of those staged records that are already in node table `number` and whose unique values
  /// change, so that any other staged record can take the values. `project_id` stays. The update that follows writes
  /// them.
  void make_way(std::size_t number, const std::string& project_id);

  /// Up to `most` staged records whose unique values another staged record has, or a record that stays in the graph.
  [[nodiscard]] std::vector<KeyCollision> collisions(std::size_t most);

 private:
  struct Key {
    std::vector<std::string> expressions;  ///< over the columns of the node table
    std::string predicate;                 ///< of a partial index; or empty
  };

  const std::vector<Key>& of(std::size_t number);
  [[nodiscard]] std::string staged(std::size_t number, const char* condition) const;
  void collide(std::size_t number, const Key& key, std::size_t most, std::vector<KeyCollision>& found);

  Connection& connection_;
  const dictionary::Dictionary& dictionary_;
  const StagedRows& staged_;
  std::vector<std::vector<Key>> keys_;  ///< per node table; empty until they are needed
};

}  // namespace etl::graph
