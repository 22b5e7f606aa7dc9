#include "simplify/object_writer.hpp"

#include <xxhash.h>

namespace etl::simplify {

std::uint64_t key_hash(std::string_view name) noexcept { return XXH3_64bits(name.data(), name.size()); }

Key::Key(std::string_view name) : json("\"" + std::string(name) + "\":"), hash(key_hash(name)) {}

bool ObjectWriter::has(std::uint64_t hash) const noexcept {
  for (const Member& member : members_) {
    if (member.hash == hash) return true;
  }
  return false;
}

void ObjectWriter::finish(Buffer& to) {
  to.append('{');
  if (repeated_) {
    finish_repeated(to);
  } else if (!out_.empty()) {
    to.append(out_.view(0, out_.size() - 1));
  }
  to.append('}');
}

/// A member's value as the items of an array: an array's own items, or the value itself.
void ObjectWriter::append_items(Buffer& to, const Member& member) const {
  std::string_view value = out_.view(member.value, member.end);
  if (value.starts_with('[')) value = value.substr(1, value.size() - 2);
  to.append(value);
}

void ObjectWriter::finish_repeated(Buffer& to) {
  bool first = true;
  for (std::size_t i = 0; i < members_.size(); ++i) {
    const Member& member = members_[i];
    bool beaten = false;    // another value of this name counts instead
    bool leads = true;      // it is the first of the values that count
    bool has_twin = false;  // there are several values that count
    for (std::size_t j = 0; j < members_.size(); ++j) {
      const Member& other = members_[j];
      if (j == i || other.hash != member.hash) continue;
      if (other.rank > member.rank) beaten = true;
      if (other.rank == member.rank && member.rank != Rank::extension && j > i) beaten = true;
      if (other.rank == member.rank && member.rank == Rank::extension) {
        has_twin = true;
        if (j < i) leads = false;
      }
    }
    if (beaten || !leads) continue;
    if (!first) to.append(',');
    first = false;
    if (!has_twin) {
      to.append(out_.view(member.begin, member.end));
      continue;
    }
    to.append(out_.view(member.begin, member.value));
    to.append('[');
    bool first_item = true;
    for (const Member& other : members_) {
      if (other.hash != member.hash) continue;
      if (!first_item) to.append(',');
      first_item = false;
      append_items(to, other);
    }
    to.append(']');
  }
}

}  // namespace etl::simplify
