#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "fhir/id_index.hpp"

namespace etl::simplify {

/// What only the study as a whole tells, and its records depend on. A study that deletes some of its own resources,
/// repeats ids in several versions, or refers to what it does not have by URL is read a second time with it. Memory: 16
/// bytes for each deletion, 24 for each id with several versions, 8 for each address outside. All sorted.
struct StudyFacts {
  std::vector<fhir::IdIndex::Key> deleted;  ///< of `Type/id` as the source has it
  std::vector<std::uint64_t> outside;       ///< fhir::address_hash() of URLs of nothing in the study
  std::vector<std::pair<fhir::IdIndex::Key, std::uint64_t>> newest;  ///< the content that counts, of several

  [[nodiscard]] bool is_deleted(const fhir::IdIndex::Key& key) const {
    return std::ranges::binary_search(deleted, key);
  }
  [[nodiscard]] bool is_outside(std::uint64_t address) const { return std::ranges::binary_search(outside, address); }
  /// Is there a newer version than this content?
  [[nodiscard]] bool is_superseded(const fhir::IdIndex::Key& key, std::uint64_t content) const {
    const auto at = std::ranges::lower_bound(newest, key, {}, [](const auto& one) { return one.first; });
    return at != newest.end() && at->first == key && at->second != content;
  }
  [[nodiscard]] bool leaves_out() const noexcept { return !deleted.empty() || !newest.empty(); }
};

}  // namespace etl::simplify
