#include "files/multipart_upload.hpp"

#include <fmt/format.h>

#include <memory>
#include <mutex>

#include "base/digest.hpp"
#include "base/log.hpp"
#include "files/checked_source.hpp"
#include "files/objects.hpp"
#include "files/thread_pool.hpp"
#include "net/file_source.hpp"

namespace etl::files {
namespace {

constexpr unsigned senders_a_file = 4;
/// Parts above this (of files above 640 GB) are not held in memory.
constexpr std::uint64_t largest_buffer = 64 * MiB;
constexpr unsigned fresh_starts = 3;

std::string part_name(const Document& document, unsigned number, unsigned count) {
  return fmt::format("sending part {} of {} of {}", number, count, document.name);
}

}  // namespace

/// The parts of one upload on their way.
class MultipartUpload::OneUpload {
 public:
  OneUpload(MultipartUpload& owner, const Document& document, const Journal::Upload& upload)
      : owner_(owner),
        document_(document),
        upload_(upload),
        plan_{document.size, upload.part_size},
        parts_(plan_.count()) {}

  /// Every part's md5 and ETag, in order.
  std::vector<Journal::Part> send() {
    ThreadPool<Waiting> senders(senders_a_file, senders_a_file, [this](Waiting& part) { send_buffered(part); });
    Md5 whole;
    for (unsigned number = 1; number <= plan_.count(); ++number) {
      if (owner_.services_.stop.stop_requested()) throw StoppedError();
      if (plan_.length(number) > largest_buffer) {
        send_streamed(number, whole);
        continue;
      }
      Waiting part{number, {}, owner_.budget_.take(plan_.length(number), owner_.services_.stop), {}};
      read(part, whole);
      if (!already_there(number, part.md5)) senders.add(std::move(part));
    }
    senders.finish();
    if (whole.hex() != document_.md5) throw_wrong_md5(document_);
    return parts_;
  }

 private:
  struct Waiting {
    unsigned number = 0;
    std::string bytes;
    MemoryBudget::Lease lease;
    std::string md5;
  };

  [[noreturn]] void changed() const { throw InputError("the file changed while it was read", document_.path()); }

  void read(Waiting& part, Md5& whole) {
    net::FileSource file(document_.open(), document_.path(), plan_.offset(part.number), plan_.length(part.number));
    part.bytes.resize(static_cast<std::size_t>(plan_.length(part.number)));
    if (file.read(part.bytes) != part.bytes.size()) changed();
    whole.add(part.bytes);
    // The part's own is left to its sender, so that reading goes on, unless it tells whether there is anything to send.
    if (upload_.parts.contains(part.number)) part.md5 = md5_hex(part.bytes);
  }

  /// Has an earlier run sent just these bytes?
  bool already_there(unsigned number, const std::string& md5) {
    const auto known = upload_.parts.find(number);
    if (known == upload_.parts.end() || known->second.md5 != md5) return false;
    parts_[number - 1] = known->second;
    owner_.options_.on_bytes(plan_.length(number));
    return true;
  }

  void send_streamed(unsigned number, Md5& whole) {
    net::FileSource file(document_.open(), document_.path(), plan_.offset(number), plan_.length(number));
    std::string piece(static_cast<std::size_t>(MiB), '\0');
    Md5 md5;
    std::uint64_t left = file.size();
    while (left > 0) {
      if (owner_.services_.stop.stop_requested()) throw StoppedError();
      const std::size_t got = file.read(piece);
      if (got == 0) changed();
      whole.add({piece.data(), got});
      md5.add({piece.data(), got});
      left -= got;
    }
    const std::string hex = md5.hex();
    if (already_there(number, hex)) return;
    net::Request request;
    request.source = &file;
    put(number, hex, request);
  }

  void send_buffered(Waiting& part) {
    const std::string md5 = part.md5.empty() ? md5_hex(part.bytes) : part.md5;
    net::Request request;
    request.body = std::move(part.bytes);
    put(part.number, md5, request);
  }

  void put(unsigned number, const std::string& md5, const net::Request& request) {
    const Services& services = owner_.services_;
    const std::string etag = net::retry<WrongObjectError, NotAllowedError>(
        services.retry, services.stop, part_name(document_, number, plan_.count()), [&] {
          const std::string url =
              services.fence.part_url(upload_.key, upload_.id, number, owner_.options_.bucket, url_life);
          require_bucket(url, owner_.options_.bucket_name);
          return put_signed(services, url, md5, request);
        });
    parts_[number - 1] = {md5, etag};
    owner_.journal_.add_part(document_.did, upload_.id, number, parts_[number - 1]);
    owner_.options_.on_bytes(plan_.length(number));
  }

