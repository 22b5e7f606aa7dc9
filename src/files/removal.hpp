#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "files/journal.hpp"
#include "files/services.hpp"

namespace etl::files {

/// Removes a record and its object, whichever of them are there. False when there is no such record. NotAllowedError,
/// UnavailableError and RefusedError leave at least the record.
bool remove_record(const Services& services, const std::string& did);

struct ProjectCount {
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;
};
[[nodiscard]] ProjectCount count_records(const Services& services, const std::string& authz);

struct RemovalTally {
  std::uint64_t removed = 0;
  std::uint64_t failed = 0;
};
/// Removes every record with this `authz` and its object, `jobs` at once. `on_file` is told of each, one at a time:
/// the reason is empty where it went. Throws what would meet every file: not allowed, not available, stopped.
[[nodiscard]] RemovalTally remove_records(
    const Services& services, Journal& journal, const std::string& authz, unsigned jobs,
    const std::function<void(const gen3::FileRecord&, const std::string& reason)>& on_file);

}  // namespace etl::files
