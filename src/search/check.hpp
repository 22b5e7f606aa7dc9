#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "search/server.hpp"

namespace etl::search {

/// Something in the indexes that stops guppy, gives wrong answers, or will.
struct Finding {
  enum class Level : unsigned char {
    stops_guppy,    ///< guppy ends when it starts: the explorer is down for everybody
    wrong_answers,  ///< queries fail, or their answers are wrong
    warning,        ///< not yet
  } level = Level::warning;
  std::string about;   ///< an alias, an index, or the server
  std::string what;    ///< what is wrong, with names and counts
  std::string advice;  ///< what to do
};

/// "stops guppy", "wrong answers", "warning"
[[nodiscard]] const char* name_of(Finding::Level level);

struct CheckReport {
  std::vector<std::string> aliases;  ///< that were looked at
  std::size_t indexes = 0;
  std::vector<Finding> findings;  ///< the worst first
};

/// Looks at all projects' indexes behind the aliases as guppy would: field types and names, mappings that differ,
/// array-config, documents without `auth_resource_path`, several generations of one project, full disks, the limit of
/// shards. `types`: aliases that guppy is configured with; empty: of every type that this program has loaded.
/// Writes nothing.
[[nodiscard]] CheckReport check_indexes(Server& server, const std::string& prefix,
                                        const std::vector<std::string>& types);

}  // namespace etl::search
