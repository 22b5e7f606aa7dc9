#include "search/load.hpp"

#include <algorithm>
#include <utility>

#include "search/project_load.hpp"
#include "search/shared_index_load.hpp"

namespace etl::search {

bool LoadReport::has_new_fields() const {
  return std::ranges::any_of(types, [](const TypeReport& type) { return !type.new_fields.empty(); });
}

std::unique_ptr<Load> make_load(Server& server, LoadRequest request) {
  if (request.layout_index == IndexLayout::single) {
    return std::make_unique<SharedIndexLoad>(server, std::move(request));
  }
  return std::make_unique<ProjectLoad>(server, std::move(request));
}

}  // namespace etl::search
