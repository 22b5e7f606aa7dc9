#include <utility>

#include "base/file_lock.hpp"
#include "config/folder.hpp"
#include "search/load.hpp"

namespace etl::search {

IndexLayout index_layout(const config::Settings& settings) {
  return settings.choice("search.layout_index") == "single" ? IndexLayout::single : IndexLayout::project;
}

LoadRequest LoadRequest::from(const config::Settings& settings, Server& server, ProjectId project) {
  LoadRequest request;
  request.project = std::move(project);
  request.what = "search";
  request.prefix = settings.require("search.prefix");
  request.layout_index = index_layout(settings);
  request.bulk = BulkOptions::from(settings, server);
  request.state_dir = config::folder(settings, "state_dir");
  request.reject_file = request.state_dir / "search" / (as_file_name(request.project.str()) + ".rejects.ndjson");
  return request;
}

}  // namespace etl::search
