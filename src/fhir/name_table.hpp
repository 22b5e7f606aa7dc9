#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

namespace etl::fhir {

/// Names to small numbers: an open-addressing table that is built once and asked millions of times. A name's hash is made
/// of its length, its first and its last eight bytes, so a look-up costs about as much as the comparison that confirms it.
class NameTable {
 public:
  static constexpr std::uint16_t none = 0xFFFF;

  NameTable() = default;

  /// The names must outlive the table; the number of a name is its place in `names`. The first of two equal names counts.
  explicit NameTable(std::span<const std::string_view> names) {
    std::size_t size = 4;
    while (size < names.size() * 2) size *= 2;
    slots_.assign(size, Slot{{}, none});
    mask_ = size - 1;
    for (std::size_t i = 0; i < names.size(); ++i) {
      std::size_t at = hash(names[i]) & mask_;
      while (slots_[at].number != none && slots_[at].name != names[i]) at = (at + 1) & mask_;
      if (slots_[at].number == none) slots_[at] = {names[i], static_cast<std::uint16_t>(i)};
    }
  }

  [[nodiscard]] std::uint16_t find(std::string_view name) const noexcept {
    if (slots_.empty()) return none;
    for (std::size_t at = hash(name) & mask_;; at = (at + 1) & mask_) {
      const Slot& slot = slots_[at];
      if (slot.number == none) return none;
      if (slot.name.size() == name.size() && std::memcmp(slot.name.data(), name.data(), name.size()) == 0) {
        return slot.number;
      }
    }
  }

 private:
  struct Slot {
    std::string_view name;
    std::uint16_t number;
  };

  [[nodiscard]] static std::size_t hash(std::string_view name) noexcept {
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    if (name.size() >= 8) {
      std::memcpy(&first, name.data(), 8);
      std::memcpy(&last, name.data() + name.size() - 8, 8);
    } else if (name.size() >= 4) {
      std::uint32_t a = 0;
      std::uint32_t b = 0;
      std::memcpy(&a, name.data(), 4);
      std::memcpy(&b, name.data() + name.size() - 4, 4);
      first = a;
      last = b;
    } else {
      for (const char c : name) first = (first << 8) | static_cast<unsigned char>(c);
    }
    std::uint64_t mixed = (first ^ (last * 0x9E3779B97F4A7C15ULL) ^ name.size()) * 0xD6E8FEB86659FD93ULL;
    return static_cast<std::size_t>(mixed >> 32);
  }

  std::vector<Slot> slots_;
  std::size_t mask_ = 0;
};

}  // namespace etl::fhir
