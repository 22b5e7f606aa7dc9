#include "flat/keyed_store.hpp"

#include <algorithm>
#include <queue>

namespace etl::flat {

using fhir::SpillFile;

namespace {

/// A quarter of it is for entries: fewer would make more runs than can be merged at a time.
constexpr std::size_t least_memory = 1024;

}  // namespace

KeyedStore::KeyedStore(std::size_t memory, std::filesystem::path temp_dir)
    : memory_(std::max(memory, least_memory)), temp_dir_(std::move(temp_dir)) {}

void KeyedStore::add(const Key& key, std::string_view text) {
  if (!resident_.empty() && resident_.size() + text.size() > memory_ / 4) {
    if (!text_file_) text_file_ = std::make_unique<SpillFile>(temp_dir_);
    text_file_->append(resident_.data(), resident_.size());
    resident_from_ += resident_.size();
    resident_.clear();
  }
  // The vector holds the old and the new memory while it grows.
  if (entries_.size() * sizeof(Entry) >= memory_ / 4) spill_entries();
  entries_.push_back({key.high, resident_from_ + resident_.size(), key.low, static_cast<std::uint32_t>(text.size())});
  resident_.append(text);
  ++texts_;
}

SpillFile& KeyedStore::entry_file() {
  if (!entry_file_) entry_file_ = std::make_unique<SpillFile>(temp_dir_);
  return *entry_file_;
}

void KeyedStore::spill_entries() {
  std::ranges::sort(entries_, std::less<>{});
  runs_.push_back({entry_file().end(), entries_.size()});
  entry_file_->append(entries_.data(), entries_.size() * sizeof(Entry));
  entries_.clear();
}

void KeyedStore::finish() {
  if (runs_.empty()) {
    std::ranges::sort(entries_, std::less<>{});
    return;
  }
  spill_entries();
  std::vector<Entry>().swap(entries_);
  merge_runs();
}

/// Merges the runs into one, with a page of each in memory.
void KeyedStore::merge_runs() {
  struct Source {
    std::size_t next;  ///< where the file goes on
    std::size_t left;  ///< entries that are still in the file
    std::vector<Entry> ahead;
    std::size_t at = 0;
  };
  const SpillFile& from = *entry_file_;
  std::vector<Source> sources;
  for (const Run& run : runs_) sources.push_back({run.offset, run.entries, {}});
  const auto refill = [&](Source& source) {
    const std::size_t entries = std::min(source.left, page);
    source.ahead.resize(entries);
    source.at = 0;
    if (entries == 0) return false;
    from.read(source.ahead.data(), entries * sizeof(Entry), source.next);
    source.next += entries * sizeof(Entry);
    source.left -= entries;
    return true;
  };
  const auto later = [&](std::size_t a, std::size_t b) {
    return sources[b].ahead[sources[b].at] < sources[a].ahead[sources[a].at];
  };
  std::priority_queue<std::size_t, std::vector<std::size_t>, decltype(later)> next(later);
  for (std::size_t i = 0; i < sources.size(); ++i) {
    if (refill(sources[i])) next.push(i);
  }

  auto merged = std::make_unique<SpillFile>(temp_dir_);
  std::vector<Entry> out;
  std::size_t written = 0;
  const auto flush = [&] {
    if (out.empty()) return;
    first_of_page_.push_back(out.front().high);
    merged->append(out.data(), out.size() * sizeof(Entry));
    written += out.size();
    out.clear();
  };
  while (!next.empty()) {
    const std::size_t i = next.top();
    next.pop();
    Source& source = sources[i];
    out.push_back(source.ahead[source.at++]);
    if (out.size() == page) flush();
    if (source.at < source.ahead.size() || refill(source)) next.push(i);
  }
  flush();
  entry_file_ = std::move(merged);
  runs_.assign(1, {0, written});
}

void KeyedStore::find(const Key& key, Scratch& scratch) const {
  const Entry wanted{key.high, 0, key.low, 0};
  const auto take = [&](const std::vector<Entry>& from) {
    for (auto at = std::lower_bound(from.begin(), from.end(), wanted);
         at != from.end() && at->high == key.high && at->low == key.low; ++at)
      scratch.found_.push_back(*at);
  };
  scratch.found_.clear();
  if (runs_.empty()) {
    take(entries_);
    return;
  }
  // The key may begin in the page before the first one that begins with it.
  const auto first = std::ranges::lower_bound(first_of_page_, key.high);
  std::size_t number = static_cast<std::size_t>(first - first_of_page_.begin());
  if (number > 0) --number;
  for (; number < first_of_page_.size() && first_of_page_[number] <= key.high; ++number) {
    scratch.page_.resize(std::min(page, runs_.front().entries - number * page));
    entry_file_->read(scratch.page_.data(), scratch.page_.size() * sizeof(Entry), number * page * sizeof(Entry));
    take(scratch.page_);
  }
}

std::string_view KeyedStore::text_of(const Entry& entry, Scratch& scratch) const {
  if (entry.offset >= resident_from_) {
    const auto begin = static_cast<std::size_t>(entry.offset - resident_from_);
    return resident_.view(begin, begin + entry.size);
  }
  scratch.text_.resize(entry.size);
  text_file_->read(scratch.text_.data(), entry.size, static_cast<std::size_t>(entry.offset));
  return scratch.text_.view();
}

std::string_view KeyedStore::last(const Key& key, Scratch& scratch, bool& found) const {
  find(key, scratch);
  found = !scratch.found_.empty();
  return found ? text_of(scratch.found_.back(), scratch) : std::string_view{};
}

}  // namespace etl::flat
