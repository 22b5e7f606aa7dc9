#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <stop_token>
#include <vector>

#include "simplify/block_processor.hpp"

namespace etl::simplify {

/// Receives a study's records. Parts are filled by the workers, each by one thread at a time, and taken in the order of
/// the input, one at a time.
class Consumer {
 public:
  /// What became of one block.
  class Part : public BlockSink {
   public:
    void rejected(Rejected r) override { rejects.push_back(std::move(r)); }
    std::vector<Rejected> rejects;
  };

  Consumer() = default;
  Consumer(const Consumer&) = delete;
  Consumer& operator=(const Consumer&) = delete;
  virtual ~Consumer() = default;

  [[nodiscard]] virtual std::unique_ptr<Part> part() = 0;
  /// Take what the part holds and leave it empty for its next block.
  virtual void take(Part& part) = 0;
  /// The study is read from its beginning, perhaps once more: forget what take() took. Issues are not reported a second
  /// time. False when what was taken cannot be taken back.
  [[nodiscard]] virtual bool restart() = 0;
  /// A resource that is not usable; called in the order of the input.
  virtual void rejected(const Rejected& rejected) = 0;
  /// A file that cannot be read to its end.
  virtual void file_issue(const fhir::Issue& issue) = 0;
  /// Bytes of the input that are done, for progress.
  virtual void advanced(std::uint64_t bytes) { static_cast<void>(bytes); }
};

struct PipelineOptions {
  WorkerOptions worker;
  unsigned threads = 1;
  fhir::BlockLimits limits;
  std::stop_token stop;
  bool show_issues = true;  ///< false: the consumer knows them from an earlier reading
};

struct PipelineResult {
  Tally tally;
  std::uint64_t bytes = 0;  ///< unpacked
  fhir::Warnings warnings;
};

/// Read the files, make records of their resources on `threads` threads, and give them to the consumer in the order of
/// the input. Memory is bounded by the block size, the largest resource and the number of threads. The first exception
/// of any thread is thrown when all have stopped; StoppedError when a stop was asked for. `index` may be null.
[[nodiscard]] PipelineResult run_pipeline(const PipelineOptions& options, const std::vector<fhir::StudyFile>& files,
                                          fhir::IdIndex* index, Consumer& consumer);

}  // namespace etl::simplify
