#include "files/removal.hpp"

namespace etl::files {

bool remove_record(const Services& services, const std::string& did) {
  return net::retry(services.retry, services.stop, "the removal of " + did, [&] {
    if (services.fence.remove_file(did)) return true;
    // No record, or one without an object: then fence leaves the record.
    const auto left = services.indexd.get(did);
    return left && services.indexd.remove(did, left->rev);
  });
}

}  // namespace etl::files
