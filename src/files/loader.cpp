#include "files/loader.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "base/counted.hpp"
#include "base/digest.hpp"
#include "base/identifier.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "files/bucket.hpp"
#include "files/checked_source.hpp"
#include "files/file_upload.hpp"
#include "files/objects.hpp"
#include "files/removal.hpp"
#include "files/thread_pool.hpp"
#include "net/file_source.hpp"

namespace etl::files {
namespace {

constexpr std::size_t documents_per_lookup = 256;  // one look-up in indexd answers for so many

/// Is the object still there that an earlier load sent for the document? The bytes of an upload in parts were proved
/// then: its size is enough.
bool is_still_there(const Services& services, const Document& document) {
  try {
    const auto head = net::retry(services.retry, services.stop, "a look at " + document.name,
                                 [&] { return head_object(services, document.did); });
    return head && head->size == document.size && match_etag(*head, document.md5) != EtagMatch::mismatch;
  } catch (const HiddenObjectError& error) {
    log::debug("{}: {}", document.name, error.what());
    return false;
  }
}

/// How an S3 object that may be the document's compares with it.
bool object_fits(const Services& services, const Document& document, std::uint64_t part_size) {
  std::optional<ObjectHead> head;
  try {
    head = net::retry(services.retry, services.stop, "checking the object of " + document.name,
                      [&] { return head_object(services, document.did); });
  } catch (const HiddenObjectError& error) {  // as of an object that is not there to a key that may not list
    log::debug("{}: {}", document.name, error.what());
    return false;
  }
  if (!head || head->size != document.size) return false;
  if (document.size == 0 || match_etag(*head, document.md5) == EtagMatch::match) return true;
  const PartPlan plan = plan_parts(document.size, part_size);
  if (!head->etag.ends_with(fmt::format("-{}", plan.count()))) return false;
  // An upload in parts of just these cuts can be told from the file, which is read for it.
  std::vector<std::string> md5s;
  Md5 whole;
  std::string piece;
  for (unsigned number = 1; number <= plan.count(); ++number) {
    net::FileSource file(document.open(), document.path(), plan.offset(number), plan.length(number));
    Md5 md5;
    for (std::uint64_t left = file.size(); left > 0;) {
      if (services.stop.stop_requested()) throw StoppedError();
      piece.resize(static_cast<std::size_t>(std::min(left, MiB)));
      const std::size_t got = file.read(piece);
      if (got == 0) return false;
      md5.add({piece.data(), got});
      whole.add({piece.data(), got});
      left -= got;
    }
    md5s.push_back(md5.hex());
  }
  return whole.hex() == document.md5 && match_multipart_etag(*head, multipart_etag(md5s)) == EtagMatch::match;
}

class Load {
 public:
  Load(const Services& services, Journal& journal, const LoadRequest& request,
       const std::function<void(const FileResult&)>& on_file)
      : services_(services),
        journal_(journal),
        request_(request),
        on_file_(on_file),
        buckets_(services.fence),
        uploads_(services, journal, request.upload) {}

  LoadResult run(Manifest& manifest) {
    LoadResult result;
    try {
      // A key that fence refuses would meet every file.
      if (!request_.dry_run) static_cast<void>(services_.session.access_token());
      ThreadPool<Task> crew(request_.jobs, documents_per_lookup, [this](Task& task) { work(task); });
      std::int64_t cursor = 0;
      for (auto documents = manifest.next(cursor, documents_per_lookup); !documents.empty();
           documents = manifest.next(cursor, documents_per_lookup)) {
        if (services_.stop.stop_requested()) throw StoppedError();
        for (Task& task : look_up(std::move(documents))) {
          if (!settled(task)) crew.add(std::move(task));
        }
      }
      crew.finish();
      if (unavailable_) std::rethrow_exception(unavailable_);
    } catch (const NotAllowedError& error) {
      result.stopped = std::make_exception_ptr(not_allowed(error, manifest.files()));
    } catch (const Error&) {
      result.stopped = std::current_exception();
    }
    result.tally = tally_;
    count_unmet(manifest, result.tally);
    return result;
  }

