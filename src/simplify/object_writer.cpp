#include "simplify/object_writer.hpp"

#include <xxhash.h>

#include <algorithm>
#include <numeric>

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
std::string_view ObjectWriter::items(const Member& member) const {
  const std::string_view value = out_.view(member.value, member.end);
  return value.starts_with('[') ? value.substr(1, value.size() - 2) : value;
}

void ObjectWriter::finish_repeated(Buffer& to) {
  // The members by name; of one name, in the order in which they came.
  std::vector<std::size_t> by_name(members_.size());
  std::iota(by_name.begin(), by_name.end(), std::size_t{0});
  std::ranges::stable_sort(by_name, {}, [this](std::size_t i) { return members_[i].hash; });

  // Who stands for each name, and where the members of that name are in by_name: more than one only for extension
  // twins.
  struct Run {
    std::size_t begin = 0;
    std::size_t end = 0;
  };
  std::vector<Run> written(members_.size());
  for (std::size_t begin = 0; begin < by_name.size();) {
    std::size_t end = begin;
    std::size_t last = begin;  // the last one of the latest step
    for (; end < by_name.size() && members_[by_name[end]].hash == members_[by_name[begin]].hash; ++end) {
      if (members_[by_name[end]].rank >= members_[by_name[last]].rank) last = end;
    }
    if (members_[by_name[last]].rank == Rank::extension) {
      written[by_name[begin]] = {begin, end};
    } else {
      written[by_name[last]] = {last, last + 1};
    }
    begin = end;
  }

  bool first = true;
  for (std::size_t i = 0; i < members_.size(); ++i) {
    const Run run = written[i];
    if (run.begin == run.end) continue;
    if (!first) to.append(',');
    first = false;
    if (run.end - run.begin == 1) {
      to.append(out_.view(members_[i].begin, members_[i].end));
      continue;
    }
    to.append(out_.view(members_[i].begin, members_[i].value));
    to.append('[');
    bool first_item = true;
    for (std::size_t twin = run.begin; twin < run.end; ++twin) {
      const std::string_view more = items(members_[by_name[twin]]);
      if (more.empty()) continue;
      if (!first_item) to.append(',');
      first_item = false;
      to.append(more);
    }
    to.append(']');
  }
}

}  // namespace etl::simplify
