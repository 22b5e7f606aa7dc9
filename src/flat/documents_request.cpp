#include <utility>

#include "config/split_list.hpp"
#include "flat/documents.hpp"

namespace etl::flat {

DocumentsRequest DocumentsRequest::from(const config::Settings& settings, ProjectId project,
                                        simplify::StudyOptions study) {
  const bool dataframe = settings.choice("search.layout") == "dataframe";
  DocumentsRequest request{.layout = dataframe ? Layout::dataframe : Layout::dictionary,
                           .project = std::move(project),
                           .study = std::move(study),
                           .memory = std::size_t{settings.number("limits.join_memory_mib")} << 20U};
  if (const auto systems = settings.get("search.personal_identifiers")) {
    request.personal = config::split_list(systems->text);
  }
  return request;
}

}  // namespace etl::flat