 private:
  struct Task {
    Document document;
    gen3::FileRecord wanted;
    std::optional<gen3::FileRecord> there;
    std::string differs;   ///< in what `there` is not `wanted`
    bool recheck = false;  ///< an earlier load sent it, and its object has not been seen for long
  };

  /// What a load that ended early did not come to is unfinished, too.
  static void count_unmet(Manifest& manifest, LoadTally& tally) {
    LoadTally::Sum met;
    for (const LoadTally::Sum& sum : tally.of) {
      met.files += sum.files;
      met.bytes += sum.bytes;
    }
    auto& unfinished = tally.of[static_cast<std::size_t>(Outcome::unfinished)];
    unfinished.files += manifest.files() - met.files;
    unfinished.bytes += manifest.bytes() - met.bytes;
  }

  std::vector<Task> look_up(std::vector<Document> documents) {
    std::vector<std::string> dids;
    dids.reserve(documents.size());
    for (const Document& document : documents) dids.push_back(document.did);
    std::map<std::string, gen3::FileRecord> there;
    for (gen3::FileRecord& record : net::retry(services_.retry, services_.stop, "reading records of indexd",
                                               [&] { return services_.indexd.bulk(dids); })) {
      there.emplace(record.did, std::move(record));
    }
    std::vector<Task> tasks;
    for (Document& document : documents) {
      Task task;
      task.wanted = record_of(document, request_.project, request_.upload.bucket_name);
      task.document = std::move(document);
      if (const auto found = there.find(task.document.did); found != there.end()) {
        task.there = std::move(found->second);
        task.differs = difference(task.wanted, *task.there);
      }
      tasks.push_back(std::move(task));
    }
    return tasks;
  }

  /// Is it clear without another call what becomes of it?
  bool settled(Task& task) {
    const bool agrees = task.there && task.differs.empty();
    if (agrees && !request_.resend) {
      if (const auto seen = journal_.finished(task.document, task.wanted.urls.front())) {
        task.recheck = began_ - *seen >= request_.recheck;
        if (task.recheck) return false;
        tell(task.document, Outcome::unchanged);
        return true;
      }
    }
    if (!request_.dry_run) return false;
    if (!task.there || request_.resend) {
      tell(task.document, Outcome::loaded);
    } else if (agrees) {
      return false;  // the object tells
    } else if (const std::string refusal = why_not_replaced(task); refusal.empty()) {
      tell(task.document, Outcome::replaced);
    } else {
      tell(task.document, Outcome::failed, refusal);
    }
    return true;
  }

  /// Empty when the record that differs may be made anew.
  std::string why_not_replaced(const Task& task) {
    try {
      require_own(*task.there, task.wanted.authz.front());
    } catch (const RefusedError& error) {
      return error.what();
    }
    if (request_.replace || journal_.begun(task.document.did)) return {};
    return fmt::format("the record differs: {} (--replace replaces it)", task.differs);
  }

  void work(Task& task) {
    const Document& document = task.document;
    if (services_.stop.stop_requested()) throw StoppedError();
    try {
      check_names(document);
      const Outcome outcome = bring(task);
      in_a_row_ = 0;
      tell(document, outcome);
    } catch (const InputError& error) {
      give_up(task, error);
    } catch (const RefusedError& error) {
      give_up(task, error);
    } catch (const StoppedError& error) {
      tell(document, Outcome::unfinished, error.what());
      throw;
    } catch (const UnavailableError& error) {
      tell(document, Outcome::unfinished, in_full(error));
      {
        const std::lock_guard lock(mutex_);
        unavailable_ = std::current_exception();
      }
      if (++in_a_row_ >= most_unavailable) throw;
    } catch (const ExhaustedError& error) {  // every file would meet it; what was sent of this one is kept
      tell(document, Outcome::unfinished, in_full(error));
      throw;
    } catch (const NotAllowedError& error) {  // every file would meet it: reported once, at the end
      clean_up(task);
      {
        const std::lock_guard lock(mutex_);
        tally_.add(Outcome::failed, document.size);
        ++refused_;
      }
      throw;
    } catch (const Error& error) {  // a setting: every file would meet it
      give_up(task, error);
      throw;
    }
  }

