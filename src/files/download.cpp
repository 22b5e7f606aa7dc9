#include "files/download.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <system_error>

#include "base/access.hpp"
#include "base/digest.hpp"
#include "base/errno_text.hpp"
#include "base/exhausted.hpp"
#include "documents/names.hpp"
#include "files/objects.hpp"
#include "net/file_source.hpp"
#include "net/url.hpp"
#include "s3/answer.hpp"
#include "s3/send.hpp"

namespace etl::files {
namespace fs = std::filesystem;
namespace {

std::string md5_of(const gen3::FileRecord& record) {
  const auto found = record.hashes.find("md5");
  return found == record.hashes.end() ? std::string() : found->second;
}

/// Has the open file the record's size and md5? Read through its descriptor, whatever its name leads to by now.
bool is_of(const UniqueFd& file, const gen3::FileRecord& record, const std::stop_token& stop) {
  struct stat about {};
  if (::fstat(file.get(), &about) != 0 || !S_ISREG(about.st_mode)) return false;
  return static_cast<std::uint64_t>(about.st_size) == *record.size &&
         md5_of_file(fmt::format("/proc/self/fd/{}", file.get()), stop) == md5_of(record);
}

/// In a folder that is open, where the bytes of a file are collected. A record's name never has a part that begins with
/// a dot, so no other record's file has this name. The md5 in it: what was begun of another version is not continued.
std::string partial_name(const std::string& name, const gen3::FileRecord& record) {
  constexpr std::size_t longest = 200;  // of the 255 bytes of a name
  return fmt::format(".{}.{}.part", name.size() <= longest ? name : md5_hex(name), md5_of(record).substr(0, 8));
}

}  // namespace

/// A file that grows at its end, but never beyond the record's size.
class Download::PartFile final : public net::BodySink {
 public:
  PartFile(const Place& place, const gen3::FileRecord& record, const std::function<void(std::uint64_t)>& on_bytes)
      : path_(place.partial_path), on_bytes_(on_bytes), most_(*record.size) {
    descriptor_ = open_private(place.folder.get(), place.partial.c_str(), O_RDWR);
    if (!descriptor_) {
      if (errno == ELOOP || errno == EEXIST || errno == EISDIR || errno == ENXIO) {
        throw RefusedError(
            "the name of its partial file is taken by a symbolic link, or by something that is not a file of this "
            "user: " +
            path_.string());
      }
      fail<UsageError>("cannot write");
    }
    const auto end = ::lseek(descriptor_.get(), 0, SEEK_END);
    start_ = end > 0 ? static_cast<std::uint64_t>(end) : 0;
    if (start_ <= most_) return;
    start_ = 0;  // of something else
    cut(0);
  }

  /// Where the request's range begins.
  [[nodiscard]] std::uint64_t start() const { return start_; }
  [[nodiscard]] const UniqueFd& descriptor() const { return descriptor_; }

  /// Every attempt of a request gives the bytes from the start of its range on, or all where the server has no ranges.
  void begin(const net::Response& head) override {
    at_ = head.status == 206 ? start_ : 0;
    cut(at_);
  }
  void write(std::string_view bytes) override {
    if (bytes.size() > most_ - at_) {
      throw RefusedError(fmt::format("S3 sends more than the {} bytes of its record", most_));
    }
    on_bytes_(bytes.size());
    while (!bytes.empty()) {
      const auto done = ::pwrite(descriptor_.get(), bytes.data(), bytes.size(), static_cast<off_t>(at_));
      if (done < 0 && errno == EINTR) continue;
      if (done <= 0) fail<UnavailableError>("cannot write");
      at_ += static_cast<std::uint64_t>(done);
      bytes.remove_prefix(static_cast<std::size_t>(done));
    }
  }
  void sync() {
    if (::fsync(descriptor_.get()) != 0) fail<UnavailableError>("cannot write");
  }

 private:
  void cut(std::uint64_t size) {
    if (::ftruncate(descriptor_.get(), static_cast<off_t>(size)) != 0) fail<UnavailableError>("cannot cut");
  }
  template <typename Kind>
  [[noreturn]] void fail(const char* what) const {
    refuse_if_exhausted(errno, path_);
    throw Kind(fmt::format("{}: {}", what, errno_text(errno)), path_.string());
  }

