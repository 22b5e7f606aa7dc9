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
  /// So many in a row that a service did not answer for: it stays away. (fence says the same of a single record whose
  /// bucket it does not know.)
  constexpr unsigned most_unavailable = 4;
  RemovalTally tally;
  std::mutex mutex;
  unsigned in_a_row = 0;
  Crew<gen3::FileRecord> crew(jobs, most_waiting, [&](gen3::FileRecord& record) {
    if (services.stop.stop_requested()) throw StoppedError();
    std::string reason;
    try {
      remove_record(services, record.did);
      journal.forget(record.did);
      const std::lock_guard lock(mutex);
      in_a_row = 0;
    } catch (const StoppedError&) {
      throw;
    } catch (const UnavailableError& error) {
      const std::lock_guard lock(mutex);
      if (++in_a_row >= most_unavailable) throw;
      reason = error.what();
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
