#include "studies/pull.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <xxhash.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/counted.hpp"
#include "base/error.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "documents/names.hpp"
#include "documents/study_reader.hpp"
#include "fhir/exclusion.hpp"
#include "studies/key_path.hpp"
#include "studies/pull_journal.hpp"
#include "studies/pull_pool.hpp"
#include "studies/source.hpp"
#include "studies/space_check.hpp"
#include "studies/state.hpp"
#include "studies/study_list.hpp"
#include "studies/target_folder.hpp"

namespace etl::studies {
namespace {

namespace fs = std::filesystem;

/// One prefix of keys and the folder below which they go.
struct Side {
  std::string prefix;
  TargetFolder folder;
};

/// A dry run leaves nothing behind, so it has no journal where there is none yet.
std::unique_ptr<PullJournal> open_journal(const PullOptions& options) {
  if (options.dry_run && !state_exists(options.state_dir)) return nullptr;
  return std::make_unique<PullJournal>(options.state_dir);
}

net::HttpOptions http_options(const PullOptions& options) {
  net::HttpOptions http;
  http.connections_per_host = options.jobs + 1;  // one for the list
  http.bytes_per_second = options.bytes_per_second;
  return http;
}

/// What off_t can say, and SQLite's integers.
constexpr auto kLargestFile = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());

/// So many objects of the list are held back until it is known whether there is room for all of them.
constexpr std::size_t kHeldBack = 4096;

/// About half a minute, so that a service that is started anew is waited for.
constexpr net::RetryPolicy kRetry{.attempts = 5, .backoff = {}};

class Pull {
 public:
  Pull(const PullOptions& options, const s3::Profile& profile, const std::stop_source& ending)
      : options_(options),
        studies_{options.studies_prefix, {options.studies_folder, options.dry_run}},
        output_{options.output_prefix, {options.output_folder, options.dry_run}},
        http_(http_options(options), ending.get_token()),
        client_(http_, profile, kRetry, ending.get_token()),
        journal_(open_journal(options)),
        pool_({client_, options.bucket, journal_.get(), tally_, options.part_bytes, options.dry_run}, options.jobs,
              ending),
        ending_(ending.get_token()) {}

  PullReport run(const ConfirmRemoval& may_remove) {
    for (const auto& study : options_.studies) {
      if (const auto own = options_.elsewhere.find(study); own != options_.elsewhere.end()) {
        require_prefix(client_, options_.bucket, own->second);
      } else {
        require_study(client_, options_.bucket, studies_.prefix, study);
      }
    }
    std::exception_ptr ended;
    try {
      bring();
      if (options_.remove_gone) remove_gone(may_remove);
      if (!options_.dry_run) tidy();
    } catch (const UsageError&) {
      throw;
    } catch (const std::exception&) {
      if (!began_) throw;
      ended = std::current_exception();
      pool_.abandon();
    }
    auto report = tally_.take();
    report.removed = removed_;
    report.kept = kept_;
    report.excluded = excluded_;
    log_excluded();
    if (ended) report.ended = ended;
    return report;
  }

 private:
  using Filter = std::function<bool(const std::string& name)>;

  void bring() {
    if (options_.studies.empty()) {
      list(studies_, studies_.prefix, "",
           [&](const std::string& name) { return !options_.elsewhere.contains(name.substr(0, name.find('/'))); });
      for (const auto& [study, prefix] : options_.elsewhere) list(studies_, prefix, study + '/', {});
      list(output_, output_.prefix, "", {});
      if (!began_) {
        throw UsageError(fmt::format("the source has nothing below {} and {}", studies_.prefix, output_.prefix),
                         fmt::format("s3://{}", options_.bucket), "check the bucket, the path and the prefixes");
      }
    }
    for (const auto& study : options_.studies) list(studies_, prefix_of(study), study + '/', {});
    for (const auto& study : options_.studies) bring_output(study);
    finish_listed();
  }

  /// Fetches everything that was listed so far, if there is room for it.
  void finish_listed() {
    space_.require();
    release();
    pool_.wait();
  }

  /// Gives what was held back to the threads.
  void release() {
    for (Wanted& wanted : std::exchange(held_, {})) pool_.push(std::move(wanted));
  }

  /// Holds the first objects back until the list is complete, so that a pull that fits into kHeldBack is refused before
  /// it fetches anything. From the moment when there is too little room, the rest of the list is only added up.
  void want(Wanted wanted) {
    space_.need(wanted.folder->folder(), missing_bytes(wanted));
    if (space_.is_short() && !options_.dry_run) {
      held_.clear();
      return;
    }
    held_.push_back(std::move(wanted));
    if (held_.size() >= kHeldBack) release();
  }

  /// What has to be written for an object: nothing where a file of its size may already be the object, and for a large
  /// one only what an earlier pull has not brought.
  static std::uint64_t missing_bytes(const Wanted& wanted) {
    if (wanted.same_size) return 0;
    const std::uint64_t there = wanted.folder->work_file_bytes(wanted.name);
    return wanted.size - std::min(wanted.size, there);
  }

