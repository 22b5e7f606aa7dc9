#include "fhir/pglz.hpp"

#include <algorithm>
#include <array>
#include <climits>
#include <cstdint>
#include <memory>

namespace etl::fhir {
namespace {

constexpr std::size_t history_size = 4096;
constexpr std::size_t most_lists = 8192;
constexpr std::size_t longest_match = 273;
constexpr std::size_t furthest_match = 0x0FFF;  // not reached
constexpr std::size_t shortest_tag = 17;        // longer matches take a byte more

// PGLZ_strategy_default
constexpr std::size_t shortest_input = 32;
constexpr std::size_t must_save_percent = 25;
constexpr std::size_t first_match_within = 1024;
constexpr std::size_t good_match = 128;
constexpr std::size_t good_match_drop_percent = 10;

/// Where the last few thousand positions of the text are, by a hash of the four bytes that begin there. Entry 0 is
/// "none".
class History {
 public:
  History(std::string_view text, std::size_t lists) : text_(text), mask_(lists - 1) {}

  void add(std::size_t position) {
    const std::size_t list = list_of(position);
    Entry& entry = entries_[next_];
    if (recycles_) {
      if (entry.previous == 0) {
        first_[entry.list] = entry.next;
      } else {
        entries_[entry.previous].next = entry.next;
      }
      if (entry.next != 0) entries_[entry.next].previous = entry.previous;
    }
    entry = {first_[list], 0, static_cast<std::uint16_t>(list), position};
    entries_[first_[list]].previous = next_;
    first_[list] = next_;
    if (++next_ > history_size) {
      next_ = 1;
      recycles_ = true;
    }
  }

  /// The length of the match that pglz would take at this position; 0 when there is none worth a tag.
  [[nodiscard]] std::size_t match(std::size_t position) const {
    std::size_t longest = 0;
    std::size_t enough = good_match;
    for (std::uint16_t at = first_[list_of(position)]; at != 0;) {
      const Entry& entry = entries_[at];
      if (position - entry.position >= furthest_match) break;
      const std::size_t most = std::min(longest_match, text_.size() - position);
      std::size_t length = 0;
      while (length < most && text_[position + length] == text_[entry.position + length]) ++length;
      longest = std::max(longest, length);
      at = entry.next;
      if (at == 0) continue;
      if (longest >= enough) break;
      enough -= enough * good_match_drop_percent / 100;
    }
    return longest > 2 ? longest : 0;
  }

 private:
  struct Entry {
    std::uint16_t next;
    std::uint16_t previous;
    std::uint16_t list;
    std::size_t position;
  };

  [[nodiscard]] std::size_t list_of(std::size_t position) const {
    const auto byte = [&](std::size_t i) {
      return static_cast<unsigned>(static_cast<int>(static_cast<signed char>(text_[position + i])));
    };
    if (text_.size() - position < 4) return byte(0) & mask_;
    return ((byte(0) << 6U) ^ (byte(1) << 4U) ^ (byte(2) << 2U) ^ byte(3)) & mask_;
  }

  std::string_view text_;
  std::size_t mask_;
  std::uint16_t next_ = 1;
  bool recycles_ = false;
  std::array<std::uint16_t, most_lists> first_{};
  std::array<Entry, history_size + 1> entries_{};
};

std::size_t lists_for(std::size_t size) {
  std::size_t lists = 512;
  for (std::size_t limit = 128; lists < most_lists && size >= limit; limit *= 2) lists *= 2;
  return lists;
}

}  // namespace

std::optional<std::size_t> pglz_size(std::string_view text) {
  if (text.size() < shortest_input || text.size() > INT_MAX) return std::nullopt;
  constexpr std::size_t may_keep = 100 - must_save_percent;
  const std::size_t most = text.size() > INT_MAX / 100 ? text.size() / 100 * may_keep : text.size() * may_keep / 100;
  const auto history = std::make_unique<History>(text, lists_for(text.size()));
  std::size_t size = 0;
  std::size_t items = 0;
  bool matched = false;
  for (std::size_t at = 0; at < text.size();) {
    if (size >= most || (!matched && size >= first_match_within)) return std::nullopt;
    const std::size_t length = history->match(at);
    if (items++ % 8 == 0) ++size;  // a byte that says which of the next eight items are matches
    matched = matched || length > 0;
    size += length == 0 ? 1 : length > shortest_tag ? 3 : 2;
    for (std::size_t i = 0; i < std::max<std::size_t>(length, 1); ++i) history->add(at++);
  }
  if (size >= most) return std::nullopt;
  return size;
}

}  // namespace etl::fhir
