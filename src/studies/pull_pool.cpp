#include "studies/pull_pool.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>

#include "base/digest.hpp"
#include "base/log.hpp"
#include "base/text.hpp"

namespace etl::studies {
namespace {

/// Enough to keep all threads at work while the next page of the list comes.
constexpr std::size_t kQueue = 4000;
/// An object that is overwritten all the time is not waited for.
constexpr unsigned kMostRestarts = 3;

}  // namespace

PullPool::PullPool(Work work, unsigned threads, std::stop_source ending)
    : work_(std::move(work)),
      ending_(std::move(ending)),
      pending_renames_(work_.tally, [this](const Wanted& wanted, const Error& error) { failed(wanted, error); }) {
  for (unsigned i = 0; i < threads; ++i) {
    threads_.emplace_back([this] { run(); });
  }
}

PullPool::~PullPool() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    if (busy_ > 0 || !queue_.empty() || !ranged_.empty()) ending_.request_stop();
  }
  wake_.notify_all();
}

void PullPool::throw_if_ended() {
  if (ended_) std::rethrow_exception(ended_);
  if (ending_.stop_requested()) throw StoppedError();
}

void PullPool::push(Wanted wanted) {
  std::unique_lock lock(mutex_);
  full_ = queue_.size() >= kQueue;
  wake_.wait(lock, ending_.get_token(), [&] { return !full_; });
  throw_if_ended();
  queue_.push_back(std::move(wanted));
  lock.unlock();
  wake_.notify_one();  // all that can be waiting now are threads without work
}

void PullPool::wait() {
  std::unique_lock lock(mutex_);
  wake_.wait(lock, ending_.get_token(), [&] { return busy_ == 0 && queue_.empty() && ranged_.empty(); });
  // What is on its way ends soon: its request is told to stop.
  if (ending_.stop_requested()) wake_.wait(lock, [&] { return busy_ == 0; });
  throw_if_ended();
  lock.unlock();
  settle();
}

bool PullPool::nothing_waits() {
  const std::lock_guard lock(mutex_);
  return queue_.empty();
}

void PullPool::settle() {
  if (work_.journal != nullptr) pending_renames_.settle(*work_.journal);
}

void PullPool::abandon() {
  ending_.request_stop();
  std::unique_lock lock(mutex_);
  wake_.wait(lock, [&] { return busy_ == 0; });
  lock.unlock();
  try {
    settle();
  } catch (const Error& error) {
    log::debug("{}", error.what());  // what ended the pull says more
  }
}

/// Parts of what was begun first: a file that is nearly whole is worth more than one that is not.
bool PullPool::take(Task& task) {
  while (!ranged_.empty()) {
    if (const auto part = ranged_.front()->claim()) {
      task = {std::nullopt, ranged_.front(), *part};
      return true;
    }
    ranged_.pop_front();
    if (ranged_.empty()) wake_.notify_all();  // for wait()
  }
  if (queue_.empty()) return false;
  task = {std::move(queue_.front()), nullptr, 0};
  queue_.pop_front();
  if (full_ && queue_.size() <= kQueue / 2) {
    full_ = false;
    wake_.notify_all();
  }
  return true;
}

std::optional<PullPool::Task> PullPool::next() {
  Task task;
  std::unique_lock lock(mutex_);
  bool taken = false;
  wake_.wait(lock, ending_.get_token(), [&] { return !ending_.stop_requested() && ((taken = take(task)) || closed_); });
  if (!taken || ending_.stop_requested()) return std::nullopt;
  ++busy_;
  return task;
}

void PullPool::done() {
  {
    const std::lock_guard lock(mutex_);
    if (--busy_ > 0) return;
  }
  wake_.notify_all();
}

void PullPool::end(std::exception_ptr why) {
  {
    const std::lock_guard lock(mutex_);
    if (!ended_) ended_ = std::move(why);
  }
  ending_.request_stop();
  wake_.notify_all();
}

void PullPool::run() {
  while (auto task = next()) {
    try {
      work(*std::move(task));
      if (pending_renames_.due() || nothing_waits()) settle();
    } catch (...) {
      end(std::current_exception());
    }
    done();
  }
}

void PullPool::work(Task task) {
  if (task.ranged) {
    part(*task.ranged, task.part);
  } else {
    object(*task.object);
  }
}

