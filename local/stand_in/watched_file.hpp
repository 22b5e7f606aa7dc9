#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "base/log.hpp"

namespace etl::stand_in {

/// What a file says, read again when it has changed on disk. A change that cannot be read leaves what was there.
template <typename Content>
class WatchedFile {
 public:
  using Read = std::function<Content(const std::string& path)>;

  /// Throws what `read` throws.
  WatchedFile(std::string path, Read read) : path_(std::move(path)), read_(std::move(read)), stamp_(stamp()) {
    content_ = std::make_shared<const Content>(read_(path_));
  }

  [[nodiscard]] std::shared_ptr<const Content> get() {
    const std::lock_guard lock(mutex_);
    if (const auto now = stamp(); now != stamp_) {
      stamp_ = now;
      try {
        content_ = std::make_shared<const Content>(read_(path_));
      } catch (const std::exception& error) {
        log::warn("{}: {}; what it said before holds", path_, error.what());
      }
    }
    return content_;
  }

 private:
  /// Both change when a file is replaced, even within the clock's tick.
  using Stamp = std::pair<std::filesystem::file_time_type, std::uintmax_t>;
  [[nodiscard]] Stamp stamp() const {
    std::error_code ignored;
    return {std::filesystem::last_write_time(path_, ignored), std::filesystem::file_size(path_, ignored)};
  }

  std::string path_;
  Read read_;
  std::mutex mutex_;
  Stamp stamp_;
  std::shared_ptr<const Content> content_;
};

}  // namespace etl::stand_in
