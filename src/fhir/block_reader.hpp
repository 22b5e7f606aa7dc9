#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "base/buffer.hpp"
#include "fhir/byte_stream.hpp"
#include "fhir/deletions.hpp"
#include "fhir/document_splitter.hpp"
#include "fhir/issue.hpp"
#include "fhir/study_files.hpp"
#include "fhir/walker.hpp"

namespace etl::fhir {

/// Some resources of one file, as text.
struct Block {
  struct Piece {
    std::size_t begin = 0;
    std::size_t size = 0;
    std::uint64_t line = 1;
    bool shell = false;         ///< what is left of a Bundle without its resources
    bool outcome = false;       ///< a server's remark (BundleEntry::is_outcome), no part of the study
    std::uint64_t address = 0;  ///< hash of the absolute URL that its Bundle gives it (address_hash); 0: none
    std::uint32_t given = 0;    ///< 1 + the place in given_ids of the id that its Bundle gives it; 0: none
  };
  std::uint64_t number = 0;  ///< 0, 1, …: the order of the input
  std::uint32_t file = 0;    ///< its place in the list of files
  Buffer text;               ///< padded with NULs
  std::vector<Piece> pieces;
  std::vector<std::string> given_ids;        ///< ids of resources that have none of their own
  std::shared_ptr<const BundleLinks> links;  ///< of the file, where it is a Bundle whose entries have urn: names

  [[nodiscard]] std::string_view piece(const Piece& p) const noexcept { return text.view(p.begin, p.begin + p.size); }
  /// `entry`: of the Bundle that it stands in, or null.
  void add(std::string_view resource, std::uint64_t line, bool shell, const BundleEntry* entry = nullptr);
  [[nodiscard]] std::string_view given_id(const Piece& p) const noexcept {
    return p.given == 0 ? std::string_view{} : std::string_view(given_ids[p.given - 1]);
  }
};

/// Notes what the entry is called within its Bundle, where references may go by that name.
void add_link(BundleLinks& links, const BundleEntry& entry);
/// Does the entry have a name that add_link() notes?
[[nodiscard]] bool has_link(const BundleEntry& entry);

struct BlockLimits {
  std::size_t block = std::size_t{1} << 20;          ///< bytes of a block, when resources are small
  std::size_t max_resource = std::size_t{64} << 20;  ///< bytes of one resource (or one line)
};

/// Reads a study's files one after the other into blocks of whole resources: NDJSON by lines, JSON documents by their
/// brackets. A file that begins with `[` is read as a document whatever its name is, so an array of resources may be of
/// any size and on one line. Not for several threads at once.
class BlockReader {
 public:
  /// `on_issue` is called for files that cannot be read to their end, and for those with too many bytes between two
  /// resources; reading continues with the next file. After a stop was requested, next() throws StoppedError, also in
  /// the middle of a file. `deletions`, where given, is told what Bundle files delete (those on the lines of NDJSON are
  /// left to the caller, which reads the lines).
  BlockReader(const std::vector<StudyFile>& files, BlockLimits limits, std::function<void(const Issue&)> on_issue,
              std::stop_token stop = {}, DeletionSink* deletions = nullptr);
  ~BlockReader();
  BlockReader(const BlockReader&) = delete;
  BlockReader& operator=(const BlockReader&) = delete;

  /// The next block; false at the end.
  [[nodiscard]] bool next(Block& block);

  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }  ///< unpacked, so far

 private:
  class Documents;

  [[nodiscard]] bool open_next();
  [[nodiscard]] bool fill(Block& block);
  [[nodiscard]] bool fill_lines(Block& block);
  [[nodiscard]] bool fill_documents(Block& block);
  [[nodiscard]] bool fill_from_array(Block& block);
  [[nodiscard]] bool is_array(Buffer& text);
  void read_as_documents();
  void feed_carry();
  void read_documents(Block& block);
  [[nodiscard]] bool mentions_names() const;
  [[nodiscard]] std::shared_ptr<const BundleLinks> names_of_entries() const;
  void cut_lines(Block& block, std::size_t end);
  std::size_t read(char* to, std::size_t size);
  void check_blank() const;
  static void skip_byte_order_mark(Buffer& text);

  const std::vector<StudyFile>& files_;
  BlockLimits limits_;
  std::function<void(const Issue&)> on_issue_;
  std::stop_token stop_;
  DeletionSink* deletions_;
  std::size_t next_file_ = 0;
  std::uint64_t next_number_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint64_t bytes_at_resource_ = 0;  ///< of `bytes_`, when the last resource was found

  std::unique_ptr<ByteStream> stream_;
  bool lines_ = true;
  bool at_start_ = false;
  bool at_end_ = false;
  std::uint64_t line_ = 1;
  Buffer carry_;  ///< read, and not in a block yet: of lines the last, which has no end yet; of an array the beginning
  std::exception_ptr broken_;  ///< what ended the file, once the whole lines before it are given
  std::unique_ptr<Documents> documents_;
};

}  // namespace etl::fhir
