#include "fhir/id_index.hpp"

#include <xxhash.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <condition_variable>
#include <exception>
#include <thread>
#include <tuple>

#include "base/error.hpp"
#include "fhir/id_index_run.hpp"

namespace etl::fhir {
namespace {

constexpr std::uint32_t reference_bit = 0x8000'0000U;
constexpr unsigned line_bits = 40;
constexpr std::uint64_t last_line = (std::uint64_t{1} << line_bits) - 1;
/// What one thread looks through at a time.
constexpr std::size_t slice_bytes = std::size_t{8} << 20U;

std::uint64_t packed(Location where) {
  return std::uint64_t{where.file} << line_bits | std::min(where.line, last_line);
}

Location unpacked(std::uint64_t place) { return {static_cast<std::uint32_t>(place >> line_bits), place & last_line}; }

}  // namespace

IdIndex::IdIndex(std::size_t memory, unsigned writers, std::filesystem::path temp_dir)
    : memory_per_writer_(memory / std::max(1U, writers)),
      writers_(std::max(1U, writers)),
      temp_dir_(std::move(temp_dir)) {}

IdIndex::~IdIndex() = default;

IdIndex::Writer::Writer(IdIndex& index) : index_(index), run_(std::make_unique<Run>()) {}

IdIndex::Writer::~Writer() {
  if (run_->empty()) return;
  // The last run of each writer stays in memory; it is within its share.
  const std::lock_guard lock(index_.mutex_);
  index_.runs_.push_back(std::move(run_));
}

void IdIndex::Writer::define(std::string_view type, std::string_view id, std::uint64_t content, Location where) {
  scratch_.assign(type);
  scratch_.push_back('/');
  scratch_.append(id);
  add({0, content, packed(where), 0, 0}, scratch_);
}

void IdIndex::Writer::refer(std::string_view target, std::uint32_t element, Location where) {
  add({0, element, packed(where), 0, reference_bit}, target);
}

void IdIndex::Writer::add(Entry entry, std::string_view text) {
  const XXH128_hash_t hash = XXH3_128bits(text.data(), text.size());
  entry.high = hash.high64;
  entry.low = static_cast<std::uint32_t>(hash.low64);
  entry.text |= run_->add_text(text);
  run_->add(entry, hash.high64 / (~std::uint64_t{0} / parts + 1));
  if (run_->bytes > index_.memory_per_writer_) flush();
}

void IdIndex::Writer::flush() {
  auto full = std::exchange(run_, std::make_unique<Run>());
  const std::lock_guard lock(index_.mutex_);
  if (!index_.spill_) index_.spill_ = std::make_unique<SpillFile>(index_.temp_dir_);
  full->spill(*index_.spill_);
  index_.runs_.push_back(std::move(full));
}

/// Looks through one part of the hashes, or a slice of it when the part is large.
class IdIndex::Part {
 public:
  explicit Part(const IdIndex& index) : index_(index) {}

  Found look(std::size_t part, std::size_t slice, std::size_t slices) {
    Found found;
    gather(part, slice, slices);
    index_definitions();
    if (!again_.empty()) tell_duplicates(found);
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      const Entry& entry = entries_[i];
      if (is_reference(entry) && table_[slot_of(entry)] == nobody) {
        found.missing.push_back({text_of(i), static_cast<std::uint32_t>(entry.extra), unpacked(entry.place)});
      }
    }
    std::ranges::sort(found.missing, {}, [](const Reference& r) { return std::tie(r.where, r.element, r.target); });
    return found;
  }

 private:
  static constexpr std::uint32_t nobody = ~std::uint32_t{0};

  static bool is_reference(const Entry& entry) { return (entry.text & reference_bit) != 0; }
  static bool same_id(const Entry& a, const Entry& b) { return a.high == b.high && a.low == b.low; }

  void gather(std::size_t part, std::size_t slice, std::size_t slices) {
    entries_.clear();
    ends_.clear();
    definitions_ = 0;
    for (const auto& run : index_.runs_) {
      run->each(part, [&](const Entry& entry) {
        if (slices > 1 && entry.high % slices != slice) return;
        entries_.push_back(entry);
        if (!is_reference(entry)) ++definitions_;
      });
      ends_.push_back(entries_.size());
    }
  }

