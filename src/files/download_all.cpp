#include "files/download_all.hpp"

#include <mutex>
#include <set>

#include "base/error.hpp"
#include "files/download.hpp"
#include "files/thread_pool.hpp"

namespace etl::files {
namespace {

class DownloadSession {
 public:
  DownloadSession(const Services& services, const DownloadRequest& request,
                  const std::function<void(std::uint64_t)>& on_bytes,
                  const std::function<void(const DownloadFailure&)>& on_failure)
      : services_(services),
        on_failure_(on_failure),
        download_(services, request.folder, request.overwrite, on_bytes),
        pool_(request.jobs, most_waiting, [this](gen3::FileRecord& record) { get(record); }) {}

  void add(const gen3::FileRecord& record) {
    if (services_.stop.stop_requested()) throw StoppedError();
    pool_.add(record);
  }
  void missing(const std::string& guid) { failed({guid, guid, "indexd has no such record"}); }
  DownloadTally finish() {
    pool_.finish();
    return tally_;
  }

 private:
  static constexpr std::size_t most_waiting = 1024;

  void get(const gen3::FileRecord& record) {
    try {
      claim_name(record);
      const auto result = download_.get(record);
      const std::lock_guard lock(mutex_);
      auto& sum = result == Download::Result::downloaded ? tally_.downloaded : tally_.unchanged;
      ++sum.files;
      sum.bytes += record.size.value_or(0);
    } catch (const RefusedError& error) {
      failed({record.did, record.file_name, error.what()});
    }
  }

  /// Two records may have one name; only one of them can have the file.
  void claim_name(const gen3::FileRecord& record) {
    const std::lock_guard lock(mutex_);
    if (!names_.insert(Download::name_of(record)).second) {
      throw RefusedError("another record has the same name: get it alone, with another --out");
    }
  }

  void failed(const DownloadFailure& failure) {
    const std::lock_guard lock(mutex_);
    ++tally_.failed;
    on_failure_(failure);
  }

  const Services& services_;
  const std::function<void(const DownloadFailure&)>& on_failure_;
  Download download_;
  std::mutex mutex_;
  std::set<std::string> names_;
  DownloadTally tally_;
  ThreadPool<gen3::FileRecord> pool_;  // last: its threads use all above
};

}  // namespace

DownloadTally download_all(const Services& services, const DownloadRequest& request,
                           const std::function<void(std::uint64_t)>& on_bytes,
                           const std::function<void(const DownloadFailure&)>& on_failure) {
  DownloadSession session(services, request, on_bytes, on_failure);
  for (const std::string& guid : request.guids) {
    if (const auto record = services.indexd.get(guid)) {
      session.add(*record);
    } else {
      session.missing(guid);
    }
  }
  std::uint64_t of_project = 0;
  if (request.project) {
    services.indexd.list(request.project->resource_path(), [&](const gen3::FileRecord& record) {
      ++of_project;
      session.add(record);
    });
  }
  DownloadTally tally = session.finish();
  tally.of_project = of_project;
  return tally;
}

}  // namespace etl::files
