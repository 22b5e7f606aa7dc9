#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/findings.hpp"

namespace etl::fhir {

/// Finds duplicate ids and references that lead nowhere, for studies of any size: what is defined and what is referred
/// to is gathered as hashes (128 bits of `Type/id`), sorted in runs that go to an unlinked file when memory is used up,
/// and merged at the end.
class IdIndex {
 public:
  /// `memory`: bytes that all writers together may use. Runs go to files in `temp_dir`.
  IdIndex(std::size_t memory, unsigned writers, std::filesystem::path temp_dir);
  ~IdIndex();
  IdIndex(const IdIndex&) = delete;
  IdIndex& operator=(const IdIndex&) = delete;

  /// One thread's side of the index.
  class Writer {
   public:
    explicit Writer(IdIndex& index) : index_(index) {}
    ~Writer();
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;

    /// A resource stands at `where`; `content` is a hash of its bytes.
    void define(std::string_view type, std::string_view id, std::uint64_t content, Location where);
    /// The resource at `where` refers to `target` (`Type/id`) by the element of this number (Element::ordinal).
    void refer(std::string_view target, std::uint32_t element, Location where);

   private:
    friend class IdIndex;
    struct Entry {
      std::uint64_t high, low;  ///< the hash
      std::uint64_t extra;      ///< definition: its content; reference: its element
      std::uint64_t line;
      std::uint32_t file;
      std::uint32_t text;  ///< where `Type/id` begins among the run's texts; the top bit: it is a reference
    };
    void add(Entry entry, std::string_view text);
    void flush();

    IdIndex& index_;
    std::vector<Entry> entries_;
    std::string texts_;
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
  /// among the resources; each kind ordered by hash, not by place.
  void finish(const std::function<void(const Duplicate&)>& duplicate,
              const std::function<void(const Reference&)>& missing);

 private:
  struct Run;
  class Spill;

  std::size_t memory_per_writer_;
  std::filesystem::path temp_dir_;
  std::mutex mutex_;
  std::unique_ptr<Spill> spill_;  ///< made when the first run needs it
  std::vector<std::unique_ptr<Run>> runs_;
};

}  // namespace etl::fhir
