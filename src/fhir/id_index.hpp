#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fhir/findings.hpp"
#include "fhir/spill_file.hpp"

namespace etl::fhir {

/// Finds duplicate ids and references that lead nowhere, for studies of any size: what is defined and what is referred
/// to is gathered as hashes (96 bits of `Type/id`), in parts by the hash's first bits, which go to an unlinked file
/// when memory is used up; at the end each part is looked through by itself, on all cores.
class IdIndex {
 public:
  /// `memory`: bytes that all writers together may use. What is more goes to a file in `temp_dir`.
  IdIndex(std::size_t memory, unsigned writers, std::filesystem::path temp_dir);
  ~IdIndex();
  IdIndex(const IdIndex&) = delete;
  IdIndex& operator=(const IdIndex&) = delete;

 private:
  static constexpr std::size_t parts = 128;

  struct Entry {
    std::uint64_t high;   ///< of the hash; its first bits tell the part
    std::uint64_t extra;  ///< as Kind says
    std::uint64_t place;  ///< file (24 bits) and line (40 bits)
    std::uint32_t low;    ///< of the hash
    std::uint32_t text;   ///< where `Type/id` begins among the run's texts; the top three bits: its Kind
  };
  /// What an entry says of its `Type/id`.
  enum class Kind : std::uint32_t {
    definition,  ///< extra: a hash of its content
    reference,   ///< extra: the element
    url,         ///< a reference by an absolute URL; extra: the hash of its address
    address,     ///< where the resource is; extra: the hash of its address
    version,     ///< of the definition before it; extra: Version::number + 1, 0 for none
    updated,     ///< of the definition two before it; extra: Version::updated
    deletion,    ///< the study deletes it
  };
  /// What one writer gathered until its memory was used up.
  struct Run;

 public:
  /// 96 bits of the hash of a `Type/id`.
  struct Key {
    std::uint64_t high = 0;
    std::uint32_t low = 0;
    [[nodiscard]] auto operator<=>(const Key&) const = default;
  };
  [[nodiscard]] static Key key_of(std::string_view target) noexcept;

  /// Which of two resources of one id is the newer: by the number of its version, else by when it was last updated.
  struct Version {
    std::optional<std::uint64_t> number;  ///< meta.versionId, where it is a number
    std::uint64_t updated = 0;            ///< meta.lastUpdated in microseconds since the year 0; 0: none
  };

  /// One thread's side of the index.
  class Writer {
   public:
    explicit Writer(IdIndex& index);
    ~Writer();
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;

    /// A resource stands at `where`; `content` is a hash of its bytes.
    /// `version` may be null: it is needed only where the newest of several is looked for (survey).
    void define(std::string_view type, std::string_view id, std::uint64_t content, Location where,
                const Version* version = nullptr);
    /// The absolute URL under which the resource `target` can be found (address_hash).
    void locate(std::string_view target, std::uint64_t address);
    /// A reference by an absolute URL that ends in `target`.
    void refer_by_url(std::string_view target, std::uint64_t address);
    /// The study deletes the resource of this key.
    void remove(const Key& key);
    /// The resource at `where` refers to `target` (`Type/id`) by the element of this number (Element::ordinal).
    void refer(std::string_view target, std::uint32_t element, Location where);

   private:
    void add(Kind kind, Key key, std::uint64_t extra, std::uint64_t place, std::uint32_t text);
    void flush_when_full();
    void flush();

    IdIndex& index_;
    std::unique_ptr<Run> run_;
    std::string scratch_;
    bool surveyed_ = false;
  };

  struct Duplicate {
    std::string id;  ///< Type/id
    Location where;
    Location first;
    bool same_content = false;
  };
  struct Reference {
    std::string target;  ///< Type/id
    std::uint32_t element = 0;
    Location where;
  };

  /// What must be known of the study as a whole before its records can be made.
  struct Survey {
    std::vector<std::uint64_t> outside;  ///< addresses that references name, of nothing in the study; sorted
    bool deletes = false;                ///< a resource of the study is one that it deletes
    /// Of ids with several contents: the content of the newest, where that can be told. By key.
    std::vector<std::pair<Key, std::uint64_t>> newest;
  };
  /// When all writers are gone. An absolute URL leads to the resource whose `Type/id` it ends in, unless that one has
  /// an address of its own and it is another.
  [[nodiscard]] Survey survey() const;
  /// Is there anything that a survey would look at?
  [[nodiscard]] bool needs_survey() const noexcept { return surveyed_; }

  /// Once, when all writers are gone: every resource that repeats an earlier id, and every reference without a target
  /// among the resources. The order is that of the hashes' parts, then of the places: the same whatever the number of
  /// writers. One call at a time, from any thread.
  void finish(const std::function<void(const Duplicate&)>& duplicate,
              const std::function<void(const Reference&)>& missing);

 private:
  struct Found {
    std::vector<Duplicate> duplicates;
    std::vector<Reference> missing;
  };
  class Part;
  [[nodiscard]] std::size_t slices_of(std::size_t part) const;

  std::size_t memory_per_writer_;
  unsigned writers_;
  std::filesystem::path temp_dir_;
  std::mutex mutex_;
  std::unique_ptr<SpillFile> spill_;  ///< made when the first run needs it
  std::vector<std::unique_ptr<Run>> runs_;
  bool surveyed_ = false;
};

}  // namespace etl::fhir
