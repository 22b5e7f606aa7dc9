#pragma once

#include <string>
#include <utility>

#include "base/error.hpp"

namespace etl::net {

/// Something answered, but not as the service that was asked would: an HTML page with status 200, an empty or cut body,
/// JSON of another shape. A proxy that stumbles looks like this for a moment, a wrong address for good. So it is an
/// UnavailableError to whoever retries, and ends the program with exit code 2 when it persists.
class UnexpectedAnswerError : public UnavailableError {
 public:
  explicit UnexpectedAnswerError(const std::string& what, std::string where = {}, std::string hint = {})
      : UnavailableError(ExitCode::usage, what, std::move(where), std::move(hint)) {}
};

}  // namespace etl::net
