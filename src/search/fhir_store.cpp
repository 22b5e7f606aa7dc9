#include "search/fhir_store.hpp"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <set>
#include <system_error>
#include <unordered_map>
#include <utility>

#include "base/access.hpp"
#include "base/buffer.hpp"
#include "base/counted.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "base/log.hpp"
#include "base/temporary_folder.hpp"
#include "documents/study_reader.hpp"
#include "fhir/byte_stream.hpp"
#include "fhir/id_index.hpp"
#include "net/encode.hpp"
#include "search/answer.hpp"
#include "search/raw_document.hpp"
#include "search/scroll.hpp"
#include "search/shared_index.hpp"
#include "search/source_digest.hpp"
#include "simplify/facts_scan.hpp"

namespace etl::search {
namespace {

using fhir::IdIndex;
using nlohmann::json;

/// A stream is copied in pieces of so many bytes.
constexpr std::size_t kSpooled = std::size_t{1} << 20U;
/// Lines of a type are written in pieces of so many bytes.
constexpr std::size_t kWritten = std::size_t{256} << 10U;
constexpr std::size_t kIndexMemory = std::size_t{16} << 20U;
constexpr std::size_t kMostIssues = 20;
/// How large a page of documents is to be, and how many it may have at most (index.max_result_window).
constexpr std::uint64_t kPageBytes = 4'000'000;
constexpr std::uint64_t kMostInPage = 5'000;

/// What is wrong with a study, the first few by name.
class Issues {
 public:
  void add(const std::string& what, const std::string& place) {
    if (++count_ <= kMostIssues) log::write(log::Level::error, what, {{"at", place}});
  }
  void check() const {
    if (count_ == 0) return;
    throw InputError(fmt::format("the study has {}; nothing was sent", counted(count_, "issue")), {},
                     "`aced-etl validate` lists all issues");
  }

 private:
  std::uint64_t count_ = 0;
};

/// Resources whose ids need care.
struct SharedIds {
  std::set<IdIndex::Key> repeated;   ///< `Type/id` that the study has more than once, always with the same bytes
  std::set<IdIndex::Key> ambiguous;  ///< ids that resources of several types have
};

documents::StudyReading reading_of(const simplify::StudySource& source, const std::stop_token& stop) {
  documents::StudyReading reading;
  reading.latest = source.latest;
  reading.limits = source.limits;
  reading.temp_dir = source.temp_dir;
  reading.stop = stop;
  return reading;
}

/// Looks for what is wrong with the study, and for ids that are not unique.
SharedIds survey(const std::vector<fhir::StudyFile>& files, const simplify::StudySource& source,
                 const std::stop_token& stop) {
  IdIndex resources(kIndexMemory, 1, source.temp_dir);
  IdIndex ids(kIndexMemory, 1, source.temp_dir);
  Issues issues;
  const auto place = [&](fhir::Location where) { return fmt::format("{}:{}", files[where.file].name, where.line); };
  std::uint64_t told = 0;
  documents::StudyContents contents;
  {
    IdIndex::Writer of_resources(resources);
    IdIndex::Writer of_ids(ids);
    documents::StudyReading reading = reading_of(source, stop);
    reading.on_issue = [&](const std::string& what, const std::string& where) {
      ++told;
      issues.add(what, where);
    };
    reading.on_resource = [&](const documents::ResourceText& resource) {
      const auto& [type, id, has_own_id, text, where] = resource;
      if (id.empty()) return issues.add(fmt::format("the {} has no id", type), place(where));
      of_resources.define(type, id, XXH3_64bits(text.data(), text.size()), where);
      of_ids.define("", id, XXH3_64bits(type.data(), type.size()), where);
    };
    contents = documents::read_study(files, reading);
  }
  if (contents.unreadable > told) {
    issues.add(fmt::format("{} no resourceType", contents.unreadable - told == 1 ? "a resource has" : "resources have"),
               source.path);
  }
  SharedIds shared;
  const auto ignore = [](const IdIndex::Reference&) {};
  resources.finish(
      [&](const IdIndex::Duplicate& duplicate) {
        if (!duplicate.same_content) {
          issues.add(fmt::format("{} is also at {}, with other content", duplicate.id, place(duplicate.first)),
                     place(duplicate.where));
        }
        shared.repeated.insert(IdIndex::key_of(duplicate.id));
      },
      ignore);
  ids.finish(
      [&](const IdIndex::Duplicate& duplicate) {
        if (!duplicate.same_content) shared.ambiguous.insert(IdIndex::key_of(duplicate.id));
      },
      ignore);
  issues.check();
  return shared;
}

/// A stream as a file, since a study is read more than once.
void spool(const fhir::StudyFile& from, const std::filesystem::path& to, const std::stop_token& stop) {
  AtomicFile file(to, false, Access::owner);
  std::string piece;
  for (const auto stream = fhir::ByteStream::open(from, stop);;) {
    piece.resize(kSpooled);
    piece.resize(stream->read(piece.data(), piece.size()));
    if (piece.empty()) break;
    file.write(piece);
  }
  file.commit();
}

/// `fhir`, as the alias of ours or as the index that other tools make.
struct StoreIndexes {
  const Index* live = nullptr;
  std::vector<const Index*> foreign;
};

StoreIndexes store_of(const std::vector<Index>& all, const Generations& generations) {
  StoreIndexes store;
  store.live = generations.live(kFhirAlias);
  for (const Index& index : all) {
    if (!index.meta && (index.name == kFhirAlias || index.has_alias(kFhirAlias))) store.foreign.push_back(&index);
  }
  return store;
}

/// Writes one file for each type of resource.
class TypeFiles {
 public:
  explicit TypeFiles(std::filesystem::path folder) : folder_(std::move(folder)) {}

