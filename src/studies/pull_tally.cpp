#include "studies/pull_tally.hpp"

#include <fmt/format.h>

#include "base/log.hpp"
#include "base/text.hpp"

namespace etl::studies {
namespace {

/// So many objects that may not be read, and none that may: it is the key, not the objects.
constexpr std::uint64_t kDenialsInARow = 16;

std::string reason_of(const Error& error) {
  return error.hint().empty() ? error.what() : fmt::format("{}; {}", error.what(), error.hint());
}

}  // namespace

void PullTally::note() {
  progress_.note(fmt::format("{} of {} files", human_count(report_.fetched), human_count(expected_)));
}

void PullTally::listed() {
  const std::lock_guard lock(mutex_);
  ++report_.objects;
}

void PullTally::unchanged() {
  const std::lock_guard lock(mutex_);
  ++report_.unchanged;
}

void PullTally::adopted() {
  const std::lock_guard lock(mutex_);
  ++report_.adopted;
}

void PullTally::expect(std::uint64_t bytes) {
  progress_.expect(bytes);
  const std::lock_guard lock(mutex_);
  ++expected_;
  note();
}

void PullTally::resumed(std::uint64_t bytes) {
  progress_.add(bytes);
  const std::lock_guard lock(mutex_);
  report_.resumed_bytes += bytes;
}

void PullTally::fetched(std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  ++report_.fetched;
  report_.fetched_bytes += bytes;
  note();
}

void PullTally::refused(const std::string& key, const std::string& reason) {
  log::error("refused: {}: {}", printable(key), reason);
  const std::lock_guard lock(mutex_);
  report_.refused.push_back({key, reason});
}

void PullTally::failed(const std::string& key, const Error& error) {
  const auto reason = reason_of(error);
  log::error("failed: {}: {}", printable(key), reason);
  const std::lock_guard lock(mutex_);
  report_.failed.push_back({key, reason});
  if (error.code() != ExitCode::not_allowed) return;
  if (!first_denial_)
    first_denial_ = std::make_exception_ptr(NotAllowedError(error.what(), error.where(), error.hint()));
  if (++not_allowed_ >= kDenialsInARow && nothing_came()) std::rethrow_exception(first_denial_);
}

/// Also no object that an earlier pull brought: else the second pull of a source with one unreadable object would end
/// with another exit code than the first.
bool PullTally::nothing_came() const { return report_.fetched == 0 && report_.unchanged == 0 && report_.adopted == 0; }

PullReport PullTally::take() {
  // The key may read nothing at all: that is no partial success.
  if (nothing_came() && not_allowed_ > 0 && not_allowed_ == report_.failed.size() && !report_.ended) {
    report_.ended = first_denial_;
  }
  return std::move(report_);
}

}  // namespace etl::studies
