#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/project_id.hpp"
#include "files/journal.hpp"
#include "files/services.hpp"
#include "files/upload_options.hpp"
#include "gen3/indexd.hpp"

/// A project's files from one bucket to another, through fence: no other key is needed, and every GUID stays.
///
/// For each file, in this order: the object is fetched and its md5 checked; it is sent into the new bucket; it is
/// looked at there; a marker of the old object is recorded; the file's record gets the new url. The old objects are
/// removed at the very end, by their markers. A marker is a record of indexd of the same project, with the url of one
/// object and, in its metadata, the GUID of the file: fence shows and removes only what a record names. Markers have
/// GUIDs that follow from the file and the url, so the same command resumes after a kill at any moment, on any machine.
namespace etl::files {

struct MoveOptions {
  ProjectId project;
  UploadOptions upload;            ///< with the bucket to move to
  std::filesystem::path temp_dir;  ///< where a file lies between the buckets; needs room for `jobs` files
  unsigned jobs = 8;
};

/// What indexd says of the project's files.
struct MovePlan {
  std::vector<gen3::FileRecord> to_move;
  std::uint64_t bytes = 0;  ///< of these
  std::uint64_t there = 0;  ///< files that are in the bucket already
  /// Markers of old objects whose files are in the new bucket: what is left to remove.
  std::vector<gen3::FileRecord> old_objects;
  std::uint64_t old_bytes = 0;
  /// Markers of new objects that a command which was killed has left, although the files' records name these by now.
  std::vector<gen3::FileRecord> markers;
};
[[nodiscard]] MovePlan plan_move(const Services& services, const MoveOptions& options);

struct MoveTally {
  std::uint64_t moved = 0;
  std::uint64_t bytes = 0;
  std::uint64_t failed = 0;
  std::uint64_t removed = 0;  ///< old objects
  std::uint64_t left = 0;     ///< old objects that could not be removed, or may be another file's too
};
/// Called for each file, one at a time; the reason is empty where all went well.
using OnMove = std::function<void(const gen3::FileRecord&, const std::string& reason)>;

/// Sends the files of the plan and changes their records; removes nothing. What fails leaves its record as it was.
/// Throws what would meet every file.
[[nodiscard]] MoveTally move_files(const Services& services, Journal& journal, const MovePlan& plan,
                                   const MoveOptions& options, const OnMove& on_file);

/// Removes the old objects of the plan, and their markers. Each file is looked at in its new place immediately before.
void remove_old_objects(const Services& services, const MovePlan& plan, const MoveOptions& options, MoveTally& tally,
                        const OnMove& on_file);

}  // namespace etl::files
