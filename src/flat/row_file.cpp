#include "flat/row_file.hpp"

namespace etl::flat {

void RowFile::append(std::string_view text, std::uint64_t rows) {
  if (text.empty()) return;
  Chunk chunk{0, text.size(), rows_, {}};
  rows_ += rows;
  if (resident_ + text.size() <= memory_) {
    resident_ += text.size();
    chunk.resident.append(text);
  } else {
    if (!file_) file_ = std::make_unique<fhir::SpillFile>(temp_dir_);
    chunk.offset = file_->end();
    file_->append(text.data(), text.size());
  }
  chunks_.push_back(std::move(chunk));
}

std::string_view RowFile::read(std::size_t chunk, Buffer& scratch) const {
  const Chunk& of = chunks_[chunk];
  if (!of.resident.empty()) return of.resident.view();
  scratch.resize(of.size);
  file_->read(scratch.data(), of.size, of.offset);
  return scratch.view();
}

}  // namespace etl::flat