  /// The id and the name make the GUID, the object's key and its url.
  static void check_names(const Document& document) {
    if (!is_fhir_id(document.did)) {
      throw InputError(fmt::format("`{}` is not a FHIR id (letters, digits, '-' and '.', 64 at most)",
                                   printable(document.did.substr(0, 200))));
    }
    if (!is_relative_name(document.name)) {
      throw InputError(fmt::format(
          "`{}` cannot be the name of an object: it begins or ends with `/`, has a part `.` or `..`, or a control "
          "character",
          printable(document.name.substr(0, 200))));
    }
  }

  /// The record may have changed since the look-up: what is done to an existing one is decided by what it is now.
  void look_again(Task& task) {
    if (!task.there) return;
    task.there = net::retry(services_.retry, services_.stop, "checking the object of " + task.document.name,
                            [&] { return services_.indexd.get(task.document.did); });
    task.differs = task.there ? difference(task.wanted, *task.there) : std::string();
  }

  Outcome bring(Task& task) {
    look_again(task);
    Outcome outcome = Outcome::loaded;
    if (task.there && !task.differs.empty()) {
      if (const std::string refusal = why_not_replaced(task); !refusal.empty()) throw RefusedError(refusal);
      check_md5(task.document, services_.stop);  // before anything is removed for it
      remove_own(task);
      journal_.forget(task.document.did);
      task.there.reset();
      outcome = Outcome::replaced;
    } else if (task.there && task.recheck && is_still_there(services_, task.document)) {
      if (!request_.dry_run) journal_.finish(task.document, task.wanted.urls.front());
      note_seen();
      return Outcome::unchanged;
    } else if (task.there && !task.recheck && !request_.resend &&
               object_fits(services_, task.document, request_.upload.part_size)) {
      if (!request_.dry_run) journal_.finish(task.document, task.wanted.urls.front());
      return Outcome::adopted;
    }
    if (task.recheck) note_gone(task.document);
    if (request_.dry_run) return Outcome::loaded;
    uploads_.upload(task.document, task.wanted, task.there.has_value());
    journal_.finish(task.document, task.wanted.urls.front());
    return outcome;
  }

  void note_seen() {
    const std::lock_guard lock(mutex_);
    ++tally_.seen;
  }

  void note_gone(const Document& document) {
    log::warn("{}: an earlier run sent it, but its object is gone or another one now: it {} again", document.name,
              request_.dry_run ? "would be sent" : "is sent");
    const std::lock_guard lock(mutex_);
    ++tally_.gone;
  }

  void remove_own(const Task& task) {
    if (remove_record(services_, buckets_, task.document.did, task.wanted.authz.front()) == Removed::record_only) {
      log::warn("{}: the record of its former object was removed, but not the object: fence does not know its bucket",
                task.document.name);
    }
  }

  static std::string in_full(const Error& error) {
    return error.where().empty() ? error.what() : fmt::format("{} ({})", error.what(), error.where());
  }

  void give_up(const Task& task, const Error& error) {
    tell(task.document, Outcome::failed, in_full(error) + clean_up(task));
  }

  /// Removes what this load has added of a file that cannot be loaded. What it returns belongs to the file's reason.
  std::string clean_up(const Task& task) {
    try {
      if (!request_.dry_run && journal_.begun(task.document.did)) {
        remove_own(task);
        journal_.forget(task.document.did);
      }
    } catch (const Error& left) {
      return fmt::format("; its record could not be removed: {}", left.what());
    }
    return {};
  }

