#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/project_id.hpp"
#include "config/settings.hpp"
#include "files/journal.hpp"
#include "files/manifest.hpp"
#include "files/services.hpp"
#include "files/study_documents.hpp"
#include "files/upload_options.hpp"

namespace etl::files {

/// What a load of a project's files is asked for.
struct LoadRequest {
  ProjectId project;
  UploadOptions upload;
  unsigned jobs = 8;
  bool dry_run = false;
  bool replace = false;  ///< a record of this project that differs is removed and made anew
  /// An object that was last seen longer ago than this is looked at again; 0: every object.
  std::chrono::seconds recheck = std::chrono::days(7);
  bool resend = false;  ///< what was found broken: neither the journal nor the object's ETag is believed

  /// As the settings limits.file_jobs, files.recheck, files.bucket and the project's study in etl.yaml say. UsageError
  /// for a bucket that fence does not know.
  [[nodiscard]] static LoadRequest from(const config::Settings& settings, ProjectId project, gen3::Fence& fence);
};

/// What became of a file.
enum class Outcome : unsigned char {
  loaded,      ///< sent; in a dry run: would be
  replaced,    ///< sent in place of a record that differed
  adopted,     ///< the commons had it, an earlier run just had not noted that
  unchanged,   ///< an earlier run loaded it, and indexd's record agrees; LoadTally::seen were also seen in S3 now
  failed,      ///< for good, and nothing of it was left
  unfinished,  ///< a service went away, or we were stopped; running again goes on
};
inline constexpr std::size_t outcomes = 6;
[[nodiscard]] std::string_view to_string(Outcome outcome) noexcept;

struct FileResult {
  const Document& document;
  Outcome outcome;
  std::string reason;  ///< of failed and unfinished
};

struct LoadTally {
  struct Sum {
    std::uint64_t files = 0;
    std::uint64_t bytes = 0;
  };
  std::array<Sum, outcomes> of{};
  std::uint64_t seen = 0;  ///< of the unchanged files, those whose objects this load looked at
  std::uint64_t gone =
      0;  ///< of the loaded files, those that were sent again because their objects were gone or others

  [[nodiscard]] const Sum& operator[](Outcome outcome) const { return of[static_cast<std::size_t>(outcome)]; }
  void add(Outcome outcome, std::uint64_t bytes) {
    auto& sum = of[static_cast<std::size_t>(outcome)];
    ++sum.files;
    sum.bytes += bytes;
  }
};

/// What "unchanged" rests on: "every record in indexd agrees; 3 objects were looked at now, 9 within the last 7 days".
[[nodiscard]] std::string grounds(const LoadTally& tally, const LoadRequest& request);

/// The record that indexd should have of a document.
[[nodiscard]] gen3::FileRecord record_of(const Document& document, const ProjectId& project,
                                         const std::string& bucket_name);

/// Makes the commons hold every document of the manifest. `on_file` is told of each, one at a time. What fails for good
/// leaves neither record nor object, unless these were there before. Returns what came of all; `stopped` is what ended
/// the load early, to be thrown by the caller once the tally is shown: UnavailableError when services stay away,
/// StoppedError, NotAllowedError and UsageError, which would meet every file.
struct LoadResult {
  LoadTally tally;
  std::exception_ptr stopped;
};
[[nodiscard]] LoadResult load(const Services& services, Journal& journal, Manifest& manifest,
                              const LoadRequest& request, const std::function<void(const FileResult&)>& on_file);

}  // namespace etl::files
