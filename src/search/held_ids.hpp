#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "fhir/id_index.hpp"

namespace etl::search {

/// The ids of the documents that an index holds of a project, as hashes of 12 bytes, and which of them a load has sent.
class HeldIds {
 public:
  void add(std::string_view id) { keys_.push_back(fhir::IdIndex::key_of(id)); }
  /// After the last add(), before the first of the others.
  void seal();

  /// Notes that a document with this id is sent. False when the index does not hold it. From any thread.
  bool mark(std::string_view id) noexcept;
  /// The index holds this id, and no document with it was sent.
  [[nodiscard]] bool has_left(std::string_view id) const noexcept;
  /// How many ids were not sent.
  [[nodiscard]] std::uint64_t left() const noexcept;
  [[nodiscard]] std::uint64_t size() const noexcept { return keys_.size(); }

 private:
  [[nodiscard]] std::size_t find(std::string_view id) const noexcept;

  std::vector<fhir::IdIndex::Key> keys_;
  std::vector<unsigned char> sent_;  ///< each is changed through an atomic_ref
};

}  // namespace etl::search