void PullPool::object(const Wanted& wanted) {
  try {
    if (wanted.same_size && adopt(wanted)) return;
    fetch_or_tell(wanted);
  } catch (const UnavailableError&) {
    throw;
  } catch (const ExhaustedError&) {
    throw;  // every other file would meet the same limit
  } catch (const Error& error) {
    failed(wanted, error);
  }
}

void PullPool::fetch_or_tell(const Wanted& wanted) {
  if (wanted.restarts == 0) work_.tally.expect(wanted.size);
  if (work_.dry_run) {
    work_.tally.fetched(wanted.size);
    return;
  }
  if (wanted.size <= work_.part_bytes) {
    whole(wanted);
    return;
  }
  auto file = std::make_shared<RangedFile>(wanted, work_.part_bytes, *work_.journal, work_.tally);
  const auto first = file->claim();
  if (!first) {  // a run was killed between the last part and the move
    file->finish();
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    ranged_.push_back(file);
  }
  wake_.notify_all();
  part(*file, *first);
}

/// A file whose size agrees, and whose MD5 is the object's ETag, is that object, whoever put it there.
bool PullPool::adopt(const Wanted& wanted) {
  // The ETag of an object that was uploaded in one piece, and without a KMS key, is its md5.
  if (!is_md5_hex(wanted.etag) || md5_of_file(wanted.path(), ending_.get_token()) != wanted.etag) return false;
  const auto local = wanted.folder->look(wanted.name);
  if (!local || local->size != wanted.size) return false;
  if (!work_.dry_run) work_.journal->put(wanted.path(), {wanted.mark(), wanted.size, local->modified_ns});
  work_.tally.adopted();
  return true;
}

/// In one request, which returns one state of the object. It may be a later one than was listed.
void PullPool::whole(const Wanted& wanted) {
  auto file = std::make_unique<WorkFile>(*wanted.folder, wanted.name, 0);
  WholeSink sink(*file, wanted.size, work_.part_bytes, wanted.etag, work_.tally.progress());
  const auto object = work_.client.get(work_.bucket, wanted.key, sink);
  sink.finish();
  const auto mark = wanted.etag.empty() || object.etag.empty() ? wanted.mark() : object.etag;
  pending_renames_.add({wanted, mark, sink.bytes(), object.last_modified, std::move(file)});
}

void PullPool::part(RangedFile& file, std::uint64_t number) {
  std::exception_ptr failure;
  try {
    file.fetch(work_.client, work_.bucket, number);
  } catch (const UnavailableError&) {
    throw;  // what is done of the file stays for the next run
  } catch (const ExhaustedError&) {
    throw;
  } catch (...) {
    failure = std::current_exception();
  }
  if (!file.settle(failure)) return;
  try {
    if (file.failure()) std::rethrow_exception(file.failure());
    file.finish();
  } catch (const UnavailableError&) {
    throw;
  } catch (const ExhaustedError&) {
    throw;  // every other file would meet the same limit
  } catch (const Error& error) {
    failed(file.wanted(), error);
  }
}

/// The object as it is now, when it is another one than was listed.
std::optional<Wanted> PullPool::changed(const Wanted& wanted) {
  if (work_.dry_run || wanted.restarts >= kMostRestarts) return std::nullopt;
  std::optional<s3::Object> now;
  try {
    now = work_.client.head(work_.bucket, wanted.key);
  } catch (const NotAllowedError&) {
    return std::nullopt;  // the first error says more
  }
  if (!now || (now->etag == wanted.etag && now->size == wanted.size)) return std::nullopt;
  Wanted again = wanted;
  again.size = now->size;
  again.etag = now->etag;
  again.modified = now->last_modified;
  again.same_size = false;
  ++again.restarts;
  return again;
}

void PullPool::failed(const Wanted& wanted, const Error& error) {
  if (error.code() == ExitCode::refused) {
    if (auto again = changed(wanted)) {
      log::info("{} changed while it was downloaded; it is downloaded again", printable(wanted.key));
      object(*std::move(again));
      return;
    }
  }
  if (!work_.dry_run) wanted.folder->remove_work_file(wanted.name);
  if (work_.journal != nullptr && !work_.dry_run) work_.journal->forget_parts(wanted.path());
  work_.tally.failed(wanted.key, error);
}

}  // namespace etl::studies
