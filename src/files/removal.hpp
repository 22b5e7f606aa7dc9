#pragma once

#include <string>

#include "files/services.hpp"

namespace etl::files {

/// Removes a record and its object, whichever of them are there. False when there is no such record. NotAllowedError,
/// UnavailableError and RefusedError leave at least the record.
bool remove_record(const Services& services, const std::string& did);

}  // namespace etl::files
