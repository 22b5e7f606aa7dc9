#include "simplify/staged_files.hpp"

#include <system_error>
#include <utility>
#include <vector>

#include "base/access.hpp"
#include "base/error.hpp"
#include "base/exhausted.hpp"
#include "base/log.hpp"

namespace etl::simplify {

StagedFiles::StagedFiles(std::filesystem::path folder) : folder_(std::move(folder)) {
  std::error_code error;
  make_folders(folder_, Access::umask, error);
  if (error || !std::filesystem::is_directory(folder_)) {
    refuse_if_exhausted(error.value(), folder_);
    throw UsageError("cannot create the output folder: " + error.message(), folder_.string(),
                     "name a folder that this user may write to");
  }
  StagedFolder::clean(folder_);
}

AtomicFile& StagedFiles::file(const std::string& name) {
  const auto found = files_.find(name);
  if (found != files_.end()) return found->second;
  return files_.emplace(name, create(name)).first->second;
}

/// The hidden folder is made with the first file: by then the study, which may be around it, has been listed.
AtomicFile StagedFiles::create(const std::string& name) {
  if (!looked_) {
    std::string why;
    if (auto made = StagedFolder::make(folder_, why)) staged_.emplace(std::move(*made));
    if (!staged_) log::debug("{}: its files will be replaced one by one: {}", folder_.string(), why);
    looked_ = true;
  }
  // What is exchanged as a whole must be whole after a power cut, too.
  return AtomicFile((staged_ ? staged_->path() : folder_) / name, staged_.has_value());
}

void StagedFiles::replace(const std::string& name, AtomicFile file) {
  files_.erase(name);
  files_.emplace(name, std::move(file));
}

void StagedFiles::commit() {
  std::vector<std::string> names;
  for (auto& [name, file] : files_) {
    file.commit();
    names.push_back(name);
  }
  if (staged_) staged_->publish(names);
  files_.clear();
  staged_.reset();
}

}  // namespace etl::simplify
