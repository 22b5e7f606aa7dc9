#pragma once

#include "base/error.hpp"

namespace etl {

/// The reader of standard output has gone (`| head`, a closed connection). main() ends the program silently, as SIGPIPE
/// does to every Unix tool, after everything that was begun has been put away.
class ClosedPipeError : public UnavailableError {
 public:
  ClosedPipeError() : UnavailableError("the reader of standard output has gone") {}
};

}  // namespace etl
