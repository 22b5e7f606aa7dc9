#include "files/verification.hpp"

#include <fmt/format.h>

#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "base/digest.hpp"
#include "files/bucket.hpp"
#include "files/loader.hpp"
#include "files/objects.hpp"
#include "files/thread_pool.hpp"
#include "net/url.hpp"
#include "s3/answer.hpp"
#include "s3/send.hpp"

namespace etl::files {
namespace {

constexpr std::size_t documents_per_page = 256;

/// The md5 and the number of bytes that come.
class Hasher final : public net::BodySink {
 public:
  void begin(const net::Response&) override {
    md5_ = Md5();
    size_ = 0;
  }
  void write(std::string_view bytes) override {
    md5_.add(bytes);
    size_ += bytes.size();
  }
  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] std::string md5() { return md5_.hex(); }

 private:
  Md5 md5_;
  std::uint64_t size_ = 0;
};

class Verification {
 public:
  Verification(const Services& services, const VerifyRequest& request,
               const std::function<void(const Discrepancy&)>& tell)
      : services_(services), request_(request), tell_(tell) {}

  VerifyTally run(Manifest& manifest) {
    ThreadPool<Document> crew(request_.jobs, documents_per_page, [this](Document& document) {
      if (services_.stop.stop_requested()) throw StoppedError();
      check_object(document);
      request_.on_file();
    });
    std::int64_t cursor = 0;
    for (auto documents = manifest.next(cursor, documents_per_page); !documents.empty();
         documents = manifest.next(cursor, documents_per_page)) {
      check_records(std::move(documents), crew);
    }
    crew.finish();
    services_.indexd.list(request_.project.resource_path(), [&](const gen3::FileRecord& record) {
      if (services_.stop.stop_requested()) throw StoppedError();
      if (!manifest.find(record.did)) {
        found(record.did, record.file_name, DiscrepancyKind::extra_record,
              manifest.is_deleted(record.did) ? "the study deletes the DocumentReference with this id"
                                              : "no DocumentReference of the study has this id");
      }
    });
    return tally_;
  }

 private:
  void check_records(std::vector<Document> documents, ThreadPool<Document>& crew) {
    std::vector<std::string> dids;
    dids.reserve(documents.size());
    for (const Document& document : documents) dids.push_back(document.did);
    std::map<std::string, gen3::FileRecord> there;
    for (gen3::FileRecord& record : services_.indexd.bulk(dids)) there.emplace(record.did, std::move(record));
    for (Document& document : documents) {
      {
        const std::lock_guard lock(mutex_);
        ++tally_.documents;
      }
      const auto record = there.find(document.did);
      if (record == there.end()) {
        found(document.did, document.name, DiscrepancyKind::missing_record, "indexd has no such record");
        continue;
      }
      gen3::FileRecord wanted = record_of(document, request_.project, request_.bucket_name);
      if (request_.bucket_name.empty()) wanted.urls = record->second.urls;
      if (const std::string differs = difference(wanted, record->second); !differs.empty()) {
        found(document.did, document.name, DiscrepancyKind::wrong_record, differs);
        continue;
      }
      crew.add(std::move(document));
    }
  }

  void check_object(const Document& document) {
    std::optional<ObjectHead> head;
    try {
      head = net::retry(services_.retry, services_.stop, "checking the object of " + document.name,
                        [&] { return head_object(services_, document.did); });
    } catch (const HiddenObjectError& error) {
      return found(document.did, document.name, DiscrepancyKind::missing_object, error.what());
    }
    if (!head) return found(document.did, document.name, DiscrepancyKind::missing_object, "S3 has no such object");
    if (head->size != document.size) {
      return found(document.did, document.name, DiscrepancyKind::wrong_size,
                   fmt::format("the size of the object differs from the metadata ({} bytes)", document.size));
    }
    if (request_.deep) return check_bytes(document);
    const EtagMatch says = match_etag(*head, document.md5);
    if (says == EtagMatch::mismatch) {
      return found(document.did, document.name, DiscrepancyKind::wrong_md5,
                   fmt::format("the md5 of the object differs from the metadata ({})", document.md5));
    }
    const std::lock_guard lock(mutex_);
    ++tally_.fine;
    if (says == EtagMatch::unknown) ++tally_.by_size;
  }

  void check_bytes(const Document& document) {
    Hasher hasher;
    net::retry(services_.retry, services_.stop, "reading the object of " + document.name, [&] {
      const std::string url = services_.fence.download_url(document.did, url_life);
      net::Request request{.url = url};
      request.sink = &hasher;
      request.accept = s3::has_etag;
      const net::Response answer = s3::send_to_s3(services_.http(), request);
      if (!s3::has_etag(answer)) s3::not_s3(answer, net::without_query(url));
      if (!answer.ok()) refuse_signed(answer, net::without_query(url));
    });
    const std::string md5 = hasher.md5();
    if (hasher.size() != document.size || md5 != document.md5) {
      return found(document.did, document.name, DiscrepancyKind::wrong_md5,
                   fmt::format("the md5 of the object differs from the metadata ({})", document.md5));
    }
    const std::lock_guard lock(mutex_);
    ++tally_.fine;
  }

  void found(const std::string& did, const std::string& name, DiscrepancyKind finding, const std::string& detail) {
    const std::lock_guard lock(mutex_);
    ++tally_.findings;
    tell_({did, name, finding, detail});
  }

  const Services& services_;
  const VerifyRequest& request_;
  const std::function<void(const Discrepancy&)>& tell_;
  std::mutex mutex_;
  VerifyTally tally_;
};

}  // namespace

std::string_view to_string(DiscrepancyKind finding) noexcept {
  switch (finding) {
    case DiscrepancyKind::missing_record:
      return "missing-record";
    case DiscrepancyKind::wrong_record:
      return "wrong-record";
    case DiscrepancyKind::missing_object:
      return "missing-object";
    case DiscrepancyKind::wrong_size:
      return "wrong-size";
    case DiscrepancyKind::wrong_md5:
      return "wrong-md5";
    case DiscrepancyKind::extra_record:
      return "extra-record";
  }
  return "";
}

VerifyRequest VerifyRequest::from(const config::Settings& settings, ProjectId project) {
  VerifyRequest request;
  request.project = std::move(project);
  request.jobs = settings.number("limits.file_jobs");
  if (auto bucket = chosen_bucket(settings, request.project)) request.bucket_name = std::move(*bucket);
  return request;
}

VerifyTally verify(const Services& services, Manifest& manifest, const VerifyRequest& request,
                   const std::function<void(const Discrepancy&)>& tell) {
  return Verification(services, request, tell).run(manifest);
}

}  // namespace etl::files
