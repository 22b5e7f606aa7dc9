#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "base/sqlite.hpp"

namespace etl::run {

/// What a later run has to know of earlier ones: `<state_dir>/run.db`. It saves work, and nothing hangs on it: without
/// it a run does the same, and takes longer.
class Journal {
 public:
  explicit Journal(const std::filesystem::path& state_dir);

  /// A study that was found valid.
  struct Valid {
    std::string mark;  ///< study_mark() of what was read
    std::uint64_t resources = 0;
    std::uint64_t warnings = 0;
  };
  void note_valid(const std::filesystem::path& study, const Valid& valid);
  /// Without making a journal where there is none.
  [[nodiscard]] static std::optional<Valid> read_valid(const std::filesystem::path& state_dir,
                                                       const std::filesystem::path& study);

  using Time = std::chrono::sys_seconds;
  /// A run of these studies ("all") begins, and comes to its end.
  void note_begin(const std::string& which, Time time);
  void note_end(const std::string& which);
  /// When the last one began; none when it never came to its end: then it is to be gone on with.
  [[nodiscard]] std::optional<Time> last_begin(const std::string& which);

 private:
  sqlite::Database database_;
};

}  // namespace etl::run
