#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
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
    std::uint64_t extra;  ///< definition: a hash of its content; reference: its element
    std::uint64_t place;  ///< file (24 bits) and line (40 bits)
    std::uint32_t low;    ///< of the hash
    std::uint32_t text;   ///< where `Type/id` begins among the run's texts; the top bit: it is a reference
  };
  /// What one writer gathered until its memory was used up.
  struct Run;

 public:
  /// One thread's side of the index.
  class Writer {
   public:
    explicit Writer(IdIndex& index);
    ~Writer();
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;

    /// A resource stands at `where`; `content` is a hash of its bytes.
    void define(std::string_view type, std::string_view id, std::uint64_t content, Location where);
    /// The resource at `where` refers to `target` (`Type/id`) by the element of this number (Element::ordinal).
    void refer(std::string_view target, std::uint32_t element, Location where);

   private:
    void add(Entry entry, std::string_view text);
    void flush();

    IdIndex& index_;
    std::unique_ptr<Run> run_;
    std::string scratch_;
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
};

}  // namespace etl::fhir
