#include "files/removal.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <mutex>
#include <set>

#include "files/thread_pool.hpp"

namespace etl::files {

void require_own(const gen3::FileRecord& record, const std::string& authz) {
  if (record.authz.size() == 1 && record.authz.front() == authz) return;
  throw RefusedError(record.authz.empty()
                         ? fmt::format("the record {} belongs to no project, not to {}", record.did, authz)
                         : fmt::format("the record {} belongs to {}, not to {} alone", record.did,
                                       fmt::join(record.authz, ", "), authz),
                     {}, "aced-etl changes a project's own records only; look at it with `GET /index/index/<GUID>`");
}

Removed remove_record(const Services& services, const gen3::BucketNames& buckets, const std::string& did,
                      const std::string& authz) {
  return net::retry(services.retry, services.stop, "removing " + did, [&] {
    const auto there = services.indexd.get(did);
    if (!there) return Removed::nothing;
    require_own(*there, authz);
    if (buckets.unknown_in(there->urls)) {
      return services.indexd.remove(there->did, there->rev) ? Removed::record_only : Removed::nothing;
    }
    if (services.fence.remove_file(there->did)) return Removed::all;
    // The object was gone: then fence leaves the record. Only a record of this project is removed, as it is now.
    const auto left = services.indexd.get(there->did);
    if (!left) return Removed::all;
    require_own(*left, authz);
    services.indexd.remove(left->did, left->rev);
    return Removed::all;
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

namespace {

/// Removes the records that `feed` hands to the function that it is given.
template <typename Feed>
RemovalTally remove_each(const Services& services, Journal& journal, const std::string& authz, unsigned jobs,
                         const OnRemoval& on_file, const Feed& feed) {
  constexpr std::size_t most_waiting = 1024;
  RemovalTally tally;
  std::mutex mutex;
  unsigned in_a_row = 0;
  const gen3::BucketNames buckets(services.fence);
  ThreadPool<gen3::FileRecord> crew(jobs, most_waiting, [&](gen3::FileRecord& record) {
    if (services.stop.stop_requested()) throw StoppedError();
    std::string reason;
    Removed how = Removed::nothing;
    try {
      how = remove_record(services, buckets, record.did, authz);
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
    if (how == Removed::record_only) ++tally.objects_left;
    on_file(record, how, reason);
  });
  feed([&](const gen3::FileRecord& record) { crew.add(record); });
  crew.finish();
  return tally;
}

}  // namespace

RemovalTally remove_records(const Services& services, Journal& journal, const std::string& authz, unsigned jobs,
                            const OnRemoval& on_file) {
  return remove_each(services, journal, authz, jobs, on_file,
                     [&](const auto& add) { services.indexd.list(authz, add); });
}

RemovalTally remove_records(const Services& services, Journal& journal, const std::string& authz, unsigned jobs,
                            const std::vector<gen3::FileRecord>& records, const OnRemoval& on_file) {
  return remove_each(services, journal, authz, jobs, on_file, [&](const auto& add) {
    for (const gen3::FileRecord& record : records) add(record);
  });
}

std::vector<gen3::FileRecord> find_records(
    const Services& services, const std::string& authz, const std::vector<std::string>& guids,
    const std::function<void(const std::string& guid, const std::string& reason)>& on_refused) {
  std::vector<gen3::FileRecord> records;
  std::set<std::string> met;  // GUIDs as they were given, and as indexd writes them with its prefix
  for (const std::string& guid : guids) {
    if (!met.insert(guid).second) continue;
    auto record = net::retry(services.retry, services.stop, "reading the record of " + guid,
                             [&] { return services.indexd.get(guid); });
    if (!record) {
      on_refused(guid, "indexd has no such record");
      continue;
    }
    if (record->did != guid && !met.insert(record->did).second) continue;
    try {
      require_own(*record, authz);
      records.push_back(std::move(*record));
    } catch (const RefusedError& error) {
      on_refused(guid, error.what());
    }
  }
  return records;
}

}  // namespace etl::files
