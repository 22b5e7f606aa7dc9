#include "cli/search/server.hpp"

#include <fmt/format.h>

#include "base/counted.hpp"
#include "base/file_lock.hpp"
#include "base/log.hpp"
#include "cli/lib/known_project.hpp"
#include "cli/lib/options.hpp"
#include "cli/lib/print.hpp"
#include "config/folder.hpp"
#include "net/url.hpp"
#include "search/guppy.hpp"
#include "search/listing.hpp"
#include "search/study_load.hpp"

namespace etl::cli {

SearchServer::SearchServer(const Context& context) : server(search::server_address(context.settings), stop.token()) {}

void add_search_options(CLI::App& app, Context& context) {
  for (const char* key : {"search.url", "search.user", "search.ca_file", "search.prefix"}) {
    add_setting_option(app, context, key);
  }
}

void add_search_write_options(CLI::App& app, Context& context, SearchWriteArguments& arguments) {
  app.add_flag("--force", arguments.force, "load also when nothing has changed since the last load");
  app.add_option("--keep", arguments.keep,
                 "how many previous generations to keep, for `search rollback`; 0 waits a minute, until no reader uses "
                 "the last one, and removes it [default: 1]")
      ->type_name("N")
      ->check(CLI::Range(0U, 100U));
  app.add_option("--reject-file", arguments.reject_file,
                 "write documents that the server refuses for good to this file, with the reason [default: in the "
                 "state folder]")
      ->type_name("FILE");
  add_setting_option(app, context, "search.connections");
  add_setting_option(app, context, "state_dir");
}

void require_loaded_project(const Context& context, SearchServer& search, const ProjectId& project) {
  std::vector<std::string> loaded;
  for (auto& row : search::list_indexes(search.server, context.settings.require("search.prefix"))) {
    if (!row.project.empty()) loaded.push_back(std::move(row.project));
  }
  require_project(context, loaded, project, net::without_query(search.server.url()));
}

search::LoadRequest load_request(const Context& context, search::Server& server, const ProjectId& project,
                                 const SearchWriteArguments& arguments) {
  search::LoadRequest request = search::LoadRequest::from(context.settings, server, project);
  request.force = arguments.force;
  request.keep = arguments.keep;
  request.dry_run = context.dry_run;
  if (!arguments.reject_file.empty()) request.reject_file = arguments.reject_file;
  return request;
}

void print_load(const Context& context, const search::LoadReport& report, const std::string& project,
                bool advise_restart) {
  Table table({"type", number("before"), number("after"), "index"});
  std::uint64_t documents = 0;
  for (const search::TypeReport& type : report.types) {
    table.row({type.type, std::to_string(type.before), std::to_string(type.after), type.index});
    documents += type.after;
  }
  table.print(context);
  if (report.unchanged) {
    log::info("nothing changed: the search server holds the {} of {}", counted(documents, "document"), project);
    return;
  }
  log::info("{}{} of {}", context.dry_run ? "would load " : "loaded ", counted(documents, "document"), project);
  if (!advise_restart) return;
  if (const auto notice = search::new_fields_notice(report, context.dry_run); !notice.empty()) log::warn("{}", notice);
}

}  // namespace etl::cli
