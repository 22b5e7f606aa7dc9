#pragma once

#include <fmt/format.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.hpp"

namespace etl {

/// "did you mean `Diabetes`?" for a mistyped name, with the candidate that is nearest to it; `otherwise` when none is
/// near. Every command that looks a name up in a list answers with this.
[[nodiscard]] inline std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates,
                                              std::string_view otherwise = {}) {
  const std::string near = nearest(word, candidates);
  return near.empty() ? std::string(otherwise) : fmt::format("did you mean `{}`?", near);
}

/// The same for a path that is not there: the nearest name beside its first part that is missing, "did you mean
/// `studies/Diabetes`?". `otherwise` when there is none, and for a folder that cannot be read or is very large.
[[nodiscard]] std::string did_you_mean_path(const std::filesystem::path& path, std::string_view otherwise = {});

}  // namespace etl
