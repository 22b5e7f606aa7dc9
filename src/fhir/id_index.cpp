#include "fhir/id_index.hpp"

#include <fcntl.h>
#include <unistd.h>
#include <xxhash.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <queue>
#include <tuple>

#include "base/error.hpp"

namespace etl::fhir {
namespace {

constexpr std::uint32_t reference_bit = 0x8000'0000U;
constexpr std::size_t read_ahead = 2048;  // entries

int temporary_file(const std::filesystem::path& folder) {
  int descriptor = ::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (descriptor < 0) {  // not every file system knows O_TMPFILE
    std::string name = (folder / "aced-etl-XXXXXX").string();
    descriptor = ::mkostemp(name.data(), O_CLOEXEC);
    if (descriptor >= 0) ::unlink(name.c_str());
  }
  if (descriptor < 0) {
    throw UsageError(std::string("no temporary file can be made: ") + std::strerror(errno), folder.string(),
                     "name a folder with room for it: --temp-dir or TMPDIR");
  }
  return descriptor;
}

void write_all(int descriptor, const void* data, std::size_t size) {
  const auto* at = static_cast<const char*>(data);
  while (size > 0) {
    const ssize_t done = ::write(descriptor, at, size);
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) {
      throw UnavailableError(std::string("the temporary file cannot be written: ") + std::strerror(errno), {},
                             "free some disk, or name another folder: --temp-dir or TMPDIR");
    }
    at += done;
    size -= static_cast<std::size_t>(done);
  }
}

void read_from(int descriptor, void* data, std::size_t size, std::size_t offset) {
  auto* at = static_cast<char*>(data);
  while (size > 0) {
    const ssize_t got = ::pread(descriptor, at, size, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) throw UnavailableError("the temporary file cannot be read back", {}, "check the disk behind TMPDIR");
    at += got;
    offset += static_cast<std::size_t>(got);
    size -= static_cast<std::size_t>(got);
  }
}

}  // namespace

/// By hash; of one hash, the definitions before the references, each by its place.
template <class Entry>
static bool before(const Entry& a, const Entry& b) {
  const auto key = [](const Entry& e) {
    return std::make_tuple(e.high, e.low, e.text & reference_bit, e.file, e.line);
  };
  return key(a) < key(b);
}

/// The unlinked file that takes the runs, one behind the other: a file for each would run out of descriptors.
class IdIndex::Spill {
 public:
  explicit Spill(const std::filesystem::path& folder) : descriptor_(temporary_file(folder)) {}
  ~Spill() { ::close(descriptor_); }
  Spill(const Spill&) = delete;
  Spill& operator=(const Spill&) = delete;

  void append(const void* data, std::size_t size) {
    write_all(descriptor_, data, size);
    end_ += size;
  }
  void read(void* data, std::size_t size, std::size_t offset) const { read_from(descriptor_, data, size, offset); }
  [[nodiscard]] std::size_t end() const noexcept { return end_; }

 private:
  int descriptor_;
  std::size_t end_ = 0;
};

/// Sorted entries and their texts: in memory, or in the file.
struct IdIndex::Run {
  std::vector<Writer::Entry> entries;  ///< all of them, or those read ahead
  std::string texts;
  const Spill* file = nullptr;
  std::size_t base = 0;        ///< where it begins in the file
  std::size_t count = 0;       ///< entries in all
  std::size_t next = 0;        ///< the next one to give
  std::size_t first_held = 0;  ///< the number of entries[0]

  void spill(Spill& to) {
    base = to.end();
    to.append(entries.data(), entries.size() * sizeof(Writer::Entry));
    to.append(texts.data(), texts.size());
    file = &to;
    std::vector<Writer::Entry>().swap(entries);
    std::string().swap(texts);
  }
  [[nodiscard]] const Writer::Entry* peek() {
    if (next == count) return nullptr;
    if (file != nullptr && (next < first_held || next >= first_held + entries.size())) {
      first_held = next;
      entries.resize(std::min(read_ahead, count - next));
      file->read(entries.data(), entries.size() * sizeof(Writer::Entry), base + next * sizeof(Writer::Entry));
    }
    return &entries[next - first_held];
  }
  /// The text that begins at `offset`; it ends with NUL.
  [[nodiscard]] std::string text(std::size_t offset) const {
    if (file == nullptr) return {texts.c_str() + offset};
    std::string out;
    const std::size_t begin = base + count * sizeof(Writer::Entry) + offset;
    for (char c = 0;; out.push_back(c)) {
      file->read(&c, 1, begin + out.size());
      if (c == '\0') return out;
    }
  }
};

