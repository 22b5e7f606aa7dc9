#include "files/state_files.hpp"

#include <fmt/format.h>

#include "net/url.hpp"

namespace etl::files {

std::filesystem::path state_file(const std::filesystem::path& state_folder, const std::string& endpoint,
                                 const std::string& suffix) {
  const std::string address = net::without_query(endpoint);  // no password becomes part of a file's name
  const std::size_t scheme = address.find("://");
  const std::string host = scheme == std::string::npos ? address : address.substr(scheme + 3);
  return state_folder / "files" / (as_file_name(host) + suffix);
}

ProjectLock::ProjectLock(const std::filesystem::path& state_folder, const std::string& endpoint,
                         const ProjectId& project)
    : lock_(state_file(state_folder, endpoint, "." + as_file_name(project.str()) + ".lock"),
            fmt::format("another run changes the files of {}", project.str())) {}

}  // namespace etl::files
