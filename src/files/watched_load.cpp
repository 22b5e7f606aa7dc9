#include "files/watched_load.hpp"

#include <fmt/format.h>

#include "base/progress.hpp"
#include "base/text.hpp"
#include "files/file_log.hpp"

namespace etl::files {

LoadResult load_watched(const Services& services, Journal& journal, Manifest& manifest, LoadRequest request,
                        const std::string& what) {
  const std::uint64_t count = manifest.files();
  std::uint64_t done = 0;
  Progress progress(what, manifest.bytes());
  progress.note(fmt::format("0 of {}", human_count(count)));
  request.upload.on_bytes = [&](std::uint64_t bytes) { progress.add(bytes); };
  return load(services, journal, manifest, request, [&](const FileResult& file) {
    log_result(file, request.dry_run);
    progress.note(fmt::format("{} of {}", human_count(++done), human_count(count)));
    if (file.outcome == Outcome::unchanged || file.outcome == Outcome::adopted) progress.add(file.document.size);
  });
}

}  // namespace etl::files
