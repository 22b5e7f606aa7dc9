#include "search/held_ids.hpp"

#include <algorithm>
#include <atomic>

namespace etl::search {

void HeldIds::seal() {
  std::ranges::sort(keys_);
  keys_.erase(std::unique(keys_.begin(), keys_.end()), keys_.end());  // clang 14 cannot compile std::ranges::unique
  keys_.shrink_to_fit();
  sent_.assign(keys_.size(), 0);
}

std::size_t HeldIds::find(std::string_view id) const noexcept {
  const auto key = fhir::IdIndex::key_of(id);
  const auto found = std::ranges::lower_bound(keys_, key);
  return found == keys_.end() || *found != key ? keys_.size() : static_cast<std::size_t>(found - keys_.begin());
}

bool HeldIds::mark(std::string_view id) noexcept {
  const std::size_t n = find(id);
  if (n == keys_.size()) return false;
  std::atomic_ref(sent_[n]).store(1, std::memory_order_relaxed);
  return true;
}

bool HeldIds::has_left(std::string_view id) const noexcept {
  const std::size_t n = find(id);
  return n != keys_.size() && sent_[n] == 0;
}

std::uint64_t HeldIds::left() const noexcept { return static_cast<std::uint64_t>(std::ranges::count(sent_, 0)); }

}  // namespace etl::search
