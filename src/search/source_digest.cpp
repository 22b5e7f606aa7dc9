#include "search/source_digest.hpp"

#include <fmt/format.h>
#include <xxhash.h>

#include <fstream>
#include <memory>
#include <vector>

#include "base/error.hpp"
#include "simplify/facts_scan.hpp"

namespace etl::search {

std::string source_digest(const std::vector<fhir::StudyFile>& files, std::string_view settings,
                          const std::stop_token& stop) {
  if (!simplify::are_repeatable(files)) return {};
  const std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)> state(XXH3_createState(), &XXH3_freeState);
  if (!state) throw std::bad_alloc();
  XXH3_128bits_reset(state.get());
  const auto add = [&](std::string_view bytes) { XXH3_128bits_update(state.get(), bytes.data(), bytes.size()); };
  add(settings);
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
      add({buffer.data(), got});
      size += got;
    }
    if (stream.bad()) throw InputError("cannot read the file to its end", file.name);
    // How a file is read depends on its name, and where one file ends on its size.
    add(fmt::format("\n{} {} {}\n", size, fhir::is_lines(file.path), fhir::is_gzip(file.path)));
  }
  const XXH128_hash_t hash = XXH3_128bits_digest(state.get());
  return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
}

}  // namespace etl::search