  fs::path path_;
  const std::function<void(std::uint64_t)>& on_bytes_;
  std::uint64_t most_;
  UniqueFd descriptor_;
  std::uint64_t start_ = 0;
  std::uint64_t at_ = 0;
};

Download::Download(const Services& services, const fs::path& folder, bool overwrite,
                   std::function<void(std::uint64_t)> on_bytes)
    : services_(services), overwrite_(overwrite), on_bytes_(std::move(on_bytes)) {
  std::error_code error;
  make_folders(folder, Access::owner, error);
  root_.emplace(folder);
  if (!root_->opened()) {
    if (error) refuse_if_exhausted(error.value(), folder);
    throw UsageError("cannot make the folder: " + errno_text(error ? error.value() : errno), folder.string());
  }
}

std::string Download::name_of(const gen3::FileRecord& record) {
  const std::string& name = record.file_name.empty() ? record.did : record.file_name;
  if (const auto why = documents::refusal_of_name(name, "its name"); !why.empty()) throw RefusedError(why);
  return name;
}

Entry Download::find(const std::string& name, bool make_folders) const {
  PathRules rules;
  rules.links = PathRules::Links::none;
  rules.make_folders = make_folders;
  Entry entry = root_->find(name, rules);
  switch (entry.status) {
    case Entry::Status::found:
      if (!S_ISREG(entry.about.st_mode))
        throw RefusedError("its name in the folder is taken by something that is not a file");
      break;
    case Entry::Status::absent:
      break;
    case Entry::Status::not_folder:
      throw RefusedError("a file has the name of a folder that is needed");
    case Entry::Status::leads_out:
    case Entry::Status::refused:
      throw RefusedError(entry.reason);
    case Entry::Status::failed:
      refuse_if_exhausted(entry.error, root_->path() / name);
      throw UsageError("cannot write into the folder: " + errno_text(entry.error), (root_->path() / name).string());
  }
  return entry;
}

Download::Result Download::get(const gen3::FileRecord& record) {
  const std::string name = name_of(record);
  if (md5_of(record).empty() || !record.size)
    throw RefusedError("its record has no size or no md5 to check the download with");
  if (const Entry there = find(name, false); there.status == Entry::Status::found) {
    if (const UniqueFd file = open_regular(there); file && is_of(file, record, services_.stop))
      return Result::unchanged;
    if (!overwrite_)
      throw RefusedError("a file of this name with other content exists and is kept (--overwrite replaces it)");
  }
  Entry entry = find(name, true);
  if (!entry.folder) throw RefusedError("its folder was removed in the meantime");
  const std::string partial = partial_name(entry.name, record);
  const Place place{.folder = std::move(entry.folder),
                    .name = entry.name,
                    .partial = partial,
                    .partial_path = (root_->path() / name).parent_path() / partial};
  try {
    fetch_checked(record, place);
  } catch (const RefusedError&) {
    ::unlinkat(place.folder.get(), place.partial.c_str(), 0);
    throw;
  }
  move_in(place);
  return Result::downloaded;
}

void Download::fetch_checked(const gen3::FileRecord& record, const Place& place) {
  for (unsigned attempt = 1;; ++attempt) {
    fetch(record, place);
    const PartFile file(place, record, on_bytes_);
    if (is_of(file.descriptor(), record, services_.stop)) return;
    ::unlinkat(place.folder.get(), place.partial.c_str(), 0);
    if (attempt == 2) throw RefusedError("the md5 of the object differs from its record");
  }
}

void Download::move_in(const Place& place) const {
  const auto* from = place.partial.c_str();
  const auto* to = place.name.c_str();
  const int folder = place.folder.get();
  int moved =
      overwrite_ ? ::renameat(folder, from, folder, to) : ::renameat2(folder, from, folder, to, RENAME_NOREPLACE);
  // Some network file systems know only the plain call.
  if (moved != 0 && !overwrite_ && (errno == EINVAL || errno == ENOSYS)) moved = ::renameat(folder, from, folder, to);
  if (moved == 0) return;
  if (errno == EEXIST) throw RefusedError("a file of this name was created in the meantime and is kept");
  refuse_if_exhausted(errno, place.partial_path);
  throw UsageError("cannot move the file into place: " + errno_text(errno), place.partial_path.string());
}

void Download::fetch(const gen3::FileRecord& record, const Place& place) {
  net::retry(services_.retry, services_.stop, "downloading " + record.file_name, [&] {
    PartFile file(place, record, on_bytes_);
    if (file.start() == *record.size && file.start() > 0) return;  // complete, but for its check
    const std::string url = services_.fence.download_url(record.did, url_life);
    net::Request request{.url = url};
    if (file.start() > 0) request.headers = {{"Range", fmt::format("bytes={}-", file.start())}};
    request.sink = &file;
    request.accept = s3::has_etag;
    const net::Response answer = s3::send_to_s3(services_.http(), request);
    if (answer.status == 416) {  // longer than the object
      ::unlinkat(place.folder.get(), place.partial.c_str(), 0);
      throw UnavailableError("what an earlier try downloaded is longer than the object", place.partial_path.string());
    }
    if (!answer.ok()) refuse_signed(answer, net::without_query(url));
    file.sync();
  });
}

}  // namespace etl::files
