#include "flat/document_files.hpp"

#include <system_error>
#include <utility>

#include "base/access.hpp"
#include "base/error.hpp"
#include "base/log.hpp"

namespace etl::flat {

using simplify::StagedFolder;

DocumentFiles::DocumentFiles(std::filesystem::path folder) : folder_(std::move(folder)) {
  std::error_code error;
  make_folders(folder_, Access::umask, error);
  if (error || !std::filesystem::is_directory(folder_)) {
    throw UsageError("cannot create the output folder: " + error.message(), folder_.string(),
                     "name a folder that can be written");
  }
  StagedFolder::clean(folder_);
}

bool DocumentFiles::begin(std::span<const DocumentSet> sets, std::string_view /*digest*/) {
  std::string why;
  if (auto made = StagedFolder::make(folder_, why)) staged_.emplace(std::move(*made));
  if (!staged_) log::debug("{}: its files are replaced one after the other: {}", folder_.string(), why);
  for (const DocumentSet& set : sets) {
    names_.push_back(set.type + ".ndjson");
    // What takes the folder's place as a whole must be whole after a power cut, too.
    files_.emplace_back((staged_ ? staged_->path() : folder_) / names_.back(), staged_.has_value());
  }
  return true;
}

void DocumentFiles::take(std::size_t set, std::span<const Document> documents) {
  text_.clear();
  for (const Document& document : documents) {
    text_.append(document.json);
    text_.append('\n');
  }
  files_[set].write(text_.view());
}

void DocumentFiles::commit() {
  for (AtomicFile& file : files_) file.commit();
  if (staged_) staged_->publish(names_);
  files_.clear();
  staged_.reset();
}

}  // namespace etl::flat
