#include "simplify/record_reader.hpp"

#include <fmt/format.h>
#include <xxhash.h>

#include <cstring>
#include <map>
#include <optional>

#include "base/error.hpp"
#include "base/text.hpp"
#include "fhir/byte_stream.hpp"
#include "simplify/storage_check.hpp"

namespace etl::simplify {
namespace {

using fhir::Cursor;
using fhir::IssueKind;

/// `document_reference` -> `DocumentReference`, as FHIR or else the dictionary spells it.
class TypeNames {
 public:
  explicit TypeNames(const dictionary::Dictionary* dictionary) {
    for (const fhir::Type& type : fhir::Model::r5().types()) {
      if (type.kind == fhir::Kind::resource) names_.emplace(snake_case(type.name), type.name);
    }
    if (dictionary == nullptr) return;
    for (const auto& node : dictionary->nodes()) names_.emplace(node.label, node.title);
  }
  [[nodiscard]] std::string_view of(std::string_view name) const {
    const auto found = names_.find(name);
    return found == names_.end() ? std::string_view{} : std::string_view(found->second);
  }

 private:
  std::map<std::string, std::string, std::less<>> names_;
};

class RecordWorker final : public BlockWorker {
 public:
  RecordWorker(const WorkerOptions& options, const std::vector<fhir::StudyFile>& files, fhir::IdIndex* index)
      : files_(files),
        names_(options.dictionary),
        references_(options.references),
        storage_({options.dictionary, options.project, true}) {
    if (index != nullptr) index_.emplace(*index);
  }

  void process(const fhir::Block& block, BlockSink& sink) override {
    for (const fhir::Block::Piece& piece : block.pieces) one(block, piece, sink);
  }
  [[nodiscard]] const fhir::Warnings& warnings() const noexcept override { return warnings_; }
  [[nodiscard]] const Tally& tally() const noexcept override { return tally_; }

 private:
  struct Field {
    std::string_view key;
    std::string_view value;
  };

  void one(const fhir::Block& block, const fhir::Block::Piece& piece, BlockSink& sink);
  void read(Cursor& cursor);
  void read_relations(Cursor& cursor);
  void read_object(Cursor& cursor);
  void find_keys();

  const std::vector<fhir::StudyFile>& files_;
  TypeNames names_;
  References references_;
  StorageCheck storage_;
  std::optional<fhir::IdIndex::Writer> index_;
  fhir::Structurals structurals_;
  fhir::Warnings warnings_;
  Tally tally_;

