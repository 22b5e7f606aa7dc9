#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <stop_token>
#include <vector>

#include "simplify/block_processor.hpp"
#include "simplify/issue_report.hpp"

namespace etl::simplify {

/// Receives a study's records. Parts are filled by the workers, each by one thread at a time, and taken in the order of
/// the input, one at a time. Most consumers derive from ConsumerOf.
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
  /// A resource that is not usable; called in the order of the input, after its issues were reported.
  virtual void rejected(const Rejected& rejected) { static_cast<void>(rejected); }
  /// A file that cannot be read to its end; called after that was reported.
  virtual void file_issue(const fhir::Issue& issue) { static_cast<void>(issue); }
  /// Bytes of the input that are done, for progress.
  virtual void advanced(std::uint64_t bytes) { static_cast<void>(bytes); }
};

/// A consumer whose parts are of the type `P`: the only place that knows which type a part has. Where `P` is declared
/// only, the header that does so declares `extern template class ConsumerOf<P>`, and the source that defines `P`
/// instantiates it.
template <typename P>
class ConsumerOf : public Consumer {
 public:
  [[nodiscard]] std::unique_ptr<Part> part() final;
  void take(Part& part) final;

 protected:
  [[nodiscard]] virtual std::unique_ptr<P> make_part() = 0;
  /// As take().
  virtual void take_part(P& part) = 0;
};

template <typename P>
std::unique_ptr<Consumer::Part> ConsumerOf<P>::part() {
  return make_part();
}

template <typename P>
void ConsumerOf<P>::take(Part& part) {
  take_part(static_cast<P&>(part));
}

/// A part for consumers that need no records.
class NoRecords final : public Consumer::Part {
 public:
  void record(const Record& record) override { static_cast<void>(record); }
};

struct PipelineOptions {
  WorkerOptions worker;
  unsigned threads = 1;
  fhir::BlockLimits limits;
  std::stop_token stop;
  IssueReport* report = nullptr;  ///< gets the issues of resources and files; null when an earlier reading did
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