  void write(const std::string& type, std::string_view text, GetReport& report) {
    const bool is_name = !type.empty() && type.size() <= 64 && std::ranges::all_of(type, [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    });
    if (!is_name) {
      throw RefusedError("a document of the FHIR store has no resourceType, or one that is none", {},
                         "put the project's study again");
    }
    auto file = files_.find(type);
    if (file == files_.end()) {
      file = files_.try_emplace(type, AtomicFile(folder_ / (type + ".ndjson"))).first;
    }
    Buffer& waiting = file->second.waiting;
    waiting.append(text);
    waiting.append('\n');
    if (waiting.size() >= kWritten) file->second.write();
    ++report.types[type];
    report.bytes += text.size() + 1;
  }

  void close() {
    for (auto& [type, file] : files_) {
      file.write();
      file.file.commit();
    }
  }

 private:
  struct Lines {
    explicit Lines(AtomicFile to) : file(std::move(to)) {}
    void write() {
      file.write(waiting.view());
      waiting.clear();
    }

    AtomicFile file;
    Buffer waiting;
  };

  std::filesystem::path folder_;
  std::unordered_map<std::string, Lines> files_;
};

using TakeDocument = std::function<void(std::string_view)>;

/// All documents of an index that does not change any more, by id.
std::uint64_t read_generation(Server& server, const std::string& index, const TakeDocument& take) {
  const std::string path = fmt::format("/{}/_search", net::path_segment(index));
  const std::string what = "read " + index;
  std::uint64_t read = 0;
  std::uint64_t size = 200;
  std::string after;
  for (;;) {
    std::string body =
        fmt::format(R"({{"size":{},"query":{{"match_all":{{}}}},"sort":[{{"id":"asc"}},{{"resourceType":"asc"}}]{}}})",
                    size, after.empty() ? "" : fmt::format(R"(,"search_after":{})", after));
    net::Response answer;
    try {
      answer = server.send("POST", path, std::move(body), true);
    } catch (const InputError&) {  // larger than Response::body may be
      if (size == 1) throw;
      size = std::max<std::uint64_t>(1, size / 4);
      continue;
    }
    if (!answer.ok()) refuse(what, answer, server.url() + path);
    std::uint64_t hits = 0;
    std::string last;
    each_hit(answer.body, [&](const Hit& hit) {
      ++hits;
      last = hit.sort;
      take(hit.source);
    });
    if (hits == 0) return read;
    read += hits;
    after = last;
    const std::uint64_t average = std::max<std::uint64_t>(1, answer.body.size() / hits);
    size = std::clamp<std::uint64_t>(kPageBytes / average, 1, std::min(kMostInPage, size * 8));
  }
}

/// All documents of a project in an index of other tools. A scroll, since nothing is known of its fields.
std::uint64_t read_foreign(Server& server, const Index& index, const ProjectId& project, const TakeDocument& take) {
  const json query{{"size", 100}, {"query", query_of_project(index, project)}, {"sort", {"_doc"}}};
  return scroll(server, "read " + index.name, index.name, query, [&](const std::string& answer) {
    std::uint64_t hits = 0;
    each_hit(answer, [&](const Hit& hit) {
      ++hits;
      take(hit.source);
    });
    return hits;
  });
}

/// A folder that appears at its place when it is complete.
class NewFolder {
 public:
  explicit NewFolder(const std::filesystem::path& folder) : folder_(folder) {
    std::error_code error;
    if (std::filesystem::exists(folder_, error) &&
        !(std::filesystem::is_directory(folder_, error) && std::filesystem::is_empty(folder_, error))) {
      throw UsageError("the folder is not empty", folder_.string(), "name one that is empty or does not exist");
    }
    auto parent = std::filesystem::absolute(folder_, error).lexically_normal();
    if (!parent.has_filename()) parent = parent.parent_path();
    folder_ = parent;
    make_folders(parent.parent_path(), Access::umask, error);
    made_.emplace(parent.parent_path(), fmt::format(".{}.aced-etl", parent.filename().string()),
                  "name a folder in one that this user may write to");
  }

