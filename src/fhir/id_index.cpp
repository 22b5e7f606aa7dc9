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

constexpr unsigned kind_shift = 29;
constexpr std::uint32_t text_mask = (1U << kind_shift) - 1;
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
  const std::lock_guard lock(index_.mutex_);
  index_.surveyed_ = index_.surveyed_ || surveyed_;
  // The last run of each writer stays in memory; it is within its share.
  if (!run_->empty()) index_.runs_.push_back(std::move(run_));
}

IdIndex::Key IdIndex::key_of(std::string_view target) noexcept {
  const XXH128_hash_t hash = XXH3_128bits(target.data(), target.size());
  return {hash.high64, static_cast<std::uint32_t>(hash.low64)};
}

void IdIndex::Writer::define(std::string_view type, std::string_view id, std::uint64_t content, Location where,
                             const Version* version) {
  scratch_.assign(type);
  scratch_.push_back('/');
  scratch_.append(id);
  const Key key = key_of(scratch_);
  const std::uint32_t text = run_->add_text(scratch_);
  add(Kind::definition, key, content, packed(where), text);
  if (version != nullptr) {
    surveyed_ = true;
    add(Kind::version, key, version->number ? *version->number + 1 : 0, packed(where), text);
    add(Kind::updated, key, version->updated, packed(where), text);
  }
  flush_when_full();
}

void IdIndex::Writer::refer(std::string_view target, std::uint32_t element, Location where) {
  add(Kind::reference, key_of(target), element, packed(where), run_->add_text(target));
  flush_when_full();
}

void IdIndex::Writer::locate(std::string_view target, std::uint64_t address) {
  add(Kind::address, key_of(target), address, 0, 0);
  flush_when_full();
}

void IdIndex::Writer::refer_by_url(std::string_view target, std::uint64_t address) {
  surveyed_ = true;
  add(Kind::url, key_of(target), address, 0, 0);
  flush_when_full();
}

void IdIndex::Writer::remove(const Key& key) {
  surveyed_ = true;
  add(Kind::deletion, key, 0, 0, 0);
  flush_when_full();
}

void IdIndex::Writer::add(Kind kind, Key key, std::uint64_t extra, std::uint64_t place, std::uint32_t text) {
  run_->add({key.high, extra, place, key.low, text | static_cast<std::uint32_t>(kind) << kind_shift},
            key.high / (~std::uint64_t{0} / parts + 1));
}

