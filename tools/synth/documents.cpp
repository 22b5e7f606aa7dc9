#include "documents.hpp"

#include <algorithm>
#include <cstring>
#include <vector>

#include "base/digest.hpp"
#include "output.hpp"

namespace etl::synth {

namespace {

struct Format {
  std::string_view folder;
  std::string_view suffix;  ///< with its dot; empty: the name has none
  std::string_view media_type;
  bool binary;
};

constexpr Format formats[] = {
    {"dna", ".csv", "text/csv", false},
    {"images", ".dcm", "application/dicom", true},
    {"notes", ".txt", "text/plain", false},
    {"images", ".tif", "image/tiff", true},
    {"logs", ".log", "text/plain", false},
    {"logs", ".out", "text/plain", false},
    {"code", ".m", "text/plain", false},
    {"code", ".sh", "application/x-sh", false},
    {"raw", ".bin", "application/octet-stream", true},
    {"raw", "", "application/octet-stream", true},
    {"dna", ".vcf.gz", "application/gzip", true},
    {"notes", ".TXT", "text/plain", false},
};

/// Characters that have made uploaders stumble: a percent sign, a plus, an accent, brackets.
constexpr std::string_view decorations[] = {"", "", "", "", "", "%41", "+", "-été", "(1)", "=x&y", "", "~"};

/// Fills with letters in lines of 64, or with any bytes.
void fill(std::vector<char>& block, Random& random, bool binary) {
  for (std::size_t at = 0; at < block.size(); at += sizeof(std::uint64_t)) {
    std::uint64_t word = random.next();
    if (!binary) {
      word = (word & 0x0F0F0F0F0F0F0F0FULL) + 0x6161616161616161ULL;
      if (at % 64 == 56) {
        word = (word & 0x00FFFFFFFFFFFFFFULL) | (std::uint64_t{'\n'} << 56U);
      }
    }
    for (std::size_t byte = 0; byte < sizeof word; ++byte) {  // little end first on every machine
      block[at + byte] = static_cast<char>(word >> (8U * byte));
    }
  }
}

}  // namespace

Documents::Documents(const World& world, std::filesystem::path folder) : world_(world), folder_(std::move(folder)) {}

Document Documents::make(std::uint64_t index) {
  Random random = world_.random(Type::DocumentReference, index, 4);
  const Format& format = formats[index % std::size(formats)];
  Document document;
  document.media_type = format.media_type;
  document.title.push_back('f');
  append_digits(document.title, index, 8);
  document.title += decorations[(index / 3) % std::size(decorations)];
  document.title += format.suffix;
  document.path.append(world_.study);
  document.path += '/';
  document.path += format.folder;
  document.path += '/';
  append_digits(document.path, index / 1000, 5);  // no folder holds more than a thousand files
  document.path += '/';
  document.path += document.title;
  const std::uint64_t span = world_.most_bytes - world_.least_bytes + 1;
  document.bytes = world_.least_bytes + (span == 0 ? random.next() : random.next() % span);
  if (world_.bodies) {
    write_body(document, random, format.binary, document.md5);
    ++files_;
    bytes_ += document.bytes;
  } else {
    append_hex(document.md5, random.next());
    append_hex(document.md5, random.next());
  }
  return document;
}

void Documents::write_body(const Document& document, Random random, bool binary, std::string& md5) {
  const std::filesystem::path path = folder_ / "output" / document.path;
  if (const std::string parent = path.parent_path().string(); parent != made_folder_) {
    make_folder(parent);
    made_folder_ = parent;
  }
  File file(path.string());
  Md5 digest;
  constexpr std::size_t most = 65536;
  std::vector<char> block;
  for (std::uint64_t left = document.bytes; left != 0;) {
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(left, most));
    block.resize((size + 7) / 8 * 8);
    fill(block, random, binary);
    file.write({block.data(), size});
    digest.add({block.data(), size});
    left -= size;
  }
  file.close();
  md5 = digest.hex();
}

}  // namespace etl::synth
