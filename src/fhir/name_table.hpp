#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

namespace etl::fhir {

/// Names to small numbers: an open-addressing table that is built once and asked millions of times. A name's hash is
/// made of its length, its first and its last eight bytes, so a look-up costs about as much as the comparison that
/// confirms it.
class NameTable {
 public:
  static constexpr std::uint16_t none = 0xFFFF;

  NameTable() = default;

  /// The names must outlive the table; the number of a name is its place in `names`. The first of two equal names
  /// counts.
  explicit NameTable(std::span<const std::string_view> names) {
    std::size_t size = 4;
    while (size < names.size() * 2) size *= 2;
    slots_.assign(size, Slot{{}, {}, none});
    mask_ = size - 1;
    for (std::size_t i = 0; i < names.size(); ++i) {
      const Ends ends = ends_of(names[i]);
      std::size_t at = hash(ends) & mask_;
      while (slots_[at].number != none && slots_[at].name != names[i]) at = (at + 1) & mask_;
      if (slots_[at].number == none) slots_[at] = {names[i], ends, static_cast<std::uint16_t>(i)};
    }
  }

  [[nodiscard]] std::uint16_t find(std::string_view name) const noexcept {
    if (slots_.empty()) return none;
    const Ends ends = ends_of(name);
    for (std::size_t at = hash(ends) & mask_;; at = (at + 1) & mask_) {
      const Slot& slot = slots_[at];
      if (slot.number == none) return none;
      if (slot.ends == ends && same_middle(slot.name, name)) return slot.number;
    }
  }

 private:
  /// The length and both ends of a name: up to 16 bytes that is all of it.
  struct Ends {
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    std::size_t size = 0;
    [[nodiscard]] bool operator==(const Ends& other) const noexcept {
      return ((first ^ other.first) | (last ^ other.last) | (size ^ other.size)) == 0;
    }
  };
  struct Slot {
    std::string_view name;
    Ends ends;
    std::uint16_t number;
  };

  [[nodiscard]] static bool same_middle(std::string_view a, std::string_view b) noexcept {
    return a.size() <= 16 || std::memcmp(a.data() + 8, b.data() + 8, a.size() - 16) == 0;
  }

  [[nodiscard]] static Ends ends_of(std::string_view name) noexcept {
    Ends ends{0, 0, name.size()};
    if (name.size() >= 8) {
      std::memcpy(&ends.first, name.data(), 8);
      std::memcpy(&ends.last, name.data() + name.size() - 8, 8);
    } else if (name.size() >= 4) {
      std::uint32_t a = 0;
      std::uint32_t b = 0;
      std::memcpy(&a, name.data(), 4);
      std::memcpy(&b, name.data() + name.size() - 4, 4);
      ends.first = a;
      ends.last = b;
    } else {
      for (const char c : name) ends.first = (ends.first << 8) | static_cast<unsigned char>(c);
    }
    return ends;
  }

  [[nodiscard]] static std::size_t hash(const Ends& ends) noexcept {
    const std::uint64_t mixed = (ends.first ^ (ends.last * 0x9E3779B97F4A7C15ULL) ^ ends.size) * 0xD6E8FEB86659FD93ULL;
    return static_cast<std::size_t>(mixed >> 32);
  }

  std::vector<Slot> slots_;
  std::size_t mask_ = 0;
};

}  // namespace etl::fhir
