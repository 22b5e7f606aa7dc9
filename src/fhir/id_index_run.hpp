#pragma once

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "fhir/id_index.hpp"

namespace etl::fhir {

/// Entries by part, and their texts: in memory, or in the spill file (the parts one behind the other, then the texts).
struct IdIndex::Run {
  static constexpr std::size_t chunk_entries = 64;
  static constexpr std::size_t slab_bytes = std::size_t{256} << 10U;
  using Chunk = std::array<Entry, chunk_entries>;

  std::array<std::vector<std::unique_ptr<Chunk>>, parts> chunks;
  std::array<std::size_t, parts> counts{};
  std::vector<std::unique_ptr<char[]>> slabs;  ///< texts, each closed by NUL; none crosses a slab's end
  std::size_t slab_used = slab_bytes;
  std::size_t bytes = 0;  ///< of entries and texts
  const SpillFile* file = nullptr;
  std::size_t base = 0;  ///< where it begins in the file

  void add(const Entry& entry, std::size_t part) {
    auto& of_part = chunks[part];
    const std::size_t at = counts[part]++ % chunk_entries;
    if (at == 0) of_part.push_back(std::make_unique_for_overwrite<Chunk>());
    (*of_part.back())[at] = entry;
    bytes += sizeof(Entry);
  }

  /// Answers where it begins. It is only ever shown, so a text of absurd length may be cut.
  std::uint32_t add_text(std::string_view text) {
    text = text.substr(0, slab_bytes - 1);
    if (slab_used + text.size() + 1 > slab_bytes) {
      slabs.push_back(std::make_unique_for_overwrite<char[]>(slab_bytes));
      slab_used = 0;
    }
    char* const to = slabs.back().get() + slab_used;
    std::memcpy(to, text.data(), text.size());
    to[text.size()] = '\0';
    const std::size_t begin = (slabs.size() - 1) * slab_bytes + slab_used;
    slab_used += text.size() + 1;
    bytes += text.size() + 1;
    return static_cast<std::uint32_t>(begin);
  }

  [[nodiscard]] bool empty() const noexcept { return bytes == 0; }

  void spill(SpillFile& to) {
    base = to.end();
    for (std::size_t part = 0; part < parts; ++part) {
      std::size_t left = counts[part];
      for (const auto& chunk : chunks[part]) {
        const std::size_t entries = std::min(left, chunk_entries);
        to.append(chunk->data(), entries * sizeof(Entry));
        left -= entries;
      }
      std::vector<std::unique_ptr<Chunk>>().swap(chunks[part]);
    }
    for (std::size_t slab = 0; slab < slabs.size(); ++slab) {
      to.append(slabs[slab].get(), slab + 1 == slabs.size() ? slab_used : slab_bytes);
    }
    std::vector<std::unique_ptr<char[]>>().swap(slabs);
    file = &to;
  }

  /// Gives the entries of a part to `take`.
  template <class Take>
  void each(std::size_t part, Take&& take) const {
    std::size_t left = counts[part];
    if (file == nullptr) {
      for (const auto& chunk : chunks[part]) {
        const std::size_t entries = std::min(left, chunk_entries);
        for (std::size_t i = 0; i < entries; ++i) take((*chunk)[i]);
        left -= entries;
      }
      return;
    }
    constexpr std::size_t read_ahead = 2048;
    std::vector<Entry> ahead(std::min(left, read_ahead));
    std::size_t offset =
        base + sizeof(Entry) *
                   std::accumulate(counts.begin(), counts.begin() + static_cast<std::ptrdiff_t>(part), std::size_t{0});
    while (left > 0) {
      const std::size_t entries = std::min(left, ahead.size());
      file->read(ahead.data(), entries * sizeof(Entry), offset);
      for (std::size_t i = 0; i < entries; ++i) take(ahead[i]);
      offset += entries * sizeof(Entry);
      left -= entries;
    }
  }

  /// The text that add_text() put there.
  [[nodiscard]] std::string text(std::size_t begin) const {
    if (file == nullptr) return {slabs[begin / slab_bytes].get() + begin % slab_bytes};
    std::string out;
    const std::size_t at = base + sizeof(Entry) * std::accumulate(counts.begin(), counts.end(), std::size_t{0}) + begin;
    for (char c = 0;; out.push_back(c)) {
      file->read(&c, 1, at + out.size());
      if (c == '\0') return out;
    }
  }
};

}  // namespace etl::fhir
