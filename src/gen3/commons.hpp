#pragma once

#include <stop_token>

#include "gen3/fence.hpp"
#include "gen3/indexd.hpp"
#include "gen3/metadata.hpp"
#include "gen3/session.hpp"
#include "gen3/settings.hpp"
#include "gen3/sheepdog.hpp"
#include "net/http.hpp"

namespace etl::gen3 {

/// The commons as the settings name it, and what its services can do, until a stop is asked for.
struct Commons {
  Commons(const config::Settings& settings, const std::stop_token& stop, net::HttpOptions options = {})
      : http(std::move(options), stop), session(session_options(settings), http) {}

  net::HttpClient http;
  Session session;
  Fence fence{session};
  Indexd indexd{session};
  Sheepdog sheepdog{session};
  MetadataService metadata{session};
};

}  // namespace etl::gen3
