#include "files/file_upload.hpp"

#include <fmt/format.h>

#include "base/digest.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "files/checked_source.hpp"
#include "files/multipart_upload.hpp"
#include "files/objects.hpp"

namespace etl::files {
namespace {

/// Files up to this are read whole, so that their md5 is known before anything is made.
constexpr std::uint64_t small_file = 8 * MiB;
/// For small files and parts that are under way, however many jobs there are.
constexpr std::uint64_t buffers = 128 * MiB;

std::string read_small(const Document& document) {
  net::FileSource file(document.open(), document.path());
  if (file.size() != document.size) throw_wrong_size(document);
  std::string content(static_cast<std::size_t>(file.size()), '\0');
  if (file.read(content) != content.size()) throw InputError("the file changed while it was read");
  if (md5_hex(content) != document.md5) throw_wrong_md5(document);
  return content;
}

}  // namespace

FileUpload::FileUpload(const Services& services, Journal& journal, UploadOptions options)
    : services_(services), journal_(journal), options_(std::move(options)), budget_(buffers) {}

void FileUpload::upload(const Document& document, const gen3::FileRecord& wanted, bool record_there) {
  if (document.size > largest_object) {
    throw InputError(fmt::format("the file has {}; S3 allows 5 TiB", human_bytes(document.size)));
  }
  if (document.size <= std::min(small_file, options_.multipart_threshold)) {
    return put_small(document, wanted, record_there);
  }
  if (document.size > options_.multipart_threshold && put_in_parts(document, wanted, record_there)) return;
  put_streamed(document, wanted, record_there);
}

void FileUpload::make_record(const gen3::FileRecord& wanted, bool record_there) {
  if (record_there) return;
  const bool begun_before = journal_.begun(wanted.did);
  journal_.begin(wanted.did);
  try {
    net::retry<NotAllowedError>(services_.retry, services_.stop, "creating the record of " + wanted.file_name,
                                [&] { services_.indexd.create(wanted); });
  } catch (const NotAllowedError&) {
    if (!begun_before) journal_.forget(wanted.did);  // indexd made none, so there is none to remove
    throw;
  }
}

void FileUpload::put(const Document& document, const net::Request& request) {
  const std::string etag =
      net::retry<WrongObjectError, NotAllowedError>(services_.retry, services_.stop, "uploading " + document.name, [&] {
        const std::string url = services_.fence.upload_url(document.did, document.name, options_.bucket, url_life);
        require_bucket(url, options_.bucket_name);
        return put_signed(services_, url, document.md5, request);
      });
  options_.on_bytes(document.size);
  if (etag.find(document.md5) != std::string::npos) return;
  const auto head = net::retry(services_.retry, services_.stop, "checking the object of " + document.name,
                               [&] { return head_object(services_, document.did); });
  if (!head || head->size != document.size) {
    throw WrongObjectError(head ? fmt::format("S3 has {} bytes, but {} were sent", head->size, document.size)
                                : "S3 does not have the object after the upload");
  }
}

void FileUpload::put_small(const Document& document, const gen3::FileRecord& wanted, bool record_there) {
  const MemoryBudget::Lease lease = budget_.take(document.size, services_.stop);
  net::Request request;
  request.body = read_small(document);
  make_record(wanted, record_there);
  put(document, request);
}

void FileUpload::put_streamed(const Document& document, const gen3::FileRecord& wanted, bool record_there) {
  if (document.size > largest_put) {
    throw InputError(
        fmt::format("the file has {}; without multipart uploads the limit is 5 GiB", human_bytes(document.size)),
        document.path(), "grant `file_upload` on /data_file in user.yaml");
  }
  CheckedSource source(document);
  make_record(wanted, record_there);
  net::Request request;
  request.source = &source;
  put(document, request);
}

bool FileUpload::put_in_parts(const Document& document, const gen3::FileRecord& wanted, bool record_there) {
  if (no_parts_) return false;
  static_cast<void>(document.open());  // or it throws
  make_record(wanted, record_there);
  try {
    MultipartUpload parts(services_, journal_, budget_, options_);
    net::retry<WrongObjectError>({.attempts = 2}, services_.stop, "uploading " + document.name,
                                 [&] { parts.run(document); });
    return true;
  } catch (const NoMultipartError& error) {
    if (!no_parts_.exchange(true))
      log::warn("large files are sent in single PUTs, which cannot be resumed: {}", error.what());
    return false;
  }
}

}  // namespace etl::files