  std::string_view id_;
  std::string_view name_;
  std::string_view object_;
  std::vector<Relation> relations_;
  std::vector<Field> fields_;
  std::vector<std::vector<std::string_view>> keys_;
};

void RecordWorker::one(const fhir::Block& block, const fhir::Block::Piece& piece, BlockSink& sink) {
  ++tally_.resources;
  const std::string_view text = block.piece(piece);
  Buffer padded;
  padded.append(text);
  padded.pad();
  Rejected rejected;
  const auto add_issue = [&](IssueKind kind, std::string message, std::string path = {}) {
    fhir::Issue issue;
    issue.kind = kind;
    issue.file = files_[block.file].name;
    issue.line = piece.line;
    issue.path = std::move(path);
    issue.message = std::move(message);
    rejected.issues.push_back(std::move(issue));
  };
  const auto hand_on = [&] {
    rejected.text = text;
    ++tally_.rejected;
    sink.rejected(std::move(rejected));
  };
  const auto reject = [&](IssueKind kind, std::string message) {
    add_issue(kind, std::move(message));
    hand_on();
  };
  if (const std::string_view wrong = structurals_.index(padded.view()); !wrong.empty()) {
    reject(IssueKind::json, std::string(wrong));
    return;
  }
  try {
    Cursor cursor(padded.data(), structurals_.begin(), text.find('\\') != std::string_view::npos);
    read(cursor);
    if (cursor.offset() < text.size()) cursor.fail("nothing after the record");
  } catch (const fhir::SyntaxError& issue) {
    reject(IssueKind::json, fmt::format("not a record: expected {}", issue.expected));
    return;
  }
  const std::string_view type = names_.of(name_);
  if (id_.empty() || object_.empty() || type.empty()) {
    reject(type.empty() ? IssueKind::resource_type : IssueKind::id,
           id_.empty()       ? "no id; expected a record with id, name, relations and object"
           : object_.empty() ? "no object; expected a record with id, name, relations and object"
                             : fmt::format("\"{}\" is not a type of FHIR or of the dictionary", name_));
    return;
  }
  find_keys();
  const Record record{id_, type, name_, relations_, object_, {block.file, piece.line}};
  storage_.check(record, [&](std::string_view property, std::string message) {
    add_issue(IssueKind::storage, std::move(message),
              fmt::format("{}{}{}", type, property.empty() ? "" : ".", property));
  });
  if (!rejected.issues.empty()) {
    hand_on();
    return;
  }
  ++tally_.records;
  if (index_) {
    index_->define(type, id_, XXH3_64bits(text.data(), text.size()), record.where);
    if (references_ != References::none) {
      for (const Relation& relation : relations_) {
        index_->refer(fmt::format("{}/{}", relation.dst_type, relation.dst_id), UINT32_MAX, record.where);
      }
    }
  }
  sink.record(record);
}

void RecordWorker::read(Cursor& cursor) {
  id_ = name_ = object_ = {};
  relations_.clear();
  fields_.clear();
  cursor.expect('{', "a record: a JSON object");
  if (cursor.empty('}')) return;
  do {
    const std::string_view key = cursor.key();
    if (key == "id") {
      id_ = cursor.string("the record's id as a string");
    } else if (key == "name") {
      name_ = cursor.string("the record's name as a string");
    } else if (key == "relations") {
      read_relations(cursor);
    } else if (key == "object") {
      read_object(cursor);
    } else {
      cursor.fail("id, name, relations or object");
    }
  } while (cursor.more('}'));
}

void RecordWorker::read_relations(Cursor& cursor) {
  cursor.expect('[', "relations as an array");
  if (cursor.empty(']')) return;
  do {
    Relation relation{};
    cursor.expect('{', "a relation: a JSON object");
    if (!cursor.empty('}')) {
      do {
        const std::string_view key = cursor.key();
        if (key == "dst_id") {
          relation.dst_id = cursor.string();
        } else if (key == "dst_name") {
          relation.dst_name = cursor.string();
        } else {
          cursor.skip();
        }
      } while (cursor.more('}'));
    }
    relation.dst_type = names_.of(relation.dst_name);
    if (relation.dst_id.empty() || relation.dst_type.empty())
      cursor.fail("a relation with dst_id and a known dst_name");
    relations_.push_back(relation);
  } while (cursor.more(']'));
}

/// Keep the object's text, and those of its values that may be references.
void RecordWorker::read_object(Cursor& cursor) {
  const std::uint32_t begin = cursor.offset();
  cursor.expect('{', "the flat object");
  std::uint32_t end = cursor.offset();
  if (!cursor.empty('}')) {
    bool more = true;
    while (more) {
      const std::string_view key = cursor.key();
      if (cursor.peek() == '"') {
        if (const std::string_view value = cursor.string(); fhir::relative_reference(value))
          fields_.push_back({key, value});
      } else if (cursor.peek() == '[') {
        cursor.expect('[', "'['");
        if (!cursor.empty(']')) {
          do {
            if (cursor.peek() != '"') {
              cursor.skip();
            } else if (const std::string_view value = cursor.string(); fhir::relative_reference(value)) {
              fields_.push_back({key, value});
            }
          } while (cursor.more(']'));
        }
      } else {
        cursor.skip();
      }
      end = cursor.offset();
      more = cursor.more('}');
    }
  }
  object_ = {cursor.base() + begin, end + 1 - begin};
}

void RecordWorker::find_keys() {
  keys_.assign(relations_.size(), {});
  for (std::size_t i = 0; i < relations_.size(); ++i) {
    Relation& relation = relations_[i];
    for (const Field& field : fields_) {
      const fhir::RelativeReference parts = fhir::relative_reference(field.value);
      if (parts.type == relation.dst_type && parts.id == relation.dst_id) keys_[i].push_back(field.key);
    }
    // A relation without a key in the object is still one: an empty name fits no link, and the first table counts.
    if (keys_[i].empty()) keys_[i].emplace_back();
    relation.keys = keys_[i];
  }
}

}  // namespace

bool holds_records(const std::vector<fhir::StudyFile>& files) {
  for (const fhir::StudyFile& file : files) {
    if (file.path == "-" || !std::filesystem::is_regular_file(file.path)) return false;
    std::string head(std::size_t{1} << 16, '\0');
    try {
      const auto stream = fhir::ByteStream::open(file);
      std::size_t have = 0;
      while (have < head.size()) {
        const std::size_t got = stream->read(head.data() + have, head.size() - have);
        if (got == 0) break;
        have += got;
      }
      head.resize(have);
    } catch (const Error&) {
      continue;  // the reader will name it
    }
    if (head.find_first_not_of(" \t\r\n") == std::string::npos) continue;
    const std::string line = head.substr(0, head.find('\n'));
    const std::size_t relations = line.find("\"relations\"");
    const std::size_t object = line.find("\"object\"");
    const std::size_t type = line.find("\"resourceType\"");
    return relations != std::string::npos && object != std::string::npos &&
           (type == std::string::npos || relations < type);
  }
  return false;
}

std::unique_ptr<BlockWorker> make_record_worker(const WorkerOptions& options, const std::vector<fhir::StudyFile>& files,
                                                fhir::IdIndex* index) {
  return std::make_unique<RecordWorker>(options, files, index);
}

}  // namespace etl::simplify
