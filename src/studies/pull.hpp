#pragma once

#include <cstdint>
#include <exception>
#include <filesystem>
#include <functional>
#include <map>
#include <stop_token>
#include <string>
#include <vector>

#include "s3/profile.hpp"
#include "simplify/study_source.hpp"

/// Studies as files: brought from S3, and looked at.
namespace etl::studies {

struct PullOptions {
  std::string bucket;
  std::string studies_prefix;  ///< of keys; empty, or with '/' at its end
  std::string output_prefix;
  std::filesystem::path studies_folder;
  std::filesystem::path output_folder;
  std::filesystem::path state_dir;
  std::vector<std::string> studies;                      ///< only these; empty: all there is
  std::map<std::string, std::string> elsewhere;          ///< prefixes of studies that are not at studies_prefix + name
  std::map<std::string, simplify::StudySource> sources;  ///< how the studies of etl.yaml are read, by name
  simplify::StudySource other_source;                    ///< how all others are read; their path is not set
  unsigned jobs = 8;                                     ///< requests at once
  std::uint64_t part_bytes = std::uint64_t{16} << 20U;   ///< larger objects are fetched in ranges of this
  std::uint64_t bytes_per_second = 0;                    ///< of all requests of the pull together; 0: no limit
  bool remove_gone = false;
  bool spare_emptied = false;  ///< but not where the source has nothing at all: that is more likely a wrong prefix
  bool dry_run = false;
};

struct PullFailure {
  std::string key;
  std::string reason;
};

struct PullReport {
  std::uint64_t objects = 0;  ///< of the source, folders' placeholders not counted
  std::uint64_t unchanged = 0;
  std::uint64_t adopted = 0;  ///< were there already, with the object's MD5, brought by someone else
  std::uint64_t fetched = 0;
  std::uint64_t fetched_bytes = 0;  ///< of those; `resumed_bytes` of them were fetched by an earlier run
  std::uint64_t resumed_bytes = 0;
  std::uint64_t removed = 0;
  std::uint64_t excluded = 0;        ///< of metadata, not fetched as `exclude` says; not counted in `objects`
  std::uint64_t kept = 0;            ///< gone from the source, but written to here: not removed
  std::vector<PullFailure> refused;  ///< keys that cannot be files here
  std::vector<PullFailure> failed;
  std::exception_ptr ended;  ///< what ended it early: running again goes on
};

/// UsageError when one place of the source would be read both as metadata and as output.
void require_separate_prefixes(const PullOptions& options);

/// Asked once, when all else is done: may so many files of so many bytes be removed? When nobody can be asked it says
/// yes, and `spare_emptied` should be set.
using ConfirmRemoval = std::function<bool(std::uint64_t files, std::uint64_t bytes)>;

/// Makes the folders hold what the source holds below the prefixes: what differs in size or ETag is fetched, many
/// objects at once and large ones in ranges, and moved into its place when it is whole. What a run has not finished the
/// next one goes on with. Metadata that the exclude patterns of its study match is neither fetched nor removed. With
/// `remove_gone`, files that a pull brought, that the source no longer has, and that nobody
/// has written to since, are removed.
///
/// Throws UsageError for a study that is not there, or when nothing at all is there; LockedError while another pull
/// writes into the folders; ExhaustedError when the disk has too little room for what the source has more; as
/// s3::Client does when the source cannot be listed. What ends it after that stands in the report.
[[nodiscard]] PullReport pull(const PullOptions& options, const s3::Profile& profile, const std::stop_token& stop,
                              const ConfirmRemoval& may_remove);

}  // namespace etl::studies
