#include "files/download.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "base/digest.hpp"
#include "files/objects.hpp"
#include "net/file_source.hpp"
#include "net/url.hpp"
#include "s3/answer.hpp"

namespace etl::files {
namespace fs = std::filesystem;
namespace {

/// A file that grows at its end.
class PartFile final : public net::BodySink {
 public:
  PartFile(fs::path path, const std::function<void(std::uint64_t)>& on_bytes)
      : path_(std::move(path)),
        on_bytes_(on_bytes),
        descriptor_(::open(path_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666)) {
    if (descriptor_ < 0) fail<UsageError>("cannot write");
    const auto end = ::lseek(descriptor_, 0, SEEK_END);
    start_ = end > 0 ? static_cast<std::uint64_t>(end) : 0;
  }
  ~PartFile() override { ::close(descriptor_); }
  PartFile(const PartFile&) = delete;
  PartFile& operator=(const PartFile&) = delete;

  /// Where the request's range begins.
  [[nodiscard]] std::uint64_t start() const { return start_; }

  /// Every attempt of a request gives the bytes from the start of its range on, or all where the server has no ranges.
  void begin(const net::Response& head) override {
    at_ = head.status == 206 ? start_ : 0;
    if (::ftruncate(descriptor_, static_cast<off_t>(at_)) != 0) fail<UnavailableError>("cannot cut");
  }
  void write(std::string_view bytes) override {
    on_bytes_(bytes.size());
    while (!bytes.empty()) {
      const auto done = ::pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(at_));
      if (done < 0 && errno == EINTR) continue;
      if (done <= 0) fail<UnavailableError>("cannot write");
      at_ += static_cast<std::uint64_t>(done);
      bytes.remove_prefix(static_cast<std::size_t>(done));
    }
  }
  void sync() {
    if (::fsync(descriptor_) != 0) fail<UnavailableError>("cannot write");
  }

 private:
  template <typename Kind>
  [[noreturn]] void fail(const char* what) const {
    throw Kind(fmt::format("{}: {}", what, std::generic_category().message(errno)), path_.string());
  }

  fs::path path_;
  const std::function<void(std::uint64_t)>& on_bytes_;
  int descriptor_;
  std::uint64_t start_ = 0;
  std::uint64_t at_ = 0;
};

std::string md5_of(const gen3::FileRecord& record) {
  const auto found = record.hashes.find("md5");
  return found == record.hashes.end() ? std::string() : found->second;
}

bool is_there(const fs::path& path, const gen3::FileRecord& record, const std::stop_token& stop) {
  std::error_code error;
  return fs::is_regular_file(path, error) && fs::file_size(path, error) == record.size.value_or(0) && !error &&
         md5_of_file(path, stop) == md5_of(record);
}

}  // namespace

Download::Download(const Services& services, const fs::path& folder, std::function<void(std::uint64_t)> on_bytes)
    : services_(services), on_bytes_(std::move(on_bytes)) {
  std::error_code error;
  fs::create_directories(folder, error);
  folder_ = fs::canonical(folder, error);
  if (error) throw UsageError("cannot make the folder: " + error.message(), folder.string());
}

fs::path Download::target(const gen3::FileRecord& record) const {
  const fs::path name(record.file_name.empty() ? record.did : record.file_name);
  const bool climbs = std::any_of(name.begin(), name.end(), [](const fs::path& step) { return step == ".."; });
  if (name.is_absolute() || climbs || !name.has_filename() || record.file_name.find('\0') != std::string::npos) {
    throw RefusedError(fmt::format("its name would leave the folder: {}", record.file_name));
  }
  fs::path path = folder_ / name;
  // A link on the way, made by whoever made the folder, may lead anywhere.
  std::error_code error;
  const fs::path parent = fs::weakly_canonical(path.parent_path(), error);
  const auto [end, rest] = std::mismatch(folder_.begin(), folder_.end(), parent.begin(), parent.end());
  if (error || end != folder_.end()) throw RefusedError("its path leads out of the folder: " + path.string());
  return path;
}

Download::Got Download::get(const gen3::FileRecord& record) {
  const fs::path path = target(record);
  if (md5_of(record).empty() || !record.size) throw RefusedError("its record has no size or no md5 to check it by");
  if (is_there(path, record, services_.stop)) return Got::unchanged;
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  if (error) throw UsageError("cannot make the folder: " + error.message(), path.parent_path().string());
  // The md5 in the name: what was begun of another version is not gone on with.
  fs::path part = path;
  part += fmt::format(".{}.part", md5_of(record).substr(0, 8));
  for (unsigned attempt = 1;; ++attempt) {
    fetch(record, part);
    if (is_there(part, record, services_.stop)) break;
    fs::remove(part, error);
    if (attempt == 2) throw RefusedError("the object's bytes are not what the record says (md5)");
  }
  fs::rename(part, path, error);
  if (error) throw UsageError("cannot put the file in its place: " + error.message(), path.string());
  return Got::downloaded;
}

void Download::fetch(const gen3::FileRecord& record, const fs::path& part) {
  net::retry(services_.retry, services_.stop, "the download of " + record.file_name, [&] {
    PartFile file(part, on_bytes_);
    if (file.start() == *record.size && file.start() > 0) return;  // complete, but for its check
    const std::string url = services_.fence.download_url(record.did, url_life);
    net::Request request{.url = url};
    if (file.start() > 0) request.headers = {{"Range", fmt::format("bytes={}-", file.start())}};
    request.sink = &file;
    request.accept = s3::has_etag;
    const net::Response answer = services_.http().send(request);
    if (answer.status == 416) {  // longer than the object
      std::error_code error;
      fs::remove(part, error);
      throw UnavailableError("what an earlier try brought is longer than the object", part.string());
    }
    if (!answer.ok()) refuse_signed(answer, net::without_query(url));
    file.sync();
  });
}

}  // namespace etl::files
