#include "files/checked_source.hpp"

#include <fmt/format.h>

#include "base/error.hpp"

namespace etl::files {

void throw_wrong_md5(const std::string& is, const std::string& wanted, const std::string& place) {
  throw InputError(fmt::format("the file's md5 is {}, the metadata says {}", is, wanted), place);
}

CheckedSource::CheckedSource(const Document& document)
    : file_(document.path), wanted_(document.md5), place_(document.path.string()) {
  if (file_.size() != document.size) {
    throw InputError(fmt::format("the file has {} bytes, the metadata says {}", file_.size(), document.size), place_);
  }
}

std::size_t CheckedSource::read(std::span<char> to) {
  const std::size_t got = file_.read(to);
  md5_.add({to.data(), got});
  done_ += got;
  if (got > 0 && done_ == file_.size()) {
    if (const std::string is = md5_.hex(); is != wanted_) throw_wrong_md5(is, wanted_, place_);
  }
  return got;
}

void CheckedSource::rewind() {
  file_.rewind();
  done_ = 0;
  md5_ = Md5();
}

void check_md5(const Document& document, const std::stop_token& stop) {
  CheckedSource source(document);
  std::string piece(std::size_t{1} << 20U, '\0');
  std::uint64_t done = 0;
  while (done < document.size) {
    if (stop.stop_requested()) throw StoppedError();
    const std::size_t got = source.read(piece);
    if (got == 0) throw InputError("the file changed while it was read", document.path.string());
    done += got;
  }
}

}  // namespace etl::files
