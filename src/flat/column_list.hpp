#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/buffer.hpp"

namespace etl::flat {

/// Columns with their values, in the order in which they came, each name once: a later value of a name replaces the
/// earlier one and keeps its place.
class ColumnList {
 public:
  void clear() noexcept {
    text_.clear();
    entries_.clear();
    places_.clear();
  }

  /// `value`: JSON. Answers whether another value was replaced.
  bool set(std::string_view prefix, std::string_view name, std::string_view value);
  bool set(std::string_view name, std::string_view value) { return set({}, name, value); }

  [[nodiscard]] bool empty() const noexcept { return entries_.empty(); }
  /// Calls `take(name, value)` with each column.
  template <class Take>
  void each(Take&& take) const {
    for (const Entry& entry : entries_) take(view(entry.name), view(entry.value));
  }

  /// Appends the list as read_columns() reads it.
  void write(Buffer& to) const;

 private:
  struct Piece {
    std::uint32_t begin, size;
  };
  struct Entry {
    std::uint64_t hash;
    Piece name, value;
  };
  /// Beyond so many columns a name is looked up in places_.
  static constexpr std::size_t few = 64;

  [[nodiscard]] std::string_view view(Piece piece) const { return text_.view(piece.begin, piece.begin + piece.size); }
  [[nodiscard]] Entry* find(std::uint64_t hash);

  Buffer text_;
  std::vector<Entry> entries_;
  std::unordered_map<std::uint64_t, std::size_t> places_;  ///< empty while there are few
};

/// Calls `take(name, value)` with each column of a text that ColumnList::write() made.
template <class Take>
void read_columns(std::string_view text, Take&& take) {
  std::size_t at = 0;
  while (at < text.size()) {
    std::uint32_t sizes[2];
    std::memcpy(sizes, text.data() + at, sizeof sizes);
    at += sizeof sizes;
    take(text.substr(at, sizes[0]), text.substr(at + sizes[0], sizes[1]));
    at += sizes[0] + sizes[1];
  }
}

}  // namespace etl::flat