IdIndex::IdIndex(std::size_t memory, unsigned writers, std::filesystem::path temp_dir)
    : memory_per_writer_(memory / std::max(1U, writers)), temp_dir_(std::move(temp_dir)) {}

IdIndex::~IdIndex() = default;

IdIndex::Writer::~Writer() {
  // What cannot be kept for lack of disk was reported by flush() when it happened the first time.
  try {
    flush();
  } catch (const Error&) {  // NOLINT(bugprone-empty-catch)
  }
}

void IdIndex::Writer::define(std::string_view type, std::string_view id, std::uint64_t content, Location where) {
  scratch_.assign(type);
  scratch_.push_back('/');
  scratch_.append(id);
  add({0, 0, content, where.line, where.file, 0}, scratch_);
}

void IdIndex::Writer::refer(std::string_view target, std::uint32_t element, Location where) {
  add({0, 0, element, where.line, where.file, reference_bit}, target);
}

void IdIndex::Writer::add(Entry entry, std::string_view text) {
  const XXH128_hash_t hash = XXH3_128bits(text.data(), text.size());
  entry.high = hash.high64;
  entry.low = hash.low64;
  entry.text |= static_cast<std::uint32_t>(texts_.size());
  texts_.append(text);
  texts_.push_back('\0');
  entries_.push_back(entry);
  if (entries_.size() * sizeof(Entry) + texts_.size() > index_.memory_per_writer_) flush();
}

void IdIndex::Writer::flush() {
  if (entries_.empty()) return;
  auto run = std::make_unique<Run>();
  run->entries.swap(entries_);
  run->texts.swap(texts_);
  run->count = run->entries.size();
  std::ranges::sort(run->entries, [](const Entry& a, const Entry& b) { return before(a, b); });
  const std::lock_guard lock(index_.mutex_);
  // The last run of each writer stays in memory; it is within its share.
  if (run->count * sizeof(Entry) + run->texts.size() > index_.memory_per_writer_) {
    if (!index_.spill_) index_.spill_ = std::make_unique<Spill>(index_.temp_dir_);
    run->spill(*index_.spill_);
  }
  index_.runs_.push_back(std::move(run));
}

void IdIndex::finish(const std::function<void(const Duplicate&)>& duplicate,
                     const std::function<void(const Reference&)>& missing) {
  struct Head {
    const Writer::Entry* entry;
    Run* run;
    [[nodiscard]] bool operator<(const Head& other) const {  // a priority_queue gives the greatest first
      return before(*other.entry, *entry);
    }
  };
  std::priority_queue<Head> heads;
  const auto push = [&](Run& run) {
    if (const Writer::Entry* entry = run.peek()) heads.push({entry, &run});
  };
  for (const auto& run : runs_) push(*run);

  struct Definition {
    bool there = false;
    std::uint64_t high = 0, low = 0, content = 0;
    Location where;
  } definition;
  while (!heads.empty()) {
    const Head head = heads.top();
    heads.pop();
    const Writer::Entry entry = *head.entry;
    const Location where{entry.file, entry.line};
    const bool known = definition.there && definition.high == entry.high && definition.low == entry.low;
    if ((entry.text & reference_bit) == 0) {
      if (known) {
        Duplicate again;
        again.id = head.run->text(entry.text);
        again.where = where;
        again.first = definition.where;
        again.same_content = definition.content == entry.extra;
        duplicate(again);
      } else {
        definition = {true, entry.high, entry.low, entry.extra, where};
      }
    } else if (!known) {
      missing({head.run->text(entry.text & ~reference_bit), static_cast<std::uint32_t>(entry.extra), where});
    }
    ++head.run->next;
    push(*head.run);
  }
}

}  // namespace etl::fhir
