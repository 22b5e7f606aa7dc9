#include "fhir/block_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include "base/error.hpp"

namespace etl::fhir {
namespace {

constexpr std::size_t document_chunk = std::size_t{1} << 16;
/// White space between two resources, beside one resource that is being read.
constexpr std::uint64_t most_blank = std::uint64_t{64} << 20U;

/// Only an entry's name and reference are wanted.
class Names final : public DocumentSplitter::Pieces {
 public:
  explicit Names(BundleLinks& links) : links_(links) {}
  void resource(std::string_view, std::uint64_t, const BundleEntry*) override {}
  void shell(std::string_view, std::uint64_t) override {}
  void entry(const BundleEntry& entry) override { add_link(links_, entry); }

 private:
  BundleLinks& links_;
};

}  // namespace

void Block::add(std::string_view resource, std::uint64_t line, bool shell, const BundleEntry* entry) {
  Piece piece{.begin = text.size(), .size = resource.size(), .line = line, .shell = shell};
  text.append(resource);
  text.append('\n');
  if (entry != nullptr) {
    piece.outcome = entry->is_outcome();
    const ResourceReference address = resource_reference(entry->full_url);
    if (address.form == ReferenceForm::absolute) piece.address = address_hash(address.address);
    if (entry->id.empty() && !entry->effective_id().empty()) {
      given_ids.emplace_back(entry->effective_id());
      piece.given = static_cast<std::uint32_t>(given_ids.size());
    }
  }
  pieces.push_back(piece);
}

bool has_link(const BundleEntry& entry) {
  if (entry.full_url.starts_with("urn:")) return true;
  if (!entry.full_url.starts_with("http") || entry.type.empty() || entry.id.empty()) return false;
  const ResourceReference address = resource_reference(entry.full_url);
  return address.form != ReferenceForm::absolute || address.type != entry.type || address.id != entry.id;
}

void add_link(BundleLinks& links, const BundleEntry& entry) {
  const std::string_view id = entry.effective_id();
  if (!has_link(entry) || entry.type.empty() || id.empty()) return;
  links.emplace(entry.full_url, std::string(entry.type).append(1, '/').append(id));
}

/// The pieces of JSON documents, gathered into the block at hand.
class BlockReader::Documents final : public DocumentSplitter::Pieces {
 public:
  Documents(std::size_t max_piece, std::uint32_t file, DeletionSink* sink)
      : splitter(*this, max_piece), file_(file), sink_(sink) {}

  void resource(std::string_view text, std::uint64_t line, const BundleEntry* entry) override {
    block->add(text, line, false, entry);
  }
  void shell(std::string_view text, std::uint64_t line) override { block->add(text, line, true); }
  void entry(const BundleEntry& entry) override {
    names_entries = names_entries || has_link(entry);
    if (sink_ != nullptr) deletions_.entry(entry);
  }
  void bundle_end(std::string_view type) override {
    if (sink_ != nullptr) deletions_.end(type, file_, *sink_);
  }

  DocumentSplitter splitter;
  Block* block = nullptr;
  bool names_entries = false;
  bool looked_ahead = false;
  std::shared_ptr<const BundleLinks> links;

