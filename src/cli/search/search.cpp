#include "cli/commands.hpp"
#include "cli/lib/describe.hpp"

namespace etl::cli {

void add_search(CLI::App& app, Context& context) {
  auto* group = app.add_subcommand("search");
  describe(*group,
           {.summary = "make the documents that the portal's explorer searches",
            .text = "guppy and the portal read documents from search indexes (Elasticsearch, OpenSearch). These "
                    "commands make them of a study's metadata.",
            .examples = {{"aced-etl search load --project aced-lung_cancer STUDY --output documents",
                          "the documents as files"}}});
  add_search_load(*group, context);
  add_search_admin(*group, context);
}

}  // namespace etl::cli
