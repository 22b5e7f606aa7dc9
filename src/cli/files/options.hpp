#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "cli/lib/commons.hpp"
#include "cli/lib/context.hpp"
#include "documents/places.hpp"
#include "files/loader.hpp"
#include "simplify/study_source.hpp"

/// What the commands of the group `files` share.
namespace etl::cli {

struct FilesOptions {
  std::string project;
  std::string path;                ///< the study's metadata
  std::vector<std::string> guids;  ///< files rm: only these records
  std::string source;              ///< --source: the only folder that its files may be in
  std::uint64_t multipart_threshold = 64 * files::MiB;
  std::uint64_t part_size = 16 * files::MiB;
  bool recheck = false;  ///< look at every object now
  bool replace = false;
};

/// The argument GUID…; an empty GUID is refused.
void add_guids(CLI::App& app, std::vector<std::string>& guids, const std::string& help);
void add_jobs_options(CLI::App& app, Context& context);                       ///< --jobs, --bandwidth
void add_part_options(CLI::App& app, FilesOptions& options);                  ///< --multipart-threshold, --part-size
void add_study_path(CLI::App& app, Context& context, FilesOptions& options);  ///< PATH, and how it is read
/// --source, --bucket and all that says how files are sent.
void add_sending_options(CLI::App& app, Context& context, FilesOptions& options);

[[nodiscard]] unsigned file_jobs(const Context& context);
[[nodiscard]] files::Services services_of(Commons& commons);
[[nodiscard]] files::LoadRequest load_request(const Context& context, const FilesOptions& options, Commons& commons);
/// The study's metadata, read as the settings and its entry of etl.yaml say.
[[nodiscard]] simplify::StudySource study_source(const Context& context, const FilesOptions& options);
/// Where the files of the study may be: as --source says, else as the settings do.
[[nodiscard]] documents::Places study_places(const Context& context, const FilesOptions& options);

void add_files_ls(CLI::App& group, Context& context);
void add_files_rm(CLI::App& group, Context& context);
void add_files_move(CLI::App& group, Context& context);
void add_files_get(CLI::App& group, Context& context);
void add_files_verify(CLI::App& group, Context& context);

}  // namespace etl::cli
