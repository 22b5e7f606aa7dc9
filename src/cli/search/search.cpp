#include "cli/commands.hpp"
#include "cli/lib/describe.hpp"

namespace etl::cli {

void add_search(CLI::App& app, Context& context) {
  auto* group = app.add_subcommand("search");
  describe(*group,
           {.summary = "load, list, check and remove the documents that the portal's explorer searches",
            .text = "guppy and the portal read documents from search indexes (Elasticsearch, OpenSearch). `load` makes "
                    "them of a study's metadata; `ls` and `counts` show what is there, `check` finds what would stop "
                    "guppy, `rollback` brings the previous load back, and `rm` removes a project's documents.",
            .examples = {{"aced-etl search load --project aced-lung_cancer STUDY", "load a study's documents"},
                         {"aced-etl search load --project aced-lung_cancer STUDY --output documents",
                          "the documents as files"}}});
  add_search_load(*group, context);
  add_search_admin(*group, context);
}

}  // namespace etl::cli