  /// What is below output/STUDY/ is the study's. Where output is laid out in another way, the study's
  /// DocumentReferences say what of it is theirs.
  void bring_output(const std::string& study) {
    const auto folder = output_.prefix + study + '/';
    if (!client_.list_page(options_.bucket, {.prefix = folder, .delimiter = {}, .start_after = {}, .page_size = 1})
             .objects.empty()) {
      list(output_, folder, study + '/', {});
      return;
    }
    finish_listed();
    const auto local = studies_.folder.path_of(study);
    if (options_.dry_run && !fs::exists(local)) {
      log::warn("{}: its files are not counted, because its metadata is not on this machine yet", study);
      return;
    }
    // Hashes, so that memory does not grow with long names. Two that are equal bring a file too many, no harm.
    std::unordered_set<std::uint64_t> named;
    const simplify::StudySource& source = source_of(study);
    static_cast<void>(documents::read_study(
        metadata_of(local, source.selection),
        {.on_reference =
             [&](const documents::Reference& reference, const std::string&) {
               for (const auto& address : {reference.source_path, reference.url}) {
                 for (const auto& name : documents::names_in_output(address)) {
                   named.insert(XXH3_64bits(name.data(), name.size()));
                 }
               }
             },
         .on_issue = [](const std::string& what, const std::string& place) { log::warn("{}: {}", place, what); },
         .latest = source.latest,
         .limits = source.limits,
         .temp_dir = source.temp_dir,
         .stop = ending_}));
    if (named.empty()) return;
    list(output_, output_.prefix, "",
         [&](const std::string& name) { return named.contains(XXH3_64bits(name.data(), name.size())); });
  }

  [[nodiscard]] std::string prefix_of(const std::string& study) const {
    const auto own = options_.elsewhere.find(study);
    return own == options_.elsewhere.end() ? studies_.prefix + study + '/' : own->second;
  }

  [[nodiscard]] const simplify::StudySource& source_of(const std::string& study) const {
    const auto own = options_.sources.find(study);
    return own == options_.sources.end() ? options_.other_source : own->second;
  }

  /// Is the object that would be `name` below the folder of studies excluded from its study?
  [[nodiscard]] bool is_excluded(const std::string& name) const {
    const auto slash = name.find('/');
    if (slash == std::string::npos) return false;
    return fhir::is_excluded(source_of(name.substr(0, slash)).selection.exclude, name.substr(slash + 1));
  }

  /// A file of it that is here already stays, also where files that are gone from the source are removed.
  void exclude(const Side& side, const std::string& name) {
    constexpr std::size_t most_named = 10;
    if (excluded_++ < most_named) excluded_names_.push_back(name);
    if (options_.remove_gone && journal_) journal_->mark_present(side.folder.path_of(name).string());
  }

  void log_excluded() const {
    if (excluded_ == 0) return;
    const auto more = excluded_ - excluded_names_.size();
    log::info("{} not fetched, as `exclude` says: {}{}", counted(excluded_, "object"), fmt::join(excluded_names_, ", "),
              more == 0 ? "" : fmt::format(" and {} more", human_count(more)));
  }

  /// What is at `prefix` goes to `below` in the side's folder.
  void list(Side& side, const std::string& prefix, const std::string& below, const Filter& filter) {
    FileAndFolder clashes;
    std::string last;
    client_.list(options_.bucket, {.prefix = prefix, .delimiter = {}, .start_after = {}},
                 [&](const s3::Object& object) {
                   if (!object.key.starts_with(prefix)) return;
                   const auto name = below + object.key.substr(prefix.size());
                   if (is_folder_marker(name) || name == last || (filter && !filter(name))) return;
                   last = name;  // whatever a service lists twice: two threads must not write one file
                   began_ = true;
                   some_.insert({&side, below});
                   if (&side == &studies_ && is_excluded(name)) return exclude(side, name);
                   tally_.listed();
                   if (const auto why = refusal(name); !why.empty()) {
                     tally_.refused(object.key, std::string(why));
                   } else if (object.size > kLargestFile) {
                     tally_.refused(object.key, fmt::format("no file can have its size: {} bytes", object.size));
                   } else if (clashes.clashes(name)) {
                     tally_.refused(object.key, "another object is a file with the name of a folder of this one");
                   } else {
                     compare(side, object, name);
                   }
                 });
  }

  void compare(Side& side, const s3::Object& object, const std::string& name) {
    Wanted wanted{.key = object.key,
                  .folder = &side.folder,
                  .name = name,
                  .size = object.size,
                  .etag = object.etag,
                  .modified = object.last_modified};
    const auto path = wanted.path();
    if (options_.remove_gone && journal_) journal_->mark_present(path);
    std::optional<LocalFile> local;
    try {
      local = side.folder.look(name);
    } catch (const RefusedError& error) {
      tally_.refused(object.key, fmt::format("{}: {}", error.what(), error.where()));
      return;
    }
    if (local && local->size == object.size) {
      const auto known = journal_ ? journal_->find(path) : std::nullopt;
      const bool untouched = known && known->modified_ns == local->modified_ns && known->size == local->size;
      if (untouched && known->etag == wanted.mark()) {
        tally_.unchanged();
        return;
      }
      wanted.same_size = !untouched;
    }
    want(std::move(wanted));
  }

