#include "simplify/facts_scan.hpp"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

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

constexpr std::string_view deletion = "\"DELETE\"";

template <typename Found>
bool any_chunk(const fhir::StudyFile& file, const Found& found) {
  const auto stream = fhir::ByteStream::open(file);
  std::string chunk(overlap + chunk_size, '\0');
  std::size_t kept = 0;
  for (;;) {
    const std::size_t got = stream->read(chunk.data() + kept, chunk_size);
    if (got == 0) return false;
    const std::string_view bytes(chunk.data(), kept + got);
    if (found(bytes)) return true;
    kept = std::min(bytes.size(), overlap);
    std::memmove(chunk.data(), bytes.data() + bytes.size() - kept, kept);
  }
}

template <typename Found>
bool any_file(const std::vector<fhir::StudyFile>& files, const Found& found) {
  for (const fhir::StudyFile& file : files) {
    try {
      if (any_chunk(file, found)) return true;
    } catch (const InputError&) {
      continue;  // the reader will name it
    }
  }
  return false;
}

}  // namespace

bool may_need_facts(const std::vector<fhir::StudyFile>& files) {
  return any_file(files, [](std::string_view bytes) { return bytes.find(deletion) != bytes.npos || has_url(bytes); });
}

bool may_delete(const std::vector<fhir::StudyFile>& files) {
  return any_file(files, [](std::string_view bytes) { return bytes.find(deletion) != bytes.npos; });
}

bool are_repeatable(const std::vector<fhir::StudyFile>& files) {
  return std::ranges::all_of(files, [](const fhir::StudyFile& file) {
    std::error_code error;
    return file.path != "-" && std::filesystem::is_regular_file(file.path, error);
  });
}

}  // namespace etl::simplify