 private:
  std::uint32_t file_;
  DeletionSink* sink_;
  BundleDeletions deletions_;
};

BlockReader::BlockReader(const std::vector<StudyFile>& files, BlockLimits limits,
                         std::function<void(const Issue&)> on_issue, std::stop_token stop, DeletionSink* deletions)
    : files_(files), limits_(limits), on_issue_(std::move(on_issue)), stop_(std::move(stop)), deletions_(deletions) {}

BlockReader::~BlockReader() = default;

bool BlockReader::next(Block& block) {
  for (;;) {
    block.text.clear();
    block.text.shrink(limits_.block * 4);
    block.pieces.clear();
    block.given_ids.clear();
    block.links.reset();
    if (!stream_ && next_file_ == files_.size()) return false;
    const std::size_t file = stream_ ? next_file_ - 1 : next_file_;
    try {
      if (!stream_ && !open_next()) continue;
      if (fill(block)) {
        block.file = static_cast<std::uint32_t>(file);
        block.number = next_number_++;
        block.text.pad();
        bytes_at_resource_ = bytes_;
        return true;
      }
      stream_.reset();
    } catch (const InputError& error) {
      stream_.reset();
      next_file_ = file + 1;
      Issue issue;
      issue.kind = IssueKind::json;
      issue.file = files_[file].name;
      issue.line = at_start_ ? 0 : line_;
      issue.message = error.what();
      on_issue_(issue);
    }
  }
}

bool BlockReader::open_next() {
  const StudyFile& file = files_[next_file_];
  carry_.clear();
  line_ = 1;
  at_start_ = true;
  at_end_ = false;
  broken_ = nullptr;
  documents_.reset();
  stream_ = ByteStream::open(file, stop_);
  bytes_at_resource_ = bytes_;
  ++next_file_;
  lines_ = is_lines(file.path);
  if (!lines_) read_as_documents();
  return true;
}

void BlockReader::read_as_documents() {
  lines_ = false;
  documents_ =
      std::make_unique<Documents>(limits_.max_resource, static_cast<std::uint32_t>(next_file_ - 1), deletions_);
}

/// Does the file begin with `[`? Then it holds an array of resources, on one line or several, whatever its name says.
/// Called with the first bytes; sets at_start_ to false.
bool BlockReader::is_array(Buffer& text) {
  if (!at_start_) return false;
  skip_byte_order_mark(text);
  at_start_ = false;
  const std::size_t first = text.view().find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && text.view()[first] == '[';
}

bool BlockReader::fill(Block& block) { return lines_ ? fill_lines(block) : fill_documents(block); }

std::size_t BlockReader::read(char* to, std::size_t size) {
  // The first bytes tell the encoding: a pipe may give them in pieces.
  const std::size_t least = at_start_ ? 3 : 1;
  std::size_t got = 0;
  while (!at_end_ && got < least) {
    const std::size_t more = stream_->read(to + got, size - got);
    got += more;
    at_end_ = more == 0;
  }
  bytes_ += got;
  check_blank();
  return got;
}

/// Blank lines cost next to nothing packed: a few megabytes of gzip can hold gigabytes of them.
void BlockReader::check_blank() const {
  const std::uint64_t most = most_blank + limits_.max_resource + limits_.block;
  if (bytes_ - bytes_at_resource_ <= most) return;
  throw InputError(fmt::format("{} MiB without a resource; the rest of the file is not read", most >> 20U));
}

void BlockReader::skip_byte_order_mark(Buffer& text) {
  const std::string_view head = text.view();
  if (head.starts_with("\xff\xfe") || head.starts_with("\xfe\xff")) {
    throw InputError("the file is UTF-16; expected UTF-8: convert it with iconv -f UTF-16 -t UTF-8");
  }
  // A byte order mark says nothing in UTF-8; editors write it all the same.
  if (head.starts_with("\xef\xbb\xbf")) std::memset(text.data(), ' ', 3);
}

bool BlockReader::fill_lines(Block& block) {
  if (broken_) std::rethrow_exception(std::exchange(broken_, nullptr));
  Buffer& text = block.text;
  text.reserve(limits_.block + carry_.size() + Buffer::padding);
  text.append(carry_.view());
  carry_.clear();
  std::size_t searched = 0;
  std::size_t goal = std::max(limits_.block, text.size() + document_chunk);
  for (;;) {
    while (!at_end_ && text.size() < goal) {
      const std::size_t have = text.size();
      text.resize(goal);
      std::size_t got = 0;
      try {
        got = read(text.data() + have, goal - have);
      } catch (const InputError&) {
        text.resize(have);
        const bool at_start = at_start_;
        if (is_array(text)) {
          broken_ = std::current_exception();
          return fill_from_array(block);
        }
        const auto* const newline = static_cast<const char*>(memrchr(text.data(), '\n', have));
        if (newline == nullptr) {
          at_start_ = at_start;
          throw;
        }
        broken_ = std::current_exception();
        text.resize(static_cast<std::size_t>(newline - text.data()) + 1);
        cut_lines(block, text.size());
        return true;
      }
      text.resize(have + got);
    }
    if (is_array(text)) return fill_from_array(block);
    if (at_end_) {
      if (text.empty()) return false;
      cut_lines(block, text.size());
      return !block.pieces.empty();
    }
    const auto* const newline = static_cast<const char*>(memrchr(text.data() + searched, '\n', text.size() - searched));
    if (newline != nullptr) {
      const auto end = static_cast<std::size_t>(newline - text.data()) + 1;
      carry_.append(text.view(end, text.size()));
      text.resize(end);
      cut_lines(block, end);
      if (!block.pieces.empty()) return true;
      text.clear();
      text.append(carry_.view());
      carry_.clear();
      searched = 0;
      continue;
    }
    searched = text.size();
    if (text.size() > limits_.max_resource) {
      throw InputError("a line is longer than " + std::to_string(limits_.max_resource >> 20U) +
                       " MiB (raise --max-resource if this is meant)");
    }
    goal = std::min(text.size() * 2, limits_.max_resource + 1);
  }
}

/// The file turned out to hold an array: what was read of it goes through the splitter, as the rest will.
bool BlockReader::fill_from_array(Block& block) {
  read_as_documents();
  carry_.clear();
  carry_.append(block.text.view());
  block.text.clear();
  return fill_documents(block);
}

/// Name the lines of text[0, end); blank ones are passed over.
void BlockReader::cut_lines(Block& block, std::size_t end) {
  const char* const data = block.text.data();
  std::size_t begin = 0;
  while (begin < end) {
    const auto* const newline = static_cast<const char*>(std::memchr(data + begin, '\n', end - begin));
    const std::size_t stop = newline == nullptr ? end : static_cast<std::size_t>(newline - data);
    std::size_t first = begin;
    std::size_t last = stop;
    while (first < last && (data[first] == ' ' || data[first] == '\t' || data[first] == '\r')) ++first;
    while (last > first && (data[last - 1] == ' ' || data[last - 1] == '\t' || data[last - 1] == '\r')) --last;
    if (first < last) block.pieces.push_back({first, last - first, line_, false});
    ++line_;
    begin = stop + 1;
  }
}

bool BlockReader::fill_documents(Block& block) {
  if (broken_ && carry_.empty()) std::rethrow_exception(std::exchange(broken_, nullptr));
  documents_->block = &block;
  try {
    feed_carry();
    if (!broken_) {
      read_documents(block);
    } else if (block.pieces.empty()) {
      std::rethrow_exception(std::exchange(broken_, nullptr));
    }
  } catch (const InputError&) {
    if (block.pieces.empty()) throw;
    broken_ = std::current_exception();  // the resources before it come first
  }
  if (!documents_->links) {
    // The names of all entries must be known before the first reference is read: one more look at the file.
    std::error_code error;
    const auto& path = files_[next_file_ - 1].path;
    const bool repeatable = path != "-" && std::filesystem::is_regular_file(path, error);
    if (repeatable &&
        (documents_->names_entries || (!broken_ && !at_end_ && !documents_->looked_ahead && mentions_names()))) {
      documents_->links = names_of_entries();
    }
    documents_->looked_ahead = true;
  }
  block.links = documents_->links;
  return !block.pieces.empty();
}

/// What fill_lines() had read before it saw that the file is an array.
void BlockReader::feed_carry() {
  if (carry_.empty()) return;
  documents_->splitter.feed(carry_.view());
  carry_.clear();
  if (at_end_) documents_->splitter.finish();
  line_ = documents_->splitter.line();
}

void BlockReader::read_documents(Block& block) {
  Buffer chunk(document_chunk);
  while (!at_end_ && block.text.size() < limits_.block) {
    chunk.resize(document_chunk);
    chunk.resize(read(chunk.data(), document_chunk));
    if (at_start_) skip_byte_order_mark(chunk);
    at_start_ = false;
    documents_->splitter.feed(chunk.view());
    if (at_end_) documents_->splitter.finish();
    line_ = documents_->splitter.line();
  }
}

/// Does `urn:` stand anywhere in the file? That is told much faster than the names themselves.
bool BlockReader::mentions_names() const {
  constexpr std::string_view name = "\"urn:";
  const auto stream = ByteStream::open(files_[next_file_ - 1], stop_);
  std::string chunk(document_chunk, '\0');
  std::size_t kept = 0;  // the end of the last chunk, where a name may begin
  for (;;) {
    const std::size_t got = stream->read(chunk.data() + kept, chunk.size() - kept);
    if (got == 0) return false;
    const std::string_view bytes(chunk.data(), kept + got);
    if (bytes.find(name) != std::string_view::npos) return true;
    kept = std::min(bytes.size(), name.size() - 1);
    std::memmove(chunk.data(), bytes.data() + bytes.size() - kept, kept);
  }
}

std::shared_ptr<const BundleLinks> BlockReader::names_of_entries() const {
  auto links = std::make_shared<BundleLinks>();
  Names names(*links);
  DocumentSplitter splitter(names, limits_.max_resource);
  Buffer chunk(document_chunk);
  const auto stream = ByteStream::open(files_[next_file_ - 1], stop_);
  const auto next_bytes = [&](std::size_t have) { return stream->read(chunk.data() + have, document_chunk - have); };
  chunk.resize(document_chunk);
  // A byte order mark is at most three bytes, which may come one by one.
  std::size_t got = next_bytes(0);
  for (std::size_t more = got; more > 0 && got < 3; got += more) more = next_bytes(got);
  chunk.resize(got);
  skip_byte_order_mark(chunk);
  while (!chunk.empty()) {
    splitter.feed(chunk.view());
    chunk.resize(document_chunk);
    chunk.resize(next_bytes(0));
  }
  return links;
}

}  // namespace etl::fhir