  /// The parts of the folders that this pull looked at as a whole.
  std::vector<std::pair<Side*, std::string>> scopes() {
    if (options_.studies.empty()) return {{&studies_, ""}, {&output_, ""}};
    std::vector<std::pair<Side*, std::string>> found;
    for (const auto& study : options_.studies) {
      found.emplace_back(&studies_, study + '/');
      found.emplace_back(&output_, study + '/');
    }
    return found;
  }

  void remove_gone(const ConfirmRemoval& may_remove) {
    if (!journal_) return;
    std::vector<std::pair<Side*, std::string>> gone;
    std::vector<std::string> forgotten;
    std::uint64_t bytes = 0;
    for (const auto& [side, below] : scopes()) {
      const auto root = side->folder.folder().string() + '/';
      const auto absent = journal_->absent(root + below);
      if (options_.spare_emptied && !absent.empty() && !some_.contains({side, below})) {
        log::warn("the source no longer has anything of {}{}: what was pulled is kept", root, below);
        kept_ += absent.size();
        continue;
      }
      for (const auto& [path, known] : absent) {
        const auto name = path.substr(root.size());
        const auto local = look(*side, name);
        if (!local) {
          forgotten.push_back(path);
        } else if (local->size != known.size || local->modified_ns != known.modified_ns) {
          log::warn("{} was removed from the source, but was changed on this machine, so it is kept", path);
          ++kept_;
        } else {
          gone.emplace_back(side, name);
          bytes += local->size;
        }
      }
    }
    if (!gone.empty() && may_remove(gone.size(), bytes)) {
      for (const auto& [side, name] : gone) {
        if (ending_.stop_requested()) break;
        if (!options_.dry_run) side->folder.remove(name);
        forgotten.push_back(side->folder.path_of(name).string());
        ++removed_;
      }
    }
    // At once: a commit takes longer than to remove a file. What a killed run has not forgotten the next one finds
    // missing.
    if (!options_.dry_run) journal_->forget(forgotten);
    if (ending_.stop_requested()) throw StoppedError();
  }

  static std::optional<LocalFile> look(Side& side, const std::string& name) {
    try {
      return side.folder.look(name);
    } catch (const RefusedError&) {
      return std::nullopt;  // no longer a file that a pull brought
    }
  }

  /// Takes away what killed runs have left of objects that are not wanted any more.
  void tidy() {
    for (auto* side : {&studies_, &output_}) {
      const auto root = side->folder.folder().string() + '/';
      std::vector<std::string> keep;
      for (const auto& path : journal_->unfinished(root)) {
        if (options_.studies.empty()) {
          journal_->forget_parts(path);
        } else {
          keep.push_back(path.substr(root.size()));
        }
      }
      side->folder.tidy(keep);
    }
  }

  const PullOptions& options_;
  Side studies_;
  Side output_;
  net::HttpClient http_;
  s3::Client client_;
  std::unique_ptr<PullJournal> journal_;
  PullTally tally_;
  PullPool pool_;
  SpaceCheck space_;
  std::vector<Wanted> held_;  ///< listed, and not yet given to the pool
  std::stop_token ending_;
  std::set<std::pair<const Side*, std::string>> some_;  ///< the parts of the folders of which the source has something
  bool began_ = false;                                  ///< the source was listed, and something is there
  std::uint64_t excluded_ = 0;
  std::vector<std::string> excluded_names_;  ///< the first of them
  std::uint64_t removed_ = 0;
  std::uint64_t kept_ = 0;
};

}  // namespace

void require_separate_prefixes(const PullOptions& options) {
  if (options.studies_prefix.starts_with(options.output_prefix) ||
      options.output_prefix.starts_with(options.studies_prefix)) {
    throw UsageError(fmt::format("the prefixes overlap: `{}` and `{}`", options.studies_prefix, options.output_prefix),
                     {}, "use two separate prefixes for studies and output");
  }
  for (const auto& [study, prefix] : options.elsewhere) {
    if (!prefix.starts_with(options.output_prefix) && !options.output_prefix.starts_with(prefix)) continue;
    throw UsageError(fmt::format("the source of {} and that of output overlap: `{}` and `{}`", study, prefix,
                                 options.output_prefix));
  }
}

PullReport pull(const PullOptions& options, const s3::Profile& profile, const std::stop_token& stop,
                const ConfirmRemoval& may_remove) {
  require_separate_prefixes(options);
  std::stop_source ending;
  const std::stop_callback pass_on(stop, [&] { ending.request_stop(); });
  return Pull(options, profile, ending).run(may_remove);
}

}  // namespace etl::studies
