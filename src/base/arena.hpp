#pragma once

#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace etl {

/// Keeps short texts at a fixed address until clear().
class Arena {
 public:
  [[nodiscard]] std::string_view keep(std::string_view text) {
    if (text.empty()) return {};
    if (text.size() > chunk_size / 4) {
      large_.push_back(std::make_unique_for_overwrite<char[]>(text.size()));
      std::memcpy(large_.back().get(), text.data(), text.size());
      return {large_.back().get(), text.size()};
    }
    if (chunks_.empty() || used_ + text.size() > chunk_size) {
      if (!chunks_.empty()) ++current_;
      if (current_ == chunks_.size()) chunks_.push_back(std::make_unique_for_overwrite<char[]>(chunk_size));
      used_ = 0;
    }
    char* const at = chunks_[current_].get() + used_;
    std::memcpy(at, text.data(), text.size());
    used_ += text.size();
    return {at, text.size()};
  }
  void clear() noexcept {
    large_.clear();
    current_ = 0;
    used_ = 0;
  }

 private:
  static constexpr std::size_t chunk_size = 16384;
  std::vector<std::unique_ptr<char[]>> chunks_;
  std::vector<std::unique_ptr<char[]>> large_;
  std::size_t current_ = 0;
  std::size_t used_ = 0;
};

}  // namespace etl
