#include "files/checked_source.hpp"

#include "base/error.hpp"

namespace etl::files {

CheckedSource::CheckedSource(const Document& document)
    : document_(document), file_(document.open(), document.path()) {
  if (file_.size() != document.size) throw_wrong_size(document);
}

std::size_t CheckedSource::read(std::span<char> to) {
  const std::size_t got = file_.read(to);
  md5_.add({to.data(), got});
  done_ += got;
  if (got > 0 && done_ == file_.size()) {
    if (md5_.hex() != document_.md5) throw_wrong_md5(document_);
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
    if (got == 0) throw InputError("the file changed while it was read", document.path());
    done += got;
  }
}

}  // namespace etl::files
