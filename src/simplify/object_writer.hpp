#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/buffer.hpp"

namespace etl::simplify {

/// A member's name as it is written: quoted, with its colon; and its hash.
struct Key {
  Key() = default;
  explicit Key(std::string_view name);
  std::string json;
  std::uint64_t hash = 0;
  [[nodiscard]] bool empty() const noexcept { return json.empty(); }
};

[[nodiscard]] std::uint64_t key_hash(std::string_view name) noexcept;

/// The steps in which a flat object is built: of two values under one name, that of the later step counts.
enum class Rank : std::uint8_t {
  extension,
  primitive,
  coding,
  identifier,
  reference,
  nested,
  observation,
  task,
  document_reference
};

/// Writes the flat object of a record member by member, each name once. Two members of the extensions' step under one
/// name become one array; otherwise the later step wins, whatever the order in which they come.
class ObjectWriter {
 public:
  void clear() noexcept {
    out_.clear();
    members_.clear();
    seen_ = {};
    repeated_ = false;
  }

  void begin(const Key& key, Rank rank) {
    note(key.hash, rank);
    out_.append(std::string_view(key.json));
    members_.back().value = static_cast<std::uint32_t>(out_.size());
  }
  /// As above, for a name that is known only now; `name` is raw JSON text.
  void begin(std::string_view name, Rank rank) {
    note(key_hash(name), rank);
    out_.append('"');
    out_.append(name);
    out_.append(std::string_view("\":"));
    members_.back().value = static_cast<std::uint32_t>(out_.size());
  }
  void end() {
    members_.back().end = static_cast<std::uint32_t>(out_.size());
    out_.append(',');
  }
  /// Take back what begin() wrote: there is no value after all.
  void drop() {
    out_.resize(members_.back().begin);
    members_.pop_back();
  }

  void put(char c) { out_.append(c); }
  void put(std::string_view text) { out_.append(text); }
  void quoted(std::string_view raw) {
    out_.append('"');
    out_.append(raw);
    out_.append('"');
  }

  /// Is there a member of this name by now?
  [[nodiscard]] bool has(std::uint64_t hash) const noexcept;

  /// Append `{…}` to `to`.
  void finish(Buffer& to);

 private:
  static constexpr std::size_t many = 512;

  struct Member {
    std::uint64_t hash;
    std::uint32_t begin;
    std::uint32_t value;
    std::uint32_t end;
    Rank rank;
  };

  void note(std::uint64_t hash, Rank rank) {
    std::uint64_t& word = seen_[hash % seen_.size()];
    const std::uint64_t bit = std::uint64_t{1} << ((hash >> 8) % 64);
    // Among very many members nobody looks for another of that name: finish() sorts them.
    if ((word & bit) != 0 && !repeated_ && (members_.size() > many || has(hash))) repeated_ = true;
    word |= bit;
    members_.push_back({hash, static_cast<std::uint32_t>(out_.size()), 0, 0, rank});
  }
  void finish_repeated(Buffer& to);
  [[nodiscard]] std::string_view items(const Member& member) const;

  Buffer out_;
  std::vector<Member> members_;
  std::array<std::uint64_t, 16> seen_{};
  bool repeated_ = false;
};

}  // namespace etl::simplify
