#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "fhir/block_reader.hpp"
#include "fhir/id_index.hpp"
#include "fhir/structurals.hpp"
#include "simplify/simplifier.hpp"

namespace etl::simplify {

/// A resource that is not usable: its text and what is wrong with it.
struct Rejected {
  std::string text;
  std::vector<fhir::Issue> issues;
};

/// resources = records + rejected + left_out()
struct Tally {
  std::uint64_t resources = 0;  ///< found in the input, Bundles and Lists that hold others not counted
  std::uint64_t records = 0;
  std::uint64_t rejected = 0;
  std::uint64_t deleted = 0;     ///< left out: the study deletes them
  std::uint64_t superseded = 0;  ///< left out: the study has a newer version
  std::uint64_t outcomes = 0;    ///< left out: a server's remarks in a Bundle, no data

  std::uint64_t unchecked_urls = 0;  ///< references by absolute URL, when there was no index to look them up in

  [[nodiscard]] std::uint64_t left_out() const noexcept { return deleted + superseded + outcomes; }
  Tally& operator+=(const Tally& other) {
    resources += other.resources;
    records += other.records;
    rejected += other.rejected;
    deleted += other.deleted;
    superseded += other.superseded;
    outcomes += other.outcomes;
    unchecked_urls += other.unchecked_urls;
    return *this;
  }
};

/// Which references the index is told of.
enum class References : unsigned char {
  none,
  relations,  ///< those that become relations
  all,        ///< all to types that the dictionary links to, wherever they stand (needs validation)
};

/// Takes what one worker makes of its blocks.
class BlockSink {
 public:
  BlockSink() = default;
  BlockSink(const BlockSink&) = delete;
  BlockSink& operator=(const BlockSink&) = delete;
  virtual ~BlockSink() = default;
  virtual void record(const Record& record) = 0;
  virtual void rejected(Rejected rejected) = 0;
};

/// Reads the resources of one block after the other, on one thread.
class BlockWorker {
 public:
  BlockWorker() = default;
  BlockWorker(const BlockWorker&) = delete;
  BlockWorker& operator=(const BlockWorker&) = delete;
  virtual ~BlockWorker() = default;
  virtual void process(const fhir::Block& block, BlockSink& sink) = 0;
  [[nodiscard]] virtual const fhir::Warnings& warnings() const noexcept = 0;
  [[nodiscard]] virtual const Tally& tally() const noexcept = 0;
};

struct WorkerOptions {
  const Plans& plans;
  const dictionary::Dictionary* dictionary = nullptr;
  bool records = false;  ///< the input is records that were simplified earlier, not FHIR
  const IdTransform* ids = nullptr;
  std::string project = {};  ///< P-Q that the study is loaded into; empty: not known
  bool validate = true;
  References references = References::all;
  bool document_keys = true;                ///< as simplify::Simplifier says
  bool versions = false;                    ///< tell the index which version each resource is
  const StudyFacts* facts = nullptr;        ///< what an earlier reading found; null on the first
  fhir::DeletionSink* deletions = nullptr;  ///< told what Bundles on lines delete
};

/// `files` names the files by the number that blocks give; `index` may be null.
[[nodiscard]] std::unique_ptr<BlockWorker> make_worker(const WorkerOptions& options,
                                                       const std::vector<fhir::StudyFile>& files, fhir::IdIndex* index);

}  // namespace etl::simplify
