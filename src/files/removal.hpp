#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "files/journal.hpp"
#include "files/services.hpp"
#include "gen3/bucket_names.hpp"

namespace etl::files {

/// What became of a record that was to be removed.
enum class Removed : unsigned char {
  nothing,      ///< there was no such record
  all,          ///< the record and its object, or the record of an object that was gone already
  record_only,  ///< fence does not know the record's bucket, so it cannot remove the object, which was not touched
};

/// Removes a record and its object, whichever of them exist. The record is read immediately before, and removed by its
/// revision: RefusedError when `authz` is not its only resource path, for then it belongs to another project, or to
/// others as well. `buckets`: those that fence knows. NotAllowedError, UnavailableError and RefusedError leave at least
/// the record.
Removed remove_record(const Services& services, const gen3::BucketNames& buckets, const std::string& did,
                      const std::string& authz);

/// RefusedError unless the record belongs to the project with this resource path and to nobody else.
void require_own(const gen3::FileRecord& record, const std::string& authz);

struct ProjectCount {
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;
};
[[nodiscard]] ProjectCount count_records(const Services& services, const std::string& authz);

struct RemovalTally {
  std::uint64_t removed = 0;
  std::uint64_t objects_left = 0;  ///< of these: the object was not touched, see Removed::record_only
  std::uint64_t failed = 0;
};
/// Removes every record with this `authz` and its object, `jobs` at once. `on_file` is called for each, one at a time:
/// the reason is empty where it went. Throws what would meet every file: not allowed, not available, stopped.
using OnRemoval = std::function<void(const gen3::FileRecord&, Removed, const std::string& reason)>;
[[nodiscard]] RemovalTally remove_records(const Services& services, Journal& journal, const std::string& authz,
                                          unsigned jobs, const OnRemoval& on_file);
/// The same for these records of the project.
[[nodiscard]] RemovalTally remove_records(const Services& services, Journal& journal, const std::string& authz,
                                          unsigned jobs, const std::vector<gen3::FileRecord>& records,
                                          const OnRemoval& on_file);

/// The records of these GUIDs, each once. `on_refused` is called for a GUID that indexd does not know, and for one
/// whose record belongs to another project.
[[nodiscard]] std::vector<gen3::FileRecord> find_records(
    const Services& services, const std::string& authz, const std::vector<std::string>& guids,
    const std::function<void(const std::string& guid, const std::string& reason)>& on_refused);

}  // namespace etl::files
