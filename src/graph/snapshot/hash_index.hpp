#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace etl::graph {

/// Finds things by their hash in a vector that its user keeps: a hash table of places in it, open addressing, at most
/// half full. Four bytes a slot, and no pointers.
class HashIndex {
 public:
  using Slot = std::uint32_t;
  static constexpr Slot none = UINT32_MAX;

  /// The place for which `is` holds among those that may have this hash.
  template <class Is>
  [[nodiscard]] Slot find(std::uint64_t hash, const Is& is) const {
    if (slots_.empty()) return none;
    for (std::size_t at = hash & (slots_.size() - 1);; at = (at + 1) & (slots_.size() - 1)) {
      if (slots_[at] == none || is(slots_[at])) return slots_[at];
    }
  }

  /// Takes in the next place: 0, then 1, and so on. `hash_of` answers the hash of each that is in already.
  template <class HashOf>
  void add(std::uint64_t hash, const HashOf& hash_of) {
    if (2 * (std::size_t{count_} + 1) > slots_.size()) {
      slots_.assign(slots_.empty() ? 64 : 2 * slots_.size(), none);
      for (Slot place = 0; place < count_; ++place) put(hash_of(place), place);
    }
    put(hash, count_++);
  }

 private:
  void put(std::uint64_t hash, Slot place) {
    std::size_t at = hash & (slots_.size() - 1);
    while (slots_[at] != none) at = (at + 1) & (slots_.size() - 1);
    slots_[at] = place;
  }

  std::vector<Slot> slots_;
  Slot count_ = 0;
};

}  // namespace etl::graph
