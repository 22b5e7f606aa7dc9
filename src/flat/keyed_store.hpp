#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/buffer.hpp"
#include "fhir/id_index.hpp"
#include "fhir/spill_file.hpp"

namespace etl::flat {

/// Texts by the hash of a `Type/id`, any number for each, in memory of a fixed size: what does not fit goes to a
/// temporary file. Filled by one thread; read by many once finish() has been called.
class KeyedStore {
 public:
  using Key = fhir::IdIndex::Key;

  class Scratch;

  KeyedStore(std::size_t memory, std::filesystem::path temp_dir);

  void add(const Key& key, std::string_view text);
  /// Sorts what was added. Nothing can be added afterwards.
  void finish();

  /// Calls `take` with each text of the key, in the order in which they were added. Safe from several threads;
  /// `scratch` is the caller's.
  template <class Take>
  void each(const Key& key, Scratch& scratch, Take&& take) const;
  /// The last text of the key, which may be empty; `found` says whether there is one.
  [[nodiscard]] std::string_view last(const Key& key, Scratch& scratch, bool& found) const;
  [[nodiscard]] bool empty() const noexcept { return texts_ == 0; }

 private:
  struct Entry {
    std::uint64_t high;
    std::uint64_t offset;  ///< of the text among all texts
    std::uint32_t low;
    std::uint32_t size;
    [[nodiscard]] bool operator<(const Entry& other) const noexcept {
      if (high != other.high) return high < other.high;
      return low != other.low ? low < other.low : offset < other.offset;
    }
  };
  /// A sorted run of entries in the file.
  struct Run {
    std::size_t offset;
    std::size_t entries;
  };
  static constexpr std::size_t page = 32;  ///< entries that are read together

  void find(const Key& key, Scratch& scratch) const;
  [[nodiscard]] std::string_view text_of(const Entry& entry, Scratch& scratch) const;
  void spill_entries();
  void merge_runs();
  fhir::SpillFile& entry_file();

  std::size_t memory_;
  std::filesystem::path temp_dir_;
  std::uint64_t texts_ = 0;

  // Texts: those before `resident_from_` are in the file.
  Buffer resident_;
  std::uint64_t resident_from_ = 0;
  std::unique_ptr<fhir::SpillFile> text_file_;

  // Entries: in memory, or as sorted runs in a file, which finish() merges into one.
  std::vector<Entry> entries_;
  std::unique_ptr<fhir::SpillFile> entry_file_;
  std::vector<Run> runs_;
  std::vector<std::uint64_t> first_of_page_;  ///< Entry::high of the first entry of each page of the merged run
};

/// Where a reader's look-ups put what they find; kept to keep its memory. What a look-up answers lives until the next
/// one with the same Scratch.
class KeyedStore::Scratch {
  friend class KeyedStore;
  std::vector<Entry> page_;
  std::vector<Entry> found_;
  Buffer text_;
};

template <class Take>
void KeyedStore::each(const Key& key, Scratch& scratch, Take&& take) const {
  find(key, scratch);
  for (const Entry& entry : scratch.found_) take(text_of(entry, scratch));
}

}  // namespace etl::flat
