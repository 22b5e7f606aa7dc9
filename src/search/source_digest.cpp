#include "search/source_digest.hpp"

#include <fmt/format.h>

#include <fstream>
#include <vector>

#include "base/error.hpp"
#include "base/fast_digest.hpp"
#include "simplify/facts_scan.hpp"

namespace etl::search {

std::string source_digest(const std::vector<fhir::StudyFile>& files, std::string_view settings,
                          const std::stop_token& stop) {
  if (!simplify::are_repeatable(files)) return {};
  FastDigest digest;
  digest.add(settings);
  constexpr std::size_t chunk = std::size_t{1} << 20U;
  std::vector<char> buffer(chunk);
  for (const fhir::StudyFile& file : files) {
    std::ifstream stream(file.path, std::ios::binary);
    if (!stream) throw InputError("cannot read the file", file.name);
    std::uint64_t size = 0;
    while (stream) {
      if (stop.stop_requested()) throw StoppedError();
      stream.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
      const auto got = static_cast<std::size_t>(stream.gcount());
      digest.add({buffer.data(), got});
      size += got;
    }
    if (stream.bad()) throw InputError("cannot read the file to its end", file.name);
    // How a file is read depends on its name, and where one file ends on its size.
    digest.add(fmt::format("\n{} {} {}\n", size, fhir::is_lines(file.path), fhir::is_gzip(file.path)));
  }
  return digest.hex();
}

}  // namespace etl::search
