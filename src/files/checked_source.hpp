#pragma once

#include <span>
#include <stop_token>
#include <string>

#include "base/digest.hpp"
#include "files/document.hpp"
#include "net/file_source.hpp"

namespace etl::files {

/// A whole file as a request's body. The last bytes are held back until the md5 of all is known to be what the metadata
/// says; when it is not, or the file has become longer or shorter, read() throws InputError, the request stays
/// incomplete, and S3 keeps nothing.
class CheckedSource final : public net::BodySource {
 public:
  /// `document` must outlive it.
  explicit CheckedSource(const Document& document);

  [[nodiscard]] std::uint64_t size() const override { return file_.size(); }
  std::size_t read(std::span<char> to) override;
  void rewind() override;

 private:
  const Document& document_;
  net::FileSource file_;
  std::uint64_t done_ = 0;
  Md5 md5_;
};

/// Reads the whole file. InputError when it is not what the metadata says.
void check_md5(const Document& document, const std::stop_token& stop);

}  // namespace etl::files
