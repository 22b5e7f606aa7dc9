#include "flat/column_list.hpp"

#include <xxhash.h>

namespace etl::flat {

ColumnList::Entry* ColumnList::find(std::uint64_t hash) {
  if (entries_.size() <= few) {
    for (Entry& entry : entries_) {
      if (entry.hash == hash) return &entry;
    }
    return nullptr;
  }
  if (places_.empty()) {
    for (std::size_t i = 0; i < entries_.size(); ++i) places_.emplace(entries_[i].hash, i);
  }
  const auto found = places_.find(hash);
  return found == places_.end() ? nullptr : &entries_[found->second];
}

bool ColumnList::set(std::string_view prefix, std::string_view name, std::string_view value) {
  const std::size_t begin = text_.size();
  text_.append(prefix);
  text_.append(name);
  const Piece whole{static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(text_.size() - begin)};
  const std::string_view text = view(whole);
  const std::uint64_t hash = XXH3_64bits(text.data(), text.size());
  const auto at = static_cast<std::uint32_t>(text_.size());
  text_.append(value);
  const Piece written{at, static_cast<std::uint32_t>(value.size())};
  if (Entry* const there = find(hash); there != nullptr) {
    there->value = written;
    return true;
  }
  if (!places_.empty()) places_.emplace(hash, entries_.size());
  entries_.push_back({hash, whole, written});
  return false;
}

void ColumnList::write(Buffer& to) const {
  for (const Entry& entry : entries_) {
    const std::uint32_t sizes[2]{entry.name.size, entry.value.size};
    to.append({reinterpret_cast<const char*>(sizes), sizeof sizes});
    to.append(view(entry.name));
    to.append(view(entry.value));
  }
}

}  // namespace etl::flat
