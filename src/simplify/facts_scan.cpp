#include "simplify/facts_scan.hpp"

#include <cstring>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "fhir/byte_stream.hpp"

namespace etl::simplify {
namespace {

constexpr std::size_t chunk_size = std::size_t{1} << 20U;
constexpr std::size_t overlap = 256;
constexpr std::string_view space = " \t\r\n";

/// `"reference": "http…`
bool has_url(std::string_view bytes) {
  constexpr std::string_view name = "\"reference\"";
  for (std::size_t at = bytes.find(name); at != std::string_view::npos; at = bytes.find(name, at + 1)) {
    std::size_t next = bytes.find_first_not_of(space, at + name.size());
    if (next == std::string_view::npos || bytes[next] != ':') continue;
    next = bytes.find_first_not_of(space, next + 1);
    if (next != std::string_view::npos && bytes.substr(next).starts_with("\"http")) return true;
  }
  return false;
}

bool file_may_need_facts(const fhir::StudyFile& file) {
  const auto stream = fhir::ByteStream::open(file);
  std::string chunk(overlap + chunk_size, '\0');
  std::size_t kept = 0;
  for (;;) {
    const std::size_t got = stream->read(chunk.data() + kept, chunk_size);
    if (got == 0) return false;
    const std::string_view bytes(chunk.data(), kept + got);
    if (bytes.find("\"DELETE\"") != std::string_view::npos || has_url(bytes)) return true;
    kept = std::min(bytes.size(), overlap);
    std::memmove(chunk.data(), bytes.data() + bytes.size() - kept, kept);
  }
}

}  // namespace

bool may_need_facts(const std::vector<fhir::StudyFile>& files) {
  for (const fhir::StudyFile& file : files) {
    try {
      if (file_may_need_facts(file)) return true;
    } catch (const InputError&) {
      continue;  // the reader will name it
    }
  }
  return false;
}

}  // namespace etl::simplify
