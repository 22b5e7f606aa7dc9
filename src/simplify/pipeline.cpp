#include "simplify/pipeline.hpp"

#include <condition_variable>
#include <exception>
#include <map>
#include <mutex>
#include <thread>

#include "base/error.hpp"
#include "simplify/record_reader.hpp"

namespace etl::simplify {
namespace {

/// Workers take the next block under one lock, and submit what they made of it under another. The thread that submits
/// the next part in sequence delivers it and any queued successors to the consumer.
class Pipeline {
 public:
  Pipeline(const PipelineOptions& options, const std::vector<fhir::StudyFile>& files, fhir::IdIndex* index,
           Consumer& consumer)
      : options_(options),
        files_(files),
        index_(index),
        consumer_(consumer),
        reader_(
            files, options.limits, [this](const fhir::Issue& issue) { file_issues_.push_back(issue); }, options.stop,
            options.worker.deletions) {}

  PipelineResult run() {
    const unsigned threads = std::max(1U, options_.threads);
    std::vector<std::thread> others;
    for (unsigned i = 1; i < threads; ++i) others.emplace_back([this] { work(); });
    work();
    for (std::thread& thread : others) thread.join();
    if (error_) std::rethrow_exception(error_);
    if (options_.report != nullptr) {
      for (const fhir::Issue& issue : file_issues_) {
        options_.report->add(issue);
        consumer_.file_issue(issue);
      }
    }
    result_.bytes = reader_.bytes();
    return std::move(result_);
  }

 private:
  void work() {
    try {
      const WorkerOptions& what = options_.worker;
      const auto worker = what.records ? make_record_worker(what, files_, index_) : make_worker(what, files_, index_);
      fhir::Block block;
      while (next(block)) {
        auto part = idle_part();
        worker->process(block, *part);
        submit(block.number, {std::move(part), block.text.size()});
      }
      const std::lock_guard lock(order_);
      result_.tally += worker->tally();
      result_.warnings.merge(worker->warnings());
    } catch (...) {
      const std::lock_guard lock(order_);
      if (!error_) error_ = std::current_exception();
      changed_.notify_all();
    }
  }

  bool next(fhir::Block& block) {
    const std::lock_guard lock(read_);
    {
      const std::lock_guard order(order_);
      if (error_) return false;
    }
    if (options_.stop.stop_requested()) throw StoppedError();
    return reader_.next(block);
  }

  std::unique_ptr<Consumer::Part> idle_part() {
    {
      const std::lock_guard lock(order_);
      if (!idle_.empty()) {
        auto part = std::move(idle_.back());
        idle_.pop_back();
        return part;
      }
    }
    return consumer_.part();
  }

  /// What was made of a block, until it is its turn.
  struct Made {
    std::unique_ptr<Consumer::Part> part;
    std::size_t bytes;  ///< of the block
  };

  /// Waits when it is too far ahead of a consumer that is at work: twice as many blocks as there are threads, and twice
  /// that while they are of the usual size.
  void submit(std::uint64_t number, Made made) {
    const std::uint64_t window = std::uint64_t{2} * std::max(1U, options_.threads);
    std::unique_lock lock(order_);
    changed_.wait(lock, [&] {
      const bool small = ahead_ + made.bytes <= 2 * window * options_.limits.block;
      return error_ || number < next_sequence_ + (small ? 2 * window : window);
    });
    if (error_) return;
    ahead_ += made.bytes;
    waiting_.emplace(number, std::move(made));
    if (delivering_) return;  // the thread that delivers will come to this part as well
    delivering_ = true;
    while (!waiting_.empty() && waiting_.begin()->first == next_sequence_ && !error_) {
      Made next = std::move(waiting_.begin()->second);
      waiting_.erase(waiting_.begin());
      lock.unlock();
      deliver(next);
      lock.lock();
      ++next_sequence_;
      ahead_ -= next.bytes;
      idle_.push_back(std::move(next.part));
      changed_.notify_all();
    }
    delivering_ = false;
  }

  void deliver(const Made& made) {
    Consumer::Part& part = *made.part;
    if (options_.report != nullptr) {
      for (const Rejected& rejected : part.rejects) {
        for (const fhir::Issue& issue : rejected.issues) options_.report->add(issue);
        consumer_.rejected(rejected);
      }
    }
    part.rejects.clear();
    consumer_.take(part);
    consumer_.advanced(made.bytes);
  }

  const PipelineOptions& options_;
  const std::vector<fhir::StudyFile>& files_;
  fhir::IdIndex* index_;
  Consumer& consumer_;

  std::mutex read_;  // guards the reader and file_issues_
  fhir::BlockReader reader_;
  std::vector<fhir::Issue> file_issues_;

  std::mutex order_;  // guards all below
  std::condition_variable changed_;
  std::uint64_t next_sequence_ = 0;
  bool delivering_ = false;
  std::map<std::uint64_t, Made> waiting_;
  std::size_t ahead_ = 0;  ///< bytes of the blocks that wait or are being delivered
  std::vector<std::unique_ptr<Consumer::Part>> idle_;
  std::exception_ptr error_;
  PipelineResult result_;
};

}  // namespace

PipelineResult run_pipeline(const PipelineOptions& options, const std::vector<fhir::StudyFile>& files,
                            fhir::IdIndex* index, Consumer& consumer) {
  return Pipeline(options, files, index, consumer).run();
}

}  // namespace etl::simplify