  MultipartUpload& owner_;
  const Document& document_;
  const Journal::Upload& upload_;
  PartPlan plan_;
  std::vector<Journal::Part> parts_;  ///< each written by one thread
};

void MultipartUpload::run(const Document& document) {
  for (unsigned attempt = 1;; ++attempt) {
    try {
      return once(document);
    } catch (const LostUploadError& error) {
      journal_.drop_upload(document.did);
      if (attempt >= fresh_starts) throw;
      log::info("{}: {}; it is sent again", document.name, error.what());
    }
  }
}

Journal::Upload MultipartUpload::resume_or_start(const Document& document, bool& resumed) {
  if (auto known = journal_.upload(document.did)) {
    resumed = known->size == document.size && known->mtime_ns == document.location.mtime_ns &&
              known->md5 == document.md5 && known->key == document.key() && known->bucket == options_.bucket_name;
    if (resumed) {
      log::debug("{}: {} parts are in S3 already", document.name, known->parts.size());
      return *known;
    }
  }
  Journal::Upload fresh{.id = {},
                        .key = document.key(),
                        .bucket = options_.bucket_name,
                        .part_size = plan_parts(document.size, options_.part_size).part_size,
                        .size = document.size,
                        .mtime_ns = document.location.mtime_ns,
                        .md5 = document.md5,
                        .parts = {}};
  try {
    fresh.id = net::retry(services_.retry, services_.stop, "starting the upload of " + document.name, [&] {
      return services_.fence.start_multipart(document.did, document.name, options_.bucket);
    });
  } catch (const NotAllowedError& error) {
    throw NoMultipartError(
        error.what(), error.where(),
        "files above the limit of a single PUT need `file_upload` on /data_file: grant it in user.yaml");
  }
  journal_.start_upload(document.did, fresh);
  return fresh;
}

void MultipartUpload::once(const Document& document) {
  bool resumed = false;
  const Journal::Upload upload = resume_or_start(document, resumed);
  complete(document, upload, resumed, OneUpload(*this, document, upload).send());
}

bool MultipartUpload::is_there(const Document& document, const std::string& etag) {
  const auto head = net::retry(services_.retry, services_.stop, "checking the object of " + document.name,
                               [&] { return head_object(services_, document.did); });
  return head && head->size == document.size &&
         (match_multipart_etag(*head, etag) == EtagMatch::match ||
          (head->encrypted && head->etag.ends_with(etag.substr(etag.find('-')))));
}

void MultipartUpload::complete(const Document& document, const Journal::Upload& upload, bool resumed,
                               const std::vector<Journal::Part>& parts) {
  std::vector<gen3::Fence::Part> list;
  std::vector<std::string> md5s;
  for (const Journal::Part& part : parts) {
    list.push_back({static_cast<unsigned>(list.size() + 1), part.etag});
    md5s.push_back(part.md5);
  }
  const std::string etag = multipart_etag(md5s);
  for (unsigned attempt = 1;; ++attempt) {
    try {
      services_.fence.complete_multipart(upload.key, upload.id, list, options_.bucket);
      break;
    } catch (const StoppedError&) {
      throw;
    } catch (const UnavailableError& error) {
      // Was it done, and only the answer lost? Then the upload is no more, and to ask again would fail for ever.
      if (is_there(document, etag)) return;
      if (attempt >= services_.retry.attempts) {
        // fence says the same of an upload that S3 has forgotten as of any trouble.
        if (resumed) throw LostUploadError("the upload in parts cannot be completed");
        throw;
      }
      net::wait_to_retry(services_.retry, attempt, "completing the upload of " + document.name, error, services_.stop);
    }
  }
  const auto head = net::retry(services_.retry, services_.stop, "checking the object of " + document.name,
                               [&] { return head_object(services_, document.did); });
  if (head && head->size == document.size && match_multipart_etag(*head, etag) != EtagMatch::mismatch) return;
  journal_.drop_upload(document.did);
  throw WrongObjectError(head ? fmt::format("S3 has {} bytes with the ETag {}, but {} with {} were sent", head->size,
                                            head->etag, document.size, etag)
                              : "S3 does not have the object after the upload",
                         upload.key);
}

}  // namespace etl::files
