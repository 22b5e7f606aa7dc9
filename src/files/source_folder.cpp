#include "files/source_folder.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <vector>

#include "base/error.hpp"
#include "config/folder.hpp"

namespace etl::files {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t longest_key = 1024;  // S3's limit, in bytes
constexpr std::size_t md5_digits = 32;

bool is_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

void check_name(const Document& document) {
  const std::string& name = document.name;
  if (name.empty()) throw InputError("the attachment's url names no file");
  if (name.starts_with('/')) throw InputError(fmt::format("the url is an absolute path: {}", name));
  for (std::size_t begin = 0; begin <= name.size();) {
    const std::size_t end = std::min(name.find('/', begin), name.size());
    const std::string_view step(name.data() + begin, end - begin);
    if (step == ".." || step == ".") throw InputError(fmt::format("the url has `{}` in it: {}", step, name));
    begin = end + 1;
  }
  if (document.key().size() > longest_key) {
    throw InputError(
        fmt::format("the object's key would have {} bytes, S3 takes {}", document.key().size(), longest_key));
  }
}

bool lies_in(const fs::path& path, const fs::path& folder) {
  const auto [end, rest] = std::mismatch(folder.begin(), folder.end(), path.begin(), path.end());
  return end == folder.end();
}

}  // namespace

std::string without_file_prefix(std::string_view url) {
  for (const std::string_view prefix : {"file:///", "file://", "./"}) {
    if (url.starts_with(prefix)) return std::string(url.substr(prefix.size()));
  }
  return std::string(url);
}

bool is_elsewhere(std::string_view url) {
  const std::size_t end = url.find("://");
  if (end == std::string_view::npos || end == 0) return false;
  const std::string_view scheme = url.substr(0, end);
  const bool named = std::all_of(scheme.begin(), scheme.end(), [](char c) {
    return (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
  });
  return named && scheme != "file";
}

Document described_by(const Attachment& attachment) {
  Document document;
  document.did = attachment.id;
  if (document.did.empty()) throw InputError("the DocumentReference has no id");
  if (attachment.url.empty()) throw InputError("the attachment has no url");
  document.name = without_file_prefix(attachment.url);
  check_name(document);
  document.md5 = attachment.md5;
  std::transform(document.md5.begin(), document.md5.end(), document.md5.begin(), lower);
  if (document.md5.empty()) throw InputError("the attachment has no md5");
  if (document.md5.size() != md5_digits || !std::all_of(document.md5.begin(), document.md5.end(), is_hex)) {
    throw InputError(fmt::format("the md5 is not 32 hexadecimal digits: {}", attachment.md5));
  }
  if (!attachment.size) throw InputError("the attachment has no size");
  document.size = *attachment.size;
  return document;
}

SourceFolder::SourceFolder(const fs::path& folder) {
  std::error_code error;
  folder_ = fs::canonical(folder, error);
  if (error || !fs::is_directory(folder_, error)) {
    throw UsageError("the folder of the study's files is not there", folder.string(), "name it with --source");
  }
}

fs::path SourceFolder::find(const Attachment& attachment) const {
  std::vector<fs::path> candidates;
  if (!attachment.source_path.empty() && !is_elsewhere(attachment.source_path)) {
    const std::string named = without_file_prefix(attachment.source_path);
    candidates.push_back(folder_ / named);
    // file:///a/b is what most write for a/b, but it is the address of /a/b.
    if (attachment.source_path.starts_with("file:///")) candidates.push_back(fs::path("/") / named);
  }
  candidates.push_back(folder_ / without_file_prefix(attachment.url));
  for (const fs::path& candidate : candidates) {
    std::error_code error;
    fs::path real = fs::canonical(candidate, error);
    const bool inside = lies_in(error ? candidate.lexically_normal() : real, folder_);
    // Outside, whether it is there is nobody's business; the reading of file:///a/b as /a/b is only a try.
    if (!inside && &candidate == &candidates.front()) {
      throw InputError(fmt::format("the path leads out of the source folder: {}", candidate.string()));
    }
    if (inside && !error) return real;
  }
  throw InputError(fmt::format("the file is not there: {}", candidates.front().string()));
}

void SourceFolder::locate(const Attachment& attachment, Document& document) const {
  document.path = find(attachment);
  struct stat about {};
  if (::stat(document.path.c_str(), &about) != 0) {
    throw InputError(fmt::format("the file cannot be read: {}", std::generic_category().message(errno)));
  }
  if (!S_ISREG(about.st_mode)) throw InputError("it is no regular file: " + document.path.string());
  if (::access(document.path.c_str(), R_OK) != 0) {
    throw InputError(fmt::format("the file cannot be read: {}", std::generic_category().message(errno)));
  }
  const auto size = static_cast<std::uint64_t>(about.st_size);
  if (size != document.size) {
    throw InputError(fmt::format("the file has {} bytes, the metadata says {}", size, document.size));
  }
  constexpr std::int64_t second = 1'000'000'000;
  document.mtime_ns = about.st_mtim.tv_sec * second + about.st_mtim.tv_nsec;
}

fs::path default_source(const config::Settings& settings) {
  auto output = fs::absolute(config::folder(settings, "folder.output")).lexically_normal();
  if (!output.has_filename()) output = output.parent_path();  // it ended with a slash
  return output.parent_path();
}

}  // namespace etl::files
