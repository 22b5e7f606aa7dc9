#include "files/removal.hpp"

#include <mutex>

#include "files/crew.hpp"

namespace etl::files {

bool remove_record(const Services& services, const std::string& did) {
  return net::retry(services.retry, services.stop, "the removal of " + did, [&] {
    if (services.fence.remove_file(did)) return true;
    // No record, or one without an object: then fence leaves the record.
    const auto left = services.indexd.get(did);
    return left && services.indexd.remove(did, left->rev);
  });
}

ProjectCount count_records(const Services& services, const std::string& authz) {
  ProjectCount count;
  services.indexd.list(authz, [&](const gen3::FileRecord& record) {
    if (services.stop.stop_requested()) throw StoppedError();
    ++count.records;
    count.bytes += record.size.value_or(0);
  });
  return count;
}

RemovalTally remove_records(const Services& services, Journal& journal, const std::string& authz, unsigned jobs,
                            const std::function<void(const gen3::FileRecord&, const std::string& reason)>& on_file) {
  constexpr std::size_t most_waiting = 1024;
  RemovalTally tally;
  std::mutex mutex;
  Crew<gen3::FileRecord> crew(jobs, most_waiting, [&](gen3::FileRecord& record) {
    if (services.stop.stop_requested()) throw StoppedError();
    std::string reason;
    try {
      remove_record(services, record.did);
      journal.forget(record.did);
    } catch (const RefusedError& error) {
      reason = error.what();
    }
    const std::lock_guard lock(mutex);
    ++(reason.empty() ? tally.removed : tally.failed);
    on_file(record, reason);
  });
  services.indexd.list(authz, [&](const gen3::FileRecord& record) { crew.add(record); });
  crew.finish();
  return tally;
}

}  // namespace etl::files
