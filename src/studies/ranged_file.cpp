#include "studies/ranged_file.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace etl::studies {

std::string Wanted::mark() const {
  if (!etag.empty()) return etag;
  return fmt::format("changed {}", modified.time_since_epoch().count());
}

RangedFile::RangedFile(Wanted wanted, std::uint64_t part_bytes, PullJournal& journal, PullTally& tally)
    : wanted_(std::move(wanted)),
      part_bytes_(part_bytes),
      journal_(journal),
      tally_(tally),
      parts_(wanted_.size == 0 ? 0 : (wanted_.size - 1) / part_bytes + 1) {
  const bool there = wanted_.folder->work_file_size(wanted_.name) == wanted_.size;
  if (!there) wanted_.folder->remove_work_file(wanted_.name);
  done_ = journal_.begin_parts(wanted_.path(), {wanted_.mark(), wanted_.size, 0}, part_bytes_, there);
  file_.emplace(*wanted_.folder, wanted_.name, wanted_.size);

  std::erase_if(done_, [&](std::uint64_t part) { return part >= parts_; });
  std::uint64_t bytes = 0;
  for (const auto part : done_) bytes += std::min(part_bytes_, wanted_.size - part * part_bytes_);
  skip_done();
  if (bytes > 0) tally_.resumed(bytes);
}

void RangedFile::skip_done() {
  while (std::ranges::binary_search(done_, next_)) ++next_;
}

std::optional<std::uint64_t> RangedFile::claim() {
  const std::lock_guard lock(mutex_);
  if (next_ >= parts_ || failure_) return std::nullopt;
  const auto part = next_++;
  skip_done();
  ++on_the_way_;
  return part;
}

void RangedFile::fetch(s3::Client& client, const std::string& bucket, std::uint64_t part) {
  const auto first = part * part_bytes_;
  const auto length = std::min(part_bytes_, wanted_.size - first);
  RangeSink sink(*file_, first, length, wanted_.etag, tally_.progress());
  client.get(bucket, wanted_.key, sink, {.range = {{first, first + length - 1}}, .if_match = wanted_.etag});
  if (sink.bytes() != length) throw RefusedError("the service returned fewer bytes than requested");
  journal_.part_done(wanted_.path(), part);
}

bool RangedFile::settle(std::exception_ptr failure) {
  const std::lock_guard lock(mutex_);
  if (failure && !failure_) failure_ = std::move(failure);
  return --on_the_way_ == 0 && (failure_ || next_ >= parts_);
}

void RangedFile::finish() {
  file_->start_sync(wanted_.modified);
  const auto modified = file_->finish();
  wanted_.folder->move_in(wanted_.name);
  journal_.put(wanted_.path(), {wanted_.mark(), wanted_.size, modified});
  journal_.forget_parts(wanted_.path());
  tally_.fetched(wanted_.size);
}

}  // namespace etl::studies
