#include "files/move.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <array>
#include <atomic>
#include <map>
#include <mutex>
#include <optional>
#include <system_error>

#include "base/identifier.hpp"
#include "base/temporary_folder.hpp"
#include "base/text.hpp"
#include "base/uuid.hpp"
#include "documents/locator.hpp"
#include "files/download.hpp"
#include "files/file_upload.hpp"
#include "files/loader.hpp"
#include "files/objects.hpp"
#include "files/removal.hpp"
#include "files/thread_pool.hpp"
#include "gen3/bucket_names.hpp"

namespace etl::files {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t files_waiting = 64;
constexpr const char* kOldMarker = "aced_etl_moved_from";  ///< key of a marker's metadata: the GUID of the file
constexpr const char* kNewMarker = "aced_etl_moved_to";
const std::string kContent = "content";  ///< the name of a file between the buckets

std::string value_in(const std::map<std::string, std::string>& map, const std::string& key) {
  const auto found = map.find(key);
  return found == map.end() ? std::string() : found->second;
}

/// A file's name below its GUID in a bucket; empty when it has none that an object can have.
std::string object_name(const gen3::FileRecord& record) {
  if (is_relative_name(record.file_name)) return record.file_name;
  if (record.urls.size() != 1) return {};
  const std::string mark = "/" + record.did + "/";
  const auto at = record.urls.front().find(mark);
  const std::string name = at == std::string::npos ? std::string() : record.urls.front().substr(at + mark.size());
  return is_relative_name(name) ? name : std::string();
}

std::string new_url(const gen3::FileRecord& record, const std::string& bucket) {
  return fmt::format("s3://{}/{}/{}", bucket, record.did, object_name(record));
}

bool is_in(const gen3::FileRecord& record, const std::string& bucket) {
  return record.urls.size() == 1 && record.urls.front().starts_with(fmt::format("s3://{}/", bucket));
}

/// The record by which fence shows or removes one object of the file.
gen3::FileRecord marker(const gen3::FileRecord& record, const std::string& url, const char* kind) {
  gen3::FileRecord made;
  made.did = uuid5(uuid_namespace_dns, fmt::format("{} {} {}", kind, record.did, url));
  made.size = record.size;
  made.hashes = record.hashes;
  made.urls = {url};
  made.authz = record.authz;
  made.file_name = record.file_name;
  made.metadata = {{kind, record.did}};
  return made;
}

/// A downloaded file gets the same time in every run. The journal compares it before an upload in parts goes on; that
/// the bytes are the same is known from their md5.
void set_fixed_time(const fs::path& file) {
  constexpr std::array<timespec, 2> epoch{};
  if (::utimensat(AT_FDCWD, file.c_str(), epoch.data(), 0) != 0) {
    throw UsageError("the time of a temporary file cannot be set", file.string());
  }
}

documents::Location location_of(const fs::path& file) {
  struct stat about {};
  if (::stat(file.c_str(), &about) != 0) throw UsageError("a temporary file is gone", file.string());
  return {.root = 0,
          .name = file.filename().string(),
          .device = about.st_dev,
          .inode = about.st_ino,
          .size = static_cast<std::uint64_t>(about.st_size),
          .mtime_ns = about.st_mtim.tv_sec * 1'000'000'000 + about.st_mtim.tv_nsec};
}

std::optional<gen3::FileRecord> look_up(const Services& services, const std::string& did) {
  return net::retry(services.retry, services.stop, "a look at the record " + did,
                    [&] { return services.indexd.get(did); });
}

/// Removes a record as it is now; one that is gone already is no error.
void remove_record(const Services& services, const std::string& did) {
  net::retry(services.retry, services.stop, "removing the marker " + did, [&] {
    if (const auto there = services.indexd.get(did)) services.indexd.remove(there->did, there->rev);
  });
}

class Move {
 public:
  Move(const Services& services, Journal& journal, const MoveOptions& options)
      : services_(services),
        journal_(journal),
        options_(options),
        spool_(options.temp_dir, "aced-etl-move", "name a folder with room for the files: --temp-dir or TMPDIR"),
        uploads_(services, journal, upload_options()),
        buckets_(services.fence) {}

  void move(const gen3::FileRecord& planned) {
    const auto there = look_up(services_, planned.did);
    if (!there) throw RefusedError("its record was removed meanwhile");
    require_own(*there, options_.project.resource_path());
    if (is_in(*there, options_.upload.bucket_name)) return;  // another command has moved it
    check(*there);
    const std::string url = new_url(*there, options_.upload.bucket_name);
    const gen3::FileRecord shown = marker(*there, url, kNewMarker);
    create_marker(shown);
    {
      const std::lock_guard lock(mutex_);
      shown_[there->did] = shown.did;
    }
    if (look(shown.did, *there) != EtagMatch::match) send(*there);
    if (!is_whole(shown.did, *there)) throw RefusedError("the object in the new bucket is not what was sent");
    if (!buckets_.unknown_in(there->urls)) {
      create_marker(marker(*there, there->urls.front(), kOldMarker));
    }
    point_to(*there, url);
    if (!is_whole(there->did, *there)) {
      throw RefusedError("fence does not show the object in the new bucket; its record names it already");
    }
    remove_record(services_, shown.did);
    journal_.forget(there->did);
  }

 private:
  UploadOptions upload_options() {
    UploadOptions upload = options_.upload;
    // Until its record changes, fence shows the file's old object under its own GUID.
    upload.seen_as = [this](const std::string& did) {
      const std::lock_guard lock(mutex_);
      const auto found = shown_.find(did);
      return found == shown_.end() ? did : found->second;
    };
    return upload;
  }

  static void check(const gen3::FileRecord& record) {
    if (record.urls.size() != 1 || !record.urls.front().starts_with("s3://")) {
      throw RefusedError(fmt::format("its record names {} places, not one object in S3", record.urls.size()));
    }
    if (!record.size || value_in(record.hashes, "md5").empty()) {
      throw RefusedError("its record has no size or no md5 to check it by");
    }
    if (object_name(record).empty()) throw RefusedError("its record has no name that an object can have");
  }

  /// What the object that fence shows under this GUID says of the file's bytes; EtagMatch::mismatch where there is
  /// none.
  EtagMatch look(const std::string& did, const gen3::FileRecord& record) {
    try {
      const auto head = net::retry(services_.retry, services_.stop, "a look at " + record.file_name,
                                   [&] { return head_object(services_, did); });
      if (!head || head->size != *record.size) return EtagMatch::mismatch;
      return *record.size == 0 ? EtagMatch::match : match_etag(*head, value_in(record.hashes, "md5"));
    } catch (const HiddenObjectError&) {  // as of an object that is not there to a key that may not list
      return EtagMatch::mismatch;
    }
  }

  bool is_whole(const std::string& did, const gen3::FileRecord& record) {
    return look(did, record) != EtagMatch::mismatch;
  }

  void send(const gen3::FileRecord& record) {
    const fs::path folder = spool_.path() / std::to_string(++spooled_);
    gen3::FileRecord spooled = record;
    spooled.file_name = kContent;
    static_cast<void>(Download(services_, folder, false, [](std::uint64_t) {}).get(spooled));
    set_fixed_time(folder / kContent);
    documents::Places places;
    places.output = folder;
    places.output_named = true;
    const documents::Locator locator(places);
    Document document{.did = record.did,
                      .name = object_name(record),
                      .size = *record.size,
                      .md5 = value_in(record.hashes, "md5"),
                      .locator = &locator,
                      .location = location_of(folder / kContent),
                      .place = {}};
    uploads_.upload(document, record, true);
    std::error_code ignored;
    fs::remove_all(folder, ignored);
  }

  void create_marker(const gen3::FileRecord& made) {
    net::retry(services_.retry, services_.stop, "creating a marker of " + made.file_name,
               [&] { static_cast<void>(services_.indexd.create(made)); });
  }

  /// Lets the file's record name its object in the new bucket.
  void point_to(const gen3::FileRecord& record, const std::string& url) {
    net::retry(services_.retry, services_.stop, "changing the record of " + record.file_name, [&] {
      const auto now = services_.indexd.get(record.did);
      if (!now) throw RefusedError("its record was removed meanwhile");
      require_own(*now, options_.project.resource_path());
      if (now->urls.size() == 1 && now->urls.front() == url) return;  // by a try whose answer was lost
      if (now->urls != record.urls) throw RefusedError("its record was changed meanwhile");
      gen3::FileRecord changed = *now;
      changed.urls = {url};
      static_cast<void>(services_.indexd.update(now->did, now->rev, changed));
    });
  }

  const Services& services_;
  Journal& journal_;
  const MoveOptions& options_;
  TemporaryFolder spool_;  ///< for files between the buckets
  std::atomic<std::uint64_t> spooled_{0};
  std::mutex mutex_;
  std::map<std::string, std::string> shown_;  ///< GUID of a file -> that of the marker of its new object
  FileUpload uploads_;
  gen3::BucketNames buckets_;
};

/// Does fence show an object under this GUID?
bool shows(const Services& services, const std::string& did) {
  try {
    return head_object(services, did).has_value();
  } catch (const HiddenObjectError&) {
    return false;
  }
}

/// Works on records, several at once. What fails for one is told; what would meet every file is thrown.
template <typename Work>
void for_each(const Services& services, const std::vector<gen3::FileRecord>& records, unsigned jobs,
              std::uint64_t& failed, const OnMove& on_file, const Work& work) {
  std::mutex mutex;
  ThreadPool<gen3::FileRecord> pool(jobs, files_waiting, [&](gen3::FileRecord& record) {
    if (services.stop.stop_requested()) throw StoppedError();
    std::string reason;
    try {
      work(record);
    } catch (const RefusedError& error) {
      reason = error.what();
    } catch (const InputError& error) {
      reason = error.what();
    }
    const std::lock_guard lock(mutex);
    if (!reason.empty()) ++failed;
    on_file(record, reason);
  });
  for (const gen3::FileRecord& record : records) pool.add(record);
  pool.finish();
}

}  // namespace

MovePlan plan_move(const Services& services, const MoveOptions& options) {
  MovePlan plan;
  std::map<std::string, gen3::FileRecord> markers;
  std::map<std::string, bool> moved;  // GUID of a file -> is it in the new bucket?
  services.indexd.list(options.project.resource_path(), [&](const gen3::FileRecord& record) {
    if (services.stop.stop_requested()) throw StoppedError();
    if (const auto file = value_in(record.metadata, kOldMarker); !file.empty()) {
      markers.emplace(record.did, record);
    } else if (!value_in(record.metadata, kNewMarker).empty()) {
      plan.markers.push_back(record);
    } else {
      const bool there = is_in(record, options.upload.bucket_name);
      moved[record.did] = there;
      if (there) {
        ++plan.there;
      } else {
        plan.bytes += record.size.value_or(0);
        plan.to_move.push_back(record);
      }
    }
  });
  for (const auto& [did, record] : markers) {
    const auto file = moved.find(value_in(record.metadata, kOldMarker));
    if (file == moved.end() || !file->second || is_in(record, options.upload.bucket_name)) continue;
    plan.old_bytes += record.size.value_or(0);
    plan.old_objects.push_back(record);
  }
  std::erase_if(plan.markers, [&](const gen3::FileRecord& record) {
    const auto file = moved.find(value_in(record.metadata, kNewMarker));
    return file == moved.end() || !file->second;
  });
  return plan;
}

MoveTally move_files(const Services& services, Journal& journal, const MovePlan& plan, const MoveOptions& options,
                     const OnMove& on_file) {
  MoveTally tally;
  Move move(services, journal, options);
  for_each(
      services, plan.to_move, options.jobs, tally.failed,
      [&](const gen3::FileRecord& record, const std::string& reason) {
        if (reason.empty()) {
          ++tally.moved;
          tally.bytes += record.size.value_or(0);
        }
        on_file(record, reason);
      },
      [&](const gen3::FileRecord& record) { move.move(record); });
  for (const gen3::FileRecord& record : plan.markers) remove_record(services, record.did);
  return tally;
}

void remove_old_objects(const Services& services, const MovePlan& plan, const MoveOptions& options, MoveTally& tally,
                        const OnMove& on_file) {
  const std::string authz = options.project.resource_path();
  const auto remove = [&](const gen3::FileRecord& old) {
    const std::string did = value_in(old.metadata, kOldMarker);
    const auto file = look_up(services, did);
    if (!file || !is_in(*file, options.upload.bucket_name)) {
      throw RefusedError("its record does not name the new bucket any more");
    }
    require_own(*file, authz);
    require_own(old, authz);
    // Where the key is not the file's own, another record may name the same object.
    if (old.urls.size() != 1 || old.urls.front().find("/" + did + "/") == std::string::npos) {
      throw RefusedError("the old object's key does not begin with the file's GUID: it may be another file's, too");
    }
    const auto head = net::retry(services.retry, services.stop, "a look at " + old.file_name,
                                 [&] { return head_object(services, did); });
    if (!head || head->size != *file->size || match_etag(*head, value_in(file->hashes, "md5")) == EtagMatch::mismatch) {
      throw RefusedError("the object in the new bucket is not whole");
    }
    const bool removed = net::retry(services.retry, services.stop, "removing the old object of " + old.file_name,
                                    [&] { return services.fence.remove_file(old.did); });
    // fence leaves the marker when the old object was gone; and when its answer was lost, the marker is gone, too.
    if (removed || !look_up(services, old.did)) return;
    if (shows(services, old.did)) throw RefusedError("fence did not remove it");
    remove_record(services, old.did);
  };
  for_each(
      services, plan.old_objects, options.jobs, tally.left,
      [&](const gen3::FileRecord& record, const std::string& reason) {
        if (reason.empty()) ++tally.removed;
        on_file(record, reason);
      },
      remove);
}

}  // namespace etl::files
