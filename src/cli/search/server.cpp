#include "cli/search/server.hpp"

#include <fmt/format.h>

#include "base/counted.hpp"
#include "base/file_lock.hpp"
#include "base/log.hpp"
#include "cli/lib/options.hpp"
#include "cli/lib/print.hpp"
#include "config/folder.hpp"
#include "search/guppy.hpp"

namespace etl::cli {

SearchServer::SearchServer(const Context& context) : server(search::server_address(context.settings), stop.token()) {}

search::IndexLayout index_layout(const config::Settings& settings) {
  return settings.choice("search.layout_index") == "single" ? search::IndexLayout::single
                                                            : search::IndexLayout::project;
}

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

search::LoadRequest load_request(const Context& context, search::Server& server, const ProjectId& project,
                                 const SearchWriteArguments& arguments) {
  search::LoadRequest request;
  request.project = project;
  request.what = "search";
  request.prefix = context.settings.require("search.prefix");
  request.force = arguments.force;
  request.keep = arguments.keep;
  request.dry_run = context.dry_run;
  request.bulk = search::BulkOptions::from(context.settings, server);
  request.state_dir = config::folder(context.settings, "state_dir");
  request.reject_file = arguments.reject_file.empty()
                            ? request.state_dir / "search" / (as_file_name(project.str()) + ".rejects.ndjson")
                            : std::filesystem::path(arguments.reject_file);
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
  if (!report.has_new_fields() || !advise_restart) return;
  std::string fields;
  std::size_t count = 0;
  for (const search::TypeReport& type : report.types) {
    for (const std::string& field : type.new_fields) {
      if (++count <= 10) fields += fmt::format("{}{}.{}", fields.empty() ? "" : ", ", type.type, field);
    }
  }
  if (count > 10) fields += fmt::format(" and {} more", count - 10);
  log::warn("{} new to guppy ({}): it reads fields only when it starts. {}: {}",
            count == 1 ? "a field is" : fmt::format("{} fields are", count), fields,
            context.dry_run ? "Restart it after the load" : "Restart it", search::kRestartGuppy);
}

}  // namespace etl::cli