void IdIndex::Writer::flush_when_full() {
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
      if (kind_of(entry) == Kind::reference && table_[slot_of(entry)] == nobody) {
        found.missing.push_back({text_of(i), static_cast<std::uint32_t>(entry.extra), unpacked(entry.place)});
      }
    }
    std::ranges::sort(found.missing, {}, [](const Reference& r) { return std::tie(r.where, r.element, r.target); });
    return found;
  }

  void survey(std::size_t part, std::size_t slice, std::size_t slices, Survey& out) {
    gather(part, slice, slices);
    index_definitions();
    survey_targets(out);
    survey_newest(out);
  }

 private:
  static constexpr std::uint32_t nobody = ~std::uint32_t{0};

  static Kind kind_of(const Entry& entry) { return static_cast<Kind>(entry.text >> kind_shift); }
  static bool same_id(const Entry& a, const Entry& b) { return a.high == b.high && a.low == b.low; }

  void gather(std::size_t part, std::size_t slice, std::size_t slices) {
    entries_.clear();
    ends_.clear();
    definitions_ = 0;
    for (const auto& run : index_.runs_) {
      run->each(part, [&](const Entry& entry) {
        if (slices > 1 && entry.high % slices != slice) return;
        entries_.push_back(entry);
        if (kind_of(entry) == Kind::definition) ++definitions_;
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
      if (kind_of(entries_[i]) != Kind::definition) continue;
      std::uint32_t& at = table_[slot_of(entries_[i])];
      if (at != nobody) again_.push_back(i);
      if (at == nobody) at = static_cast<std::uint32_t>(i);
    }
  }

  /// The definitions of ids that have several, those of one id together. Which of them is the first is told by their
  /// places, not by the order in which they were gathered.
  [[nodiscard]] std::vector<std::size_t> repeated() const {
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
    return all;
  }

  /// References by URL, and what is deleted.
  void survey_targets(Survey& out) {
    addresses_.clear();
    for (const Entry& entry : entries_) {
      if (kind_of(entry) == Kind::address) addresses_.emplace_back(Key{entry.high, entry.low}, entry.extra);
    }
    std::ranges::sort(addresses_);
    for (const Entry& entry : entries_) {
      const Kind kind = kind_of(entry);
      if (kind != Kind::url && kind != Kind::deletion) continue;
      const bool there = table_[slot_of(entry)] != nobody;
      if (kind == Kind::deletion) {
        out.deletes = out.deletes || there;
      } else if (!there || !may_be_at({entry.high, entry.low}, entry.extra)) {
        out.outside.push_back(entry.extra);
        if (out.outside.size() >= 2 * kept_outside_) {  // few addresses may be named very often
          std::ranges::sort(out.outside);
          out.outside.erase(std::unique(out.outside.begin(), out.outside.end()), out.outside.end());
          kept_outside_ = std::max(kept_outside_, out.outside.size());
        }
      }
    }
  }

  /// Has the resource this address, or none that is known?
  [[nodiscard]] bool may_be_at(const Key& key, std::uint64_t address) const {
    const auto same = [&](const auto& known) { return known.first == key; };
    const auto first = std::ranges::lower_bound(addresses_, std::pair(key, std::uint64_t{0}));
    if (first == addresses_.end() || !same(*first)) return true;
    return std::binary_search(first, addresses_.end(), std::pair(key, address));
  }

  [[nodiscard]] Version version_of(std::size_t i) const {
    Version out;
    if (i + 2 >= entries_.size() || kind_of(entries_[i + 1]) != Kind::version) return out;
    if (entries_[i + 1].extra > 0) out.number = entries_[i + 1].extra - 1;
    out.updated = entries_[i + 2].extra;
    return out;
  }

  /// Above 0: the first is the newer one; 0: that cannot be told.
  static int compare(const Version& a, const Version& b) {
    if (a.number && b.number && *a.number != *b.number) return *a.number > *b.number ? 1 : -1;
    if (a.updated != 0 && b.updated != 0 && a.updated != b.updated) return a.updated > b.updated ? 1 : -1;
    return 0;
  }

  void survey_newest(Survey& out) {
    if (again_.empty()) return;
    const std::vector<std::size_t> all = repeated();
    for (std::size_t begin = 0; begin < all.size();) {
      std::size_t end = begin;
      std::size_t best = all[begin];
      for (; end < all.size() && same_id(entries_[all[end]], entries_[all[begin]]); ++end) {
        if (compare(version_of(all[end]), version_of(best)) > 0) best = all[end];
      }
      bool sure = true;
      bool differ = false;
      for (std::size_t n = begin; n < end; ++n) {
        if (entries_[all[n]].extra == entries_[best].extra) continue;
        differ = true;
        sure = sure && compare(version_of(best), version_of(all[n])) > 0;
      }
      const Entry& newest = entries_[best];
      if (differ && sure) out.newest.emplace_back(Key{newest.high, newest.low}, newest.extra);
      begin = end;
    }
  }

  void tell_duplicates(Found& found) {
    const std::vector<std::size_t> all = repeated();
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
    return index_.runs_[run]->text(entries_[i].text & text_mask);
  }

  const IdIndex& index_;
  std::vector<Entry> entries_;
  std::vector<std::size_t> ends_;  ///< per run: how many entries there are up to its end
  std::size_t definitions_ = 0;
  std::vector<std::uint32_t> table_;  ///< open addressing: places in entries_
  std::vector<std::size_t> again_;    ///< definitions of an id that is in the table
  std::size_t kept_outside_ = std::size_t{1} << 16U;
  std::vector<std::pair<Key, std::uint64_t>> addresses_;  ///< of resources, where they are known; sorted
};

std::size_t IdIndex::slices_of(std::size_t part) const {
  std::size_t entries = 0;
  for (const auto& run : runs_) entries += run->counts[part];
  return entries * sizeof(Entry) / slice_bytes + 1;
}

IdIndex::Survey IdIndex::survey() const {
  Survey out;
  std::atomic<std::size_t> next = 0;
  std::mutex merging;
  std::exception_ptr error;
  const auto work = [&] {
    try {
      Part looked(*this);
      Survey own;
      for (std::size_t part = next++; part < parts; part = next++) {
        const std::size_t slices = slices_of(part);
        for (std::size_t slice = 0; slice < slices; ++slice) looked.survey(part, slice, slices, own);
      }
      const std::lock_guard lock(merging);
      out.deletes = out.deletes || own.deletes;
      out.outside.insert(out.outside.end(), own.outside.begin(), own.outside.end());
      out.newest.insert(out.newest.end(), own.newest.begin(), own.newest.end());
    } catch (...) {
      const std::lock_guard lock(merging);
      if (!error) error = std::current_exception();
    }
  };
  std::vector<std::thread> others;
  for (unsigned i = 1; i < writers_; ++i) others.emplace_back(work);
  work();
  for (std::thread& thread : others) thread.join();
  if (error) std::rethrow_exception(error);
  std::ranges::sort(out.outside);
  out.outside.erase(std::unique(out.outside.begin(), out.outside.end()), out.outside.end());
  std::ranges::sort(out.newest);
  return out;
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
