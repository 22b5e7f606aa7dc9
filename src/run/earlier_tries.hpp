#pragma once

#include <cstdint>
#include <string>
#include <utility>

namespace etl::run {

/// Files that earlier tries of a step brought for a study before they ended with an exception. The next try finds them
/// in place, and would count them as unchanged.
class EarlierTries {
 public:
  /// `replaced`: of the files, those that replaced another record.
  void add(const std::string& study, std::uint64_t files, std::uint64_t bytes, std::uint64_t replaced = 0) {
    if (study != study_) *this = EarlierTries(study);
    files_ += files;
    bytes_ += bytes;
    replaced_ += replaced;
  }
  [[nodiscard]] std::uint64_t files(const std::string& study) const { return study == study_ ? files_ : 0; }
  [[nodiscard]] std::uint64_t bytes(const std::string& study) const { return study == study_ ? bytes_ : 0; }
  [[nodiscard]] std::uint64_t replaced(const std::string& study) const { return study == study_ ? replaced_ : 0; }

  EarlierTries() = default;

 private:
  explicit EarlierTries(std::string study) : study_(std::move(study)) {}

  std::string study_;
  std::uint64_t files_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint64_t replaced_ = 0;
};

}  // namespace etl::run
