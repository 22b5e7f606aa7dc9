#pragma once

#include <cstring>
#include <memory>
#include <string_view>
#include <utility>

namespace etl {

/// A growing run of bytes for the hot path: unlike std::string it does not clear what it grows into, keeps no
/// terminator, and copies short pieces without a call.
class Buffer {
 public:
  Buffer() = default;
  explicit Buffer(std::size_t capacity) { reserve(capacity); }

  [[nodiscard]] char* data() noexcept { return data_.get(); }
  [[nodiscard]] const char* data() const noexcept { return data_.get(); }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  [[nodiscard]] std::string_view view() const noexcept { return {data_.get(), size_}; }
  [[nodiscard]] std::string_view view(std::size_t begin, std::size_t end) const noexcept {
    return {data_.get() + begin, end - begin};
  }
  void clear() noexcept { size_ = 0; }
  /// Make it `size` bytes long; what is new is not initialised.
  void resize(std::size_t size) {
    reserve(size);
    size_ = size;
  }
  void reserve(std::size_t capacity) {
    if (capacity > capacity_) grow(capacity);
  }
  /// Give the memory back when it has grown beyond `most` bytes.
  void shrink(std::size_t most) {
    if (capacity_ <= most) return;
    data_.reset();
    capacity_ = size_ = 0;
  }

  /// Put NULs behind the bytes, uncounted: readers that look ahead may touch `padding` of them.
  void pad() {
    reserve(size_ + padding);
    std::memset(data_.get() + size_, 0, padding);
  }
  static constexpr std::size_t padding = 64;

  void append(char c) {
    reserve(size_ + 1);
    data_[size_++] = c;
  }
  void append(std::string_view text) {
    if (text.size() > capacity_ - size_) grow(size_ + text.size());
    copy(data_.get() + size_, text.data(), text.size());
    size_ += text.size();
  }

 private:
  static void copy(char* to, const char* from, std::size_t n) noexcept {
    // Two overlapping moves of a fixed width cover any length up to twice that width.
    if (n > 32) {
      std::memcpy(to, from, n);
    } else if (n >= 16) {
      move<16>(to, from, n);
    } else if (n >= 8) {
      move<8>(to, from, n);
    } else if (n >= 4) {
      move<4>(to, from, n);
    } else {
      for (std::size_t i = 0; i < n; ++i) to[i] = from[i];
    }
  }
  template <std::size_t Width>
  static void move(char* to, const char* from, std::size_t n) noexcept {
    char first[Width];
    char last[Width];
    std::memcpy(first, from, Width);
    std::memcpy(last, from + n - Width, Width);
    std::memcpy(to, first, Width);
    std::memcpy(to + n - Width, last, Width);
  }
  void grow(std::size_t least) {
    std::size_t capacity = capacity_ == 0 ? 256 : capacity_ * 2;
    if (capacity < least) capacity = least;
    auto larger = std::make_unique_for_overwrite<char[]>(capacity);
    if (size_ > 0) std::memcpy(larger.get(), data_.get(), size_);
    data_ = std::move(larger);
    capacity_ = capacity;
  }

  std::unique_ptr<char[]> data_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace etl