  /// The slot of the definition with this hash, or the free one where it would stand.
  [[nodiscard]] std::size_t slot_of(const Entry& entry) const {
    const std::size_t mask = table_.size() - 1;
    std::size_t slot = entry.low & mask;
    while (table_[slot] != nobody && !same_id(entries_[table_[slot]], entry)) slot = (slot + 1) & mask;
    return slot;
  }

  void index_definitions() {
    table_.assign(std::bit_ceil(definitions_ * 2 + 1), nobody);
    again_.clear();
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      if (is_reference(entries_[i])) continue;
      std::uint32_t& at = table_[slot_of(entries_[i])];
      if (at != nobody) again_.push_back(i);
      if (at == nobody) at = static_cast<std::uint32_t>(i);
    }
  }

  /// Which of two is the first is told by their places, not by the order in which they were gathered.
  void tell_duplicates(Found& found) {
    std::vector<std::size_t> all;
    for (const std::size_t i : again_) {
      all.push_back(i);
      all.push_back(table_[slot_of(entries_[i])]);
    }
    const auto key = [&](std::size_t i) {
      const Entry& e = entries_[i];
      return std::make_tuple(e.high, e.low, e.place, e.extra, i);
    };
    std::ranges::sort(all, {}, key);
    all.erase(std::unique(all.begin(), all.end()), all.end());
    std::size_t first = 0;
    for (std::size_t n = 1; n < all.size(); ++n) {
      const Entry& one = entries_[all[first]];
      const Entry& entry = entries_[all[n]];
      if (!same_id(one, entry)) {
        first = n;
        continue;
      }
      found.duplicates.push_back(
          {text_of(all[n]), unpacked(entry.place), unpacked(one.place), one.extra == entry.extra});
    }
  }

  [[nodiscard]] std::string text_of(std::size_t i) const {
    const auto run = static_cast<std::size_t>(std::ranges::upper_bound(ends_, i) - ends_.begin());
    return index_.runs_[run]->text(entries_[i].text & ~reference_bit);
  }

  const IdIndex& index_;
  std::vector<Entry> entries_;
  std::vector<std::size_t> ends_;  ///< per run: how many entries there are up to its end
  std::size_t definitions_ = 0;
  std::vector<std::uint32_t> table_;  ///< open addressing: places in entries_
  std::vector<std::size_t> again_;    ///< definitions of an id that is in the table
};

std::size_t IdIndex::slices_of(std::size_t part) const {
  std::size_t entries = 0;
  for (const auto& run : runs_) entries += run->counts[part];
  return entries * sizeof(Entry) / slice_bytes + 1;
}

void IdIndex::finish(const std::function<void(const Duplicate&)>& duplicate,
                     const std::function<void(const Reference&)>& missing) {
  std::atomic<std::size_t> next = 0;
  std::mutex telling;
  std::condition_variable told;
  std::size_t due = 0;
  std::exception_ptr error;

  const auto tell = [&](std::size_t part, const Found& found) {
    std::unique_lock lock(telling);
    told.wait(lock, [&] { return error || due == part; });
    if (error) return;
    for (const Duplicate& one : found.duplicates) duplicate(one);
    for (const Reference& one : found.missing) missing(one);
  };
  const auto work = [&] {
    try {
      Part looked(*this);
      for (std::size_t part = next++; part < parts; part = next++) {
        const std::size_t slices = slices_of(part);
        for (std::size_t slice = 0; slice < slices; ++slice) tell(part, looked.look(part, slice, slices));
        {
          const std::lock_guard lock(telling);
          if (error) return;
          ++due;
        }
        told.notify_all();
      }
    } catch (...) {
      const std::lock_guard lock(telling);
      if (!error) error = std::current_exception();
      told.notify_all();
    }
  };
  std::vector<std::thread> others;
  for (unsigned i = 1; i < writers_; ++i) others.emplace_back(work);
  work();
  for (std::thread& thread : others) thread.join();
  if (error) std::rethrow_exception(error);
}

}  // namespace etl::fhir
