#include "search/reject_file.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

#include "base/access.hpp"
#include "base/error.hpp"

namespace etl::search {

RejectFile::RejectFile(std::filesystem::path path) : path_(std::move(path)) {
  std::error_code none;
  std::filesystem::remove(path_, none);
}

void RejectFile::add(const RejectedDocument& rejected) {
  if (!file_.is_open()) {
    std::error_code error;
    if (path_.has_parent_path()) make_folders(path_.parent_path(), Access::owner, error);
    file_.open(path_, std::ios::out | std::ios::trunc);
    first_reason_ = fmt::format("{}: {}", rejected.id, rejected.reason);
  }
  const nlohmann::json line{
      {"index", rejected.index}, {"id", rejected.id}, {"status", rejected.status}, {"reason", rejected.reason}};
  file_ << line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << '\n' << std::flush;
  if (!file_) {
    throw UsageError("cannot write the file of refused documents", path_.string(), "name another with --reject-file");
  }
}

}  // namespace etl::search
