#include <utility>

#include "base/file_lock.hpp"
#include "config/folder.hpp"
#include "search/project_load.hpp"

namespace etl::search {

LoadRequest LoadRequest::from(const config::Settings& settings, Server& server, ProjectId project) {
  LoadRequest request;
  request.project = std::move(project);
  request.what = "search";
  request.prefix = settings.require("search.prefix");
  request.bulk = BulkOptions::from(settings, server);
  request.state_dir = config::folder(settings, "state_dir");
  request.reject_file = request.state_dir / "search" / (as_file_name(request.project.str()) + ".rejects.ndjson");
  return request;
}

}  // namespace etl::search