  [[nodiscard]] const std::filesystem::path& path() const { return made_->path(); }
  void publish() {
    std::error_code error;
    std::filesystem::permissions(path(), static_cast<std::filesystem::perms>(user_mode(0777)), error);
    std::filesystem::rename(path(), folder_, error);
    if (error) throw UsageError("cannot move the folder into place: " + error.message(), folder_.string());
    made_->release();
  }

 private:
  std::filesystem::path folder_;
  std::optional<TemporaryFolder> made_;
};

}  // namespace

DocumentType fhir_type() {
  const json keyword{{"type", "keyword"}};
  return {.name = "fhir",
          .aliases = {kFhirAlias},
          .properties = {{"id", keyword}, {"resourceType", keyword}, {"auth_resource_path", keyword}},
          .for_guppy = false,
          .list_fields = std::nullopt};
}

PutReport put_study(Server& server, LoadRequest request, const simplify::StudySource& source,
                    const std::function<void(std::uint64_t)>& advanced) {
  PutReport report;
  std::optional<TemporaryFolder> spooled;
  std::vector<std::string> left_out;
  auto files = fhir::study_files(source.path, source.selection, &left_out);
  if (!simplify::are_repeatable(files)) {
    spooled.emplace(source.temp_dir, "aced-etl-put", "name another folder with --temp-dir");
    for (std::size_t n = 0; n < files.size(); ++n) {
      const auto copy = spooled->path() / fmt::format("{}.ndjson", n);
      spool(files[n], copy, server.stop());
      files[n].path = copy;
    }
  }
  request.types = {fhir_type()};
  request.what = "fhir";
  const std::string path = request.project.resource_path();
  request.digest = source_digest(files, fmt::format("fhir 1 {}", source.latest), server.stop());
  ProjectLoad load(server, std::move(request));
  if (load.is_unchanged()) {
    report.load = load.finish();
    return report;
  }
  const SharedIds shared = survey(files, source, server.stop());
  load.begin();
  std::set<IdIndex::Key> sent;
  documents::StudyReading reading = reading_of(source, server.stop());
  reading.on_resource = [&](const documents::ResourceText& resource) {
    const auto& [type, id, has_own_id, text, where] = resource;
    const std::string full = type + "/" + id;
    if (!shared.repeated.empty()) {
      if (const auto key = IdIndex::key_of(full); shared.repeated.contains(key) && !sent.insert(key).second) {
        ++report.repeated;
        return;
      }
    }
    const bool ambiguous = !shared.ambiguous.empty() && shared.ambiguous.contains(IdIndex::key_of("/" + id));
    load.add(0, ambiguous ? full : id, stored_text(text, path, has_own_id ? std::string_view{} : std::string_view(id)));
    ++report.types[type];
    advanced(1);
  };
  static_cast<void>(documents::read_study(files, reading));
  report.load = load.finish();
  return report;
}

GetReport get_study(Server& server, const std::string& prefix, const ProjectId& project,
                    const std::filesystem::path& folder, const std::function<void(std::uint64_t)>& advanced) {
  check_prefix(prefix);
  const auto all = read_indexes(server, fmt::format("{}_fhir_*,{}", prefix, kFhirAlias));
  const Generations generations = generations_of(all, "fhir", project);
  const StoreIndexes store = store_of(all, generations);
  NewFolder made(folder);
  TypeFiles files(made.path());
  GetReport report;
  const auto take = [&](std::string_view document) {
    std::string type;
    const std::string text = resource_text(document, type);
    files.write(type, text, report);
    advanced(1);
  };
  std::uint64_t read = 0;
  if (store.live != nullptr) {
    read = read_generation(server, store.live->name, take);
    if (read != store.live->meta->documents) {
      throw UnavailableError(fmt::format("{} has {}, but {} were put", store.live->name, counted(read, "document"),
                                         human_count(store.live->meta->documents)),
                             net::without_query(server.url()),
                             "run again; if it persists, put the study again with --force");
    }
  } else {
    for (const Index* index : store.foreign) read += read_foreign(server, *index, project, take);
  }
  if (read == 0 && store.live == nullptr) {
    throw UsageError(fmt::format("the FHIR store has nothing of {}", project.str()), net::without_query(server.url()),
                     "`aced-etl search ls` lists what the server has");
  }
  files.close();
  made.publish();
  return report;
}

}  // namespace etl::search
