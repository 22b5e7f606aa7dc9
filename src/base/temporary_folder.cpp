#include "base/temporary_folder.hpp"

#include <fmt/format.h>
#include <stdlib.h>  // NOLINT(modernize-deprecated-headers): mkdtemp is POSIX

#include <cerrno>
#include <string>
#include <system_error>

#include "base/errno_text.hpp"
#include "base/error.hpp"
#include "base/exhausted.hpp"

namespace etl {

TemporaryFolder::TemporaryFolder(const std::filesystem::path& parent, std::string_view name, std::string_view hint) {
  std::string pattern = (parent / fmt::format("{}-XXXXXX", name)).string();
  if (::mkdtemp(pattern.data()) == nullptr) {
    const int why = errno;
    refuse_if_exhausted(why, parent);
    throw UsageError("cannot create a temporary folder: " + errno_text(why), parent.string(), std::string(hint));
  }
  path_ = pattern;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

}  // namespace etl
