#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "search/server.hpp"

namespace etl::search {

/// Reads everything in an index that a query finds, page by page, as it was when the first page was read. `query` is
/// the body of a search with `size`; `take` gets the text of each answer and returns how many hits it has. Returns the
/// sum. `what` is for errors, as in Server::get().
std::uint64_t scroll(Server& server, const std::string& what, const std::string& index, const nlohmann::json& query,
                     const std::function<std::uint64_t(const std::string&)>& take);

}  // namespace etl::search