  /// The refusal that ended the load: once for all files, with the user who lacks the permission.
  [[nodiscard]] NotAllowedError not_allowed(const NotAllowedError& error, std::uint64_t files) const {
    const std::string tried = fmt::format("{} of {} tried", human_count(refused_), counted(files, "file"));
    const std::string what = error.what();
    const std::string user = services_.session.user();
    if (refused_ == 0) return error;
    if (!what.starts_with("indexd: ") || user.empty()) {
      return NotAllowedError(fmt::format("{} ({})", what, tried), error.where(), error.hint());
    }
    return NotAllowedError(
        fmt::format("{} may not create records in {} ({}): {}", user, request_.project.str(), tried, what),
        error.where(),
        fmt::format("grant it on {} in user.yaml, or use the API key of another user",
                    request_.project.resource_path()));
  }

  void tell(const Document& document, Outcome outcome, const std::string& reason = {}) {
    const std::lock_guard lock(mutex_);
    tally_.add(outcome, document.size);
    on_file_({document, outcome, reason});
  }

  const Services& services_;
  Journal& journal_;
  const LoadRequest& request_;
  const std::function<void(const FileResult&)>& on_file_;
  gen3::BucketNames buckets_;
  FileUpload uploads_;
  Journal::Time began_ = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  std::atomic<unsigned> in_a_row_{0};
  std::mutex mutex_;
  LoadTally tally_;
  std::exception_ptr unavailable_;
  std::uint64_t refused_ = 0;  ///< files that a service refused because of a missing permission
};

}  // namespace

std::string_view to_string(Outcome outcome) noexcept {
  switch (outcome) {
    case Outcome::loaded:
      return "loaded";
    case Outcome::replaced:
      return "replaced";
    case Outcome::adopted:
      return "adopted";
    case Outcome::unchanged:
      return "unchanged";
    case Outcome::failed:
      return "failed";
    case Outcome::unfinished:
      return "unfinished";
  }
  return "";
}

LoadRequest LoadRequest::from(const config::Settings& settings, ProjectId project, gen3::Fence& fence) {
  LoadRequest request;
  request.project = std::move(project);
  request.jobs = settings.number("limits.file_jobs");
  request.recheck = std::chrono::days(settings.number("files.recheck"));
  choose_bucket(request.upload, settings, request.project, fence);
  return request;
}

std::string grounds(const LoadTally& tally, const LoadRequest& request) {
  const auto days = std::chrono::duration_cast<std::chrono::days>(request.recheck).count();
  const std::uint64_t looked_at = tally.seen + tally[Outcome::adopted].files;
  const std::uint64_t trusted = tally[Outcome::unchanged].files - std::min(tally.seen, tally[Outcome::unchanged].files);
  std::string text = "every record in indexd agrees";
  if (looked_at > 0) text += fmt::format("; {} seen in S3 now", counted(looked_at, "object"));
  if (trusted > 0) {
    text += fmt::format("{} {} seen within the last {} days (files.recheck)", looked_at > 0 ? "," : ";",
                        counted(trusted, "object"), days);
  }
  return text;
}

gen3::FileRecord record_of(const Document& document, const ProjectId& project, const std::string& bucket_name) {
  gen3::FileRecord record;
  record.did = document.did;
  record.size = document.size;
  record.hashes = {{"md5", document.md5}};
  record.urls = {fmt::format("s3://{}/{}", bucket_name, document.key())};
  record.authz = {project.resource_path()};
  record.file_name = document.name;
  record.metadata = {
      {"datanode_type", "DocumentReference"}, {"datanode_object_id", document.did}, {"md5", document.md5}};
  return record;
}

LoadResult load(const Services& services, Journal& journal, Manifest& manifest, const LoadRequest& request,
                const std::function<void(const FileResult&)>& on_file) {
  return Load(services, journal, request, on_file).run(manifest);
}

}  // namespace etl::files
