// A study's file on the disk: NDJSON or JSON documents, plain or gzip. The first byte of the input says which; its
// other bytes are the file, or are packed to be it.

#include <unistd.h>
#include <zlib.h>

#include <filesystem>

#include "documents/study_reader.hpp"
#include "fhir/block_reader.hpp"
#include "properties.hpp"

namespace {

using namespace etl;
using fuzz::require;
namespace fs = std::filesystem;

/// A file in memory under names with all endings: the ending says whether it is read as lines or as documents.
class NamedFile {
 public:
  NamedFile() {
    std::string name = (fs::temp_directory_path() / "aced-etl-fuzz-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    folder_ = name;
    for (const char* const one : {"f.ndjson", "f.json", "f.ndjson.gz", "f.json.gz"})
      fs::create_symlink(file_.path(), folder_ / one);
  }
  ~NamedFile() {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  NamedFile(const NamedFile&) = delete;
  NamedFile& operator=(const NamedFile&) = delete;

  [[nodiscard]] fhir::StudyFile with(std::string_view bytes, const std::string& name) const {
    file_.set(bytes);
    return {folder_ / name, name, bytes.size()};
  }

 private:
  fuzz::MemoryFile file_{"study"};
  fs::path folder_;
};

std::string packed(std::string_view bytes) {
  z_stream zlib{};
  require(deflateInit2(&zlib, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK, "zlib does not start");
  std::string out(deflateBound(&zlib, bytes.size()), '\0');
  zlib.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  zlib.avail_in = static_cast<uInt>(bytes.size());
  zlib.next_out = reinterpret_cast<Bytef*>(out.data());
  zlib.avail_out = static_cast<uInt>(out.size());
  require(deflate(&zlib, Z_FINISH) == Z_STREAM_END, "zlib does not end");
  out.resize(zlib.total_out);
  deflateEnd(&zlib);
  return out;
}

class Deleted final : public fhir::DeletionSink {
 public:
  void deleted(std::string_view target) override { all.append(target).push_back('\n'); }
  void not_carried_out(fhir::Location where) override { all.append(std::to_string(where.line)).push_back('\n'); }
  std::string all;
};

/// All that a reader gives, in its order.
struct Reading {
  std::vector<std::string> pieces;
  std::vector<std::string> issues;
  std::string deleted;
  std::uint64_t bytes = 0;
  std::uint64_t resources = 0;  ///< that read_study() has to count or name
  friend bool operator==(const Reading&, const Reading&) = default;
};

/// A Bundle or List on a line stands for its entries, of which it may have none. An escape may spell these words.
bool may_be_container(std::string_view resource) {
  return std::ranges::any_of(std::initializer_list<std::string_view>{"Bundle", "entry", "\\"},
                             [&](std::string_view word) { return resource.find(word) != std::string_view::npos; });
}

Reading read(const fhir::StudyFile& file, fhir::BlockLimits limits) {
  const std::vector<fhir::StudyFile> files{file};
  Reading out;
  Deleted deleted;
  fhir::BlockReader reader(
      files, limits,
      [&](const fhir::Issue& issue) {
        require(issue.file == file.name && !issue.message.empty(), "an issue without its place");
        out.issues.push_back(std::to_string(issue.line) + ' ' + issue.message);
      },
      {}, &deleted);
  fhir::Block block;
  std::uint64_t number = 0;
  while (reader.next(block)) {
    require(block.number == number++ && block.file == 0, "blocks out of order");
    require(!block.pieces.empty(), "a block without resources");
    for (const auto& piece : block.pieces) {
      require(piece.size > 0 && piece.begin + piece.size <= block.text.size(), "a piece outside of its block");
      // Lines are cut out of the bytes that were read already, 64 KiB at least.
      require(piece.size <= std::max(limits.max_resource, std::size_t{1} << 16U), "a piece larger than the limit");
      // A server's remark on its answer (OperationOutcome) is no resource of the study.
      out.resources += piece.shell || piece.outcome || may_be_container(block.piece(piece)) ? 0 : 1;
      out.pieces.push_back(std::to_string(piece.line) + (piece.shell ? " s " : " r ") + (piece.outcome ? "o " : "") +
                           std::to_string(piece.address) + ' ' + std::string(block.given_id(piece)) + ' ' +
                           std::string(block.piece(piece)));
    }
  }
  out.deleted = std::move(deleted.all);
  out.bytes = reader.bytes();
  return out;
}

void read_as_documents(const fhir::StudyFile& file, std::uint64_t resources) {
  std::uint64_t issues = 0;
  std::uint64_t references = 0;
  documents::StudyContents contents;
  const auto refused = fuzz::refusal_of([&] {
    contents = documents::read_study(
        {file}, {.on_reference =
                     [&](const documents::Reference&, const std::string& place) {
                       require(place.starts_with(file.name + ':'), "another place: " + place);
                       ++references;
                     },
                 .on_issue =
                     [&](const std::string& what, const std::string& place) {
                       require(!what.empty() && place.starts_with(file.name + ':'), "an issue without its place");
                       ++issues;
                     }});
  });
  require(!refused, "a file whose reading ended: " + (refused ? refused->all() : std::string()));
  std::uint64_t found = contents.deleted + contents.superseded;
  for (const auto& [type, count] : contents.types) found += count;
  require(found + contents.unreadable >= resources, "resources that are neither counted nor named");
  const auto documents = contents.types.find("DocumentReference");
  require(references == (documents == contents.types.end() ? 0 : documents->second),
          "other counts of DocumentReferences");
  require(issues <= contents.unreadable, "issues that are not counted");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  static const NamedFile file;
  const bool lines = (data[0] & 1U) != 0;
  const bool pack = (data[0] & 2U) != 0;
  const std::string_view bytes = fuzz::text_of(data + 1, size - 1);
  const std::string name = lines ? "f.ndjson" : "f.json";

  const fhir::StudyFile plain = file.with(bytes, name);
  const Reading whole = read(plain, {});
  require(read(plain, {.block = 64}) == whole, "what is read depends on the size of blocks");
  read_as_documents(plain, whole.resources);
  const bool is_gzip = bytes.starts_with("\x1f\x8b");
  if (!is_gzip) require(!whole.issues.empty() || whole.bytes >= bytes.size(), "bytes were left out in silence");
  static_cast<void>(read(plain, {.block = 64, .max_resource = 100}));
  if (pack && !is_gzip) {
    require(read(file.with(packed(bytes), name + ".gz"), {}) == whole, "a packed file is read differently");
    // Two members in one file are one file. How many bytes were read before an issue depends on where the first ends.
    const std::size_t half = bytes.size() / 2;
    const std::string members = packed(bytes.substr(0, half)) + packed(bytes.substr(half));
    Reading two = read(file.with(members, name + ".gz"), {});
    if (!two.issues.empty()) two.bytes = whole.bytes;
    require(two == whole, "two gzip members are not read as one file");
  }
  return 0;
}
