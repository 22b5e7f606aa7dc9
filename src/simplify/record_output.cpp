#include "simplify/record_output.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <nlohmann/json.hpp>
#include <set>
#include <system_error>

#include "base/access.hpp"
#include "base/closed_pipe.hpp"
#include "base/errno_text.hpp"
#include "base/error.hpp"
#include "base/exhausted.hpp"
#include "base/log.hpp"

namespace etl::simplify {
namespace {

constexpr std::size_t write_size = std::size_t{1} << 20;

std::string file_name(const std::string& type) { return type + ".ndjson"; }

void write_stdout(std::string_view text) {
  while (!text.empty()) {
    const ssize_t done = ::write(STDOUT_FILENO, text.data(), text.size());
    if (done < 0 && errno == EINTR) continue;
    if (done < 0 && errno == EPIPE) throw ClosedPipeError();
    if (done <= 0) {
      refuse_exhausted_stream(errno, "standard output");
      throw UnavailableError("cannot write the records: " + errno_text(errno), "standard output",
                             "check the disk that they go to, then run again");
    }
    text.remove_prefix(static_cast<std::size_t>(done));
  }
}

/// The lines of a file that is open for reading, one after the other.
class Lines {
 public:
  explicit Lines(int descriptor) : descriptor_(descriptor) {}
  bool next(std::string& line) {
    line.clear();
    for (;;) {
      const std::size_t end = chunk_.find('\n', at_);
      line.append(chunk_, at_, end == std::string::npos ? std::string::npos : end - at_);
      if (end != std::string::npos) {
        at_ = end + 1;
        return true;
      }
      chunk_.resize(write_size);
      const ssize_t got = ::pread(descriptor_, chunk_.data(), chunk_.size(), offset_);
      if (got < 0) throw UnavailableError("the output cannot be read back", {}, "check the disk");
      chunk_.resize(static_cast<std::size_t>(got));
      at_ = 0;
      offset_ += got;
      if (got == 0) return !line.empty();
    }
  }

 private:
  int descriptor_;
  off_t offset_ = 0;
  std::string chunk_;
  std::size_t at_ = 0;
};

}  // namespace

/// The lines of one block: by type, or all together in their order.
class RecordLines final : public Consumer::Part {
 public:
  struct Type {
    std::string_view name;
    Buffer lines;
    std::uint64_t records = 0;
  };

  RecordLines(Dialect dialect, bool by_type) : dialect_(dialect), by_type_(by_type) {}

  void record(const Record& record) override {
    // Blocks hold long runs of one type.
    const std::string_view name = by_type_ ? record.type : std::string_view{};
    if (current_ == nullptr || current_->name.data() != name.data()) current_ = &of(name);
    append_line(current_->lines, record, dialect_);
    ++current_->records;
  }

  /// Empty it. What this block had no line of is forgotten: parts live long, and would come to hold memory for every
  /// type.
  void clear() {
    std::erase_if(types, [](const auto& type) { return type->lines.empty(); });
    for (const auto& type : types) {
      type->lines.clear();
      type->records = 0;
    }
    current_ = nullptr;
  }

  std::vector<std::unique_ptr<Type>> types;

 private:
  Type& of(std::string_view name) {
    for (const auto& type : types) {
      if (type->name == name) return *type;
    }
    types.push_back(std::make_unique<Type>());
    types.back()->name = name;
    return *types.back();
  }

  Dialect dialect_;
  bool by_type_;
  Type* current_ = nullptr;
};

template class ConsumerOf<RecordLines>;

RecordOutput::RecordOutput(std::string path, Dialect dialect, RejectFile* rejects,
                           std::function<void(std::uint64_t)> progress)
    : path_(std::move(path)), dialect_(dialect), rejects_(rejects), progress_(std::move(progress)) {
  if (path_ != "-") files_.emplace(path_);
}

RecordOutput::~RecordOutput() = default;

std::unique_ptr<RecordLines> RecordOutput::make_part() { return std::make_unique<RecordLines>(dialect_, path_ != "-"); }

void RecordOutput::take_part(RecordLines& lines) {
  for (const auto& type : lines.types) {
    if (type->lines.empty()) continue;
    const std::string name(type->name);
    if (path_ == "-") {
      write_stdout(type->lines.view());
    } else {
      files_->file(file_name(name)).write(type->lines.view());
    }
    counts_[name] += type->records;
  }
  lines.clear();
}

bool RecordOutput::restart() {
  if (path_ == "-") return false;
  files_->clear();
  counts_.clear();
  return true;
}

void RecordOutput::rejected(const Rejected& rejected) {
  if (rejects_ != nullptr) rejects_->add(rejected);
}

void RecordOutput::file_issue(const fhir::Issue& issue) {
  if (rejects_ != nullptr) rejects_->add(issue);
}

void RecordOutput::take_out(const std::vector<fhir::IdIndex::Duplicate>& duplicates,
                            const std::vector<std::string>& files) {
  std::map<std::string, Places> by_type;
  for (const auto& duplicate : duplicates) {
    const std::size_t slash = duplicate.id.find('/');
    by_type[duplicate.id.substr(0, slash)][duplicate.id.substr(slash + 1)].push_back(duplicate.where);
  }
  for (const auto& [type, places] : by_type) take_out_of(type, places, files);
}

void RecordOutput::take_out_of(const std::string& type, const Places& places, const std::vector<std::string>& files) {
  struct Repeats {
    std::string first;
    std::size_t differing = 0;  ///< lines that are not the first one
    std::size_t taken = 0;
    std::size_t equal_taken = 0;
    bool met = false;
  };
  std::map<std::string, Repeats> repeats;
  const auto id_of = [](const std::string& line) { return nlohmann::json::parse(line).at("id").get<std::string>(); };
  AtomicFile& old = files_->file(file_name(type));
  std::string line;
  for (Lines lines(old.descriptor()); lines.next(line);) {
    const std::string id = id_of(line);
    if (!places.contains(id)) continue;
    const auto [at, fresh] = repeats.try_emplace(id);
    if (fresh) at->second.first = line;
    if (at->second.first != line) ++at->second.differing;
  }

  AtomicFile kept = files_->create(file_name(type));
  std::string text;
  for (Lines lines(old.descriptor()); lines.next(line);) {
    const std::string id = id_of(line);
    const auto found = places.find(id);
    if (found != places.end()) {
      Repeats& all = repeats[id];
      // Resources that differ may give equal records: of those, as many go as duplicates are left.
      const std::size_t equal = found->second.size() - std::min(all.differing, found->second.size());
      const bool differs = line != all.first;
      if (all.met && (differs || all.equal_taken < equal)) {
        if (!differs) ++all.equal_taken;
        const fhir::Location where = found->second[std::min(all.taken++, found->second.size() - 1)];
        fhir::Issue issue;
        issue.kind = fhir::IssueKind::duplicate_id;
        issue.file = files.at(where.file);
        issue.line = where.line;
        issue.message = fmt::format("{}/{} is in the study already, with other content", type, id);
        if (rejects_ != nullptr) rejects_->add(issue, line);
        --counts_[type];
        continue;
      }
      all.met = true;
    }
    text += line;
    text += '\n';
    if (text.size() > write_size) {
      kept.write(text);
      text.clear();
    }
  }
  kept.write(text);
  files_->replace(file_name(type), std::move(kept));
}

void RecordOutput::commit() {
  if (files_) files_->commit();
}

}  // namespace etl::simplify
