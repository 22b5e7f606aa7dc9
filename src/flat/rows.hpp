#pragma once

#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "flat/documents.hpp"
#include "flat/keyed_store.hpp"
#include "flat/row_file.hpp"
#include "simplify/pipeline.hpp"

// What a layout makes of the resources while the study is read (rows, and texts for the joins), and of the rows when
// all has been read (documents).

namespace etl::flat {

using Key = KeyedStore::Key;

class Losses {
 public:
  void add(Loss loss, std::string_view type, std::string_view column = {}, std::uint64_t count = 1) {
    name_.assign(type);
    if (!column.empty()) name_.append(1, '.').append(column);
    counts_[{loss, name_}] += count;
  }
  void merge(Losses& other) {
    for (const auto& [what, count] : other.counts_) counts_[what] += count;
    other.counts_.clear();
  }
  [[nodiscard]] const std::map<std::pair<Loss, std::string>, std::uint64_t>& counts() const noexcept { return counts_; }

 private:
  std::map<std::pair<Loss, std::string>, std::uint64_t> counts_;
  std::string name_;
};

/// The beginning of a row; the id and what the layout wrote follow it. Without gaps, since rows are hashed as bytes.
struct RowHead {
  std::uint64_t owner_high;  ///< the key of the resource that the row is made of
  std::uint32_t owner_low;
  std::uint32_t size;  ///< of id and text
  std::uint32_t set;
  std::uint32_t id_size;
};
static_assert(sizeof(RowHead) == 24);

/// A row as it is read back.
struct Row {
  std::size_t set;
  Key owner;
  std::string_view id;
  std::string_view text;
};

/// Calls `take(Row)` with each row of a chunk.
template <class Take>
void each_row(std::string_view chunk, Take&& take) {
  std::size_t at = 0;
  while (at < chunk.size()) {
    RowHead head{};
    std::memcpy(&head, chunk.data() + at, sizeof head);
    at += sizeof head;
    take(Row{head.set,
             {head.owner_high, head.owner_low},
             chunk.substr(at, head.id_size),
             chunk.substr(at + head.id_size, head.size - head.id_size)});
    at += head.size;
  }
}

/// A set of column names, for each group of columns that the layout distinguishes.
using NameSets = std::vector<std::set<std::string>>;

class BlockRows;

/// Makes rows and join texts of resources. One object serves one thread at a time.
class Flattener {
 public:
  Flattener() = default;
  Flattener(const Flattener&) = delete;
  Flattener& operator=(const Flattener&) = delete;
  virtual ~Flattener() = default;
  virtual void record(const simplify::Record& record, BlockRows& out) = 0;
};

/// What one block of the study gives.
class BlockRows final : public simplify::Consumer::Part {
 public:
  struct Side {
    Key key;
    std::uint32_t store;
    std::uint32_t size;
  };

  explicit BlockRows(std::unique_ptr<Flattener> flattener) : flattener_(std::move(flattener)) {}
  void record(const simplify::Record& record) override { flattener_->record(record, *this); }

  /// Between the two, the row's text is appended to `rows`.
  void begin_row(std::size_t set, std::string_view id, const Key& owner) {
    begin_ = rows.size();
    rows.resize(begin_ + sizeof(RowHead));
    head_ = {owner.high, owner.low, 0, static_cast<std::uint32_t>(set), static_cast<std::uint32_t>(id.size())};
    rows.append(id);
  }
  void end_row() {
    head_.size = static_cast<std::uint32_t>(rows.size() - begin_ - sizeof(RowHead));
    std::memcpy(rows.data() + begin_, &head_, sizeof head_);
    ++row_count;
  }
  /// The text that was appended to `side_text` since the last call belongs to `key` in the store of this number.
  void end_side(std::size_t store, const Key& key) {
    sides.push_back({key, static_cast<std::uint32_t>(store), static_cast<std::uint32_t>(side_text.size() - side_end_)});
    side_end_ = side_text.size();
  }
  void clear() {
    rows.clear();
    side_text.clear();
    sides.clear();
    row_count = 0;
    side_end_ = 0;
  }

  Buffer rows;
  Buffer side_text;
  std::vector<Side> sides;
  std::uint64_t row_count = 0;
  Losses losses;
  NameSets names;  ///< those that this flattener met for the first time

 private:
  std::unique_ptr<Flattener> flattener_;
  std::size_t begin_ = 0;
  std::size_t side_end_ = 0;
  RowHead head_{};
};

/// Makes documents of rows. One object serves one thread.
class Assembler {
 public:
  Assembler() = default;
  Assembler(const Assembler&) = delete;
  Assembler& operator=(const Assembler&) = delete;
  virtual ~Assembler() = default;
  /// Append the document to `out`.
  virtual void document(const Row& row, Buffer& out, Losses& losses) = 0;
};

/// One layout for one request.
class Method {
 public:
  Method() = default;
  Method(const Method&) = delete;
  Method& operator=(const Method&) = delete;
  virtual ~Method() = default;
  [[nodiscard]] virtual std::size_t stores() const = 0;       ///< for the joins
  [[nodiscard]] virtual std::size_t name_groups() const = 0;  ///< in BlockRows::names
  [[nodiscard]] virtual std::unique_ptr<Flattener> flattener() const = 0;
  /// After a reading: has it shown that something was passed over that is needed? Then the study must be read again.
  [[nodiscard]] virtual bool must_read_again() { return false; }
  /// `stores` are finished and outlive the assembler.
  [[nodiscard]] virtual std::unique_ptr<Assembler> assembler(const std::vector<KeyedStore>& stores) const = 0;
  /// Of the set of this number, by name.
  [[nodiscard]] virtual std::vector<Column> columns(std::size_t set, const NameSets& names) const = 0;
};

/// `types`: the sets of the request, by number.
[[nodiscard]] std::unique_ptr<Method> dictionary_method(const DocumentsRequest& request,
                                                        const std::vector<std::string>& types);
[[nodiscard]] std::unique_ptr<Method> dataframe_method(const DocumentsRequest& request,
                                                       const std::vector<std::string>& types);

/// `,"project_id":"P-Q","auth_resource_path":"/programs/P/projects/Q"`, which every document has.
[[nodiscard]] std::string project_members(const ProjectId& project);

}  // namespace etl::flat
