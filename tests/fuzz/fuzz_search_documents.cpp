// Search documents of a study of any shape. The first byte of the input says how it is read; the others are lines of
// FHIR resources or records. Whatever they are, the documents are ones that every server takes, and neither the memory
// nor the number of threads changes them.

#include <filesystem>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>

#include "flat/documents.hpp"
#include "properties.hpp"
#include "simplify/plan.hpp"

namespace {

using namespace etl;
using fuzz::require;
using nlohmann::json;
namespace fs = std::filesystem;

constexpr const char* kDictionary = R"({
  "patient.yaml": {"id": "patient", "title": "Patient", "links": [], "uniqueKeys": [["id"]], "properties": {
    "id": {"type": "string"}, "gender": {"enum": ["male", "female"]}, "active": {"type": "boolean"},
    "identifier": {"type": ["array", "null"], "items": {"type": "string"}},
    "identifier_coding": {"type": "array", "items": {"type": "string"}},
    "multipleBirthInteger": {"type": "integer"}, "a_number": {"type": "number"}, "maritalStatus": {"type": "string"}}},
  "observation.yaml": {"id": "observation", "title": "Observation", "uniqueKeys": [["id"]],
    "links": [{"name": "subject_Patient", "backref": "observations", "label": "subject", "target_type": "patient",
               "multiplicity": "many_to_one", "required": false}],
    "properties": {"id": {"type": "string"}, "status": {"type": "string"}, "category": {"type": "array"},
                   "valueInteger": {"type": "integer"}, "valueString": {"type": "string"}}},
  "condition.yaml": {"id": "condition", "title": "Condition", "links": [], "uniqueKeys": [["id"]],
                     "properties": {"id": {"type": "string"}}},
  "specimen.yaml": {"id": "specimen", "title": "Specimen", "links": [], "uniqueKeys": [["id"]],
                    "properties": {"id": {"type": "string"}}},
  "document_reference.yaml": {"id": "document_reference", "title": "DocumentReference", "links": [],
    "uniqueKeys": [["id"]], "properties": {"id": {"type": "string"}, "file_size": {"type": "integer"}}}})";

/// A file in memory under a name that is read as lines.
class Study {
 public:
  Study() {
    std::string name = (fs::temp_directory_path() / "aced-etl-fuzz-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    folder_ = name;
    fs::create_symlink(file_.path(), path());
  }
  ~Study() {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  Study(const Study&) = delete;
  Study& operator=(const Study&) = delete;
  void set(std::string_view bytes) const { file_.set(bytes); }
  [[nodiscard]] fs::path path() const { return folder_ / "study.ndjson"; }

 private:
  fuzz::MemoryFile file_{"study"};
  fs::path folder_;
};

/// The value of a JSON text none of whose objects has a name twice.
json strict(std::string_view text) {
  std::vector<std::set<std::string>> open;
  return json::parse(text, [&](int /*depth*/, json::parse_event_t event, json& value) {
    if (event == json::parse_event_t::object_start) open.emplace_back();
    if (event == json::parse_event_t::object_end) open.pop_back();
    if (event == json::parse_event_t::key)
      require(open.back().insert(value.get<std::string>()).second, "a name twice in a document");
    return true;
  });
}

void require_fits(const json& value, const flat::Column& column) {
  require(value.is_array() == column.array, "not a list where the column is one, or the other way: " + column.name);
  for (const json& one : value.is_array() ? value : json::array({value})) {
    require(one.is_primitive() && !one.is_null(), "no single value: " + column.name);
    if (column.kind == flat::Kind::long_integer) require(one.is_number_integer(), "no integer: " + column.name);
    if (column.kind == flat::Kind::double_decimal) require(one.is_number(), "no number: " + column.name);
  }
}

class Checked final : public flat::DocumentSink {
 public:
  explicit Checked(flat::Layout layout) : layout_(layout) {}

  bool begin(std::span<const flat::DocumentSet> sets, std::string_view digest) override {
    digest_ = digest;
    for (const flat::DocumentSet& set : sets) {
      sets_.push_back(set);
      columns_.emplace_back();
      for (const flat::Column& column : set.columns) {
        require(flat::is_column_name(column.name), "no name of GraphQL: " + column.name);
        require(columns_.back().emplace(column.name, column).second, "a column twice");
      }
    }
    documents_.resize(sets.size());
    return true;
  }

  void take(std::size_t set, std::span<const flat::Document> documents) override {
    const std::lock_guard lock(mutex_);
    for (const flat::Document& document : documents) {
      require(document.json.find('\n') == std::string_view::npos, "a document on several lines");
      const json content = strict(document.json);
      const std::string id = json::parse("\"" + std::string(document.id) + "\"").get<std::string>();
      require(documents_[set].emplace(id, std::string(document.json)).second, "an id twice: " + id);
      check(set, id, content);
    }
  }

  void finish() const {
    for (std::size_t set = 0; set < sets_.size(); ++set)
      require(documents_[set].size() == sets_[set].documents, "another number of documents than announced");
  }
  friend bool operator==(const Checked& a, const Checked& b) {
    return a.digest_ == b.digest_ && a.documents_ == b.documents_;
  }

 private:
  void check(std::size_t set, const std::string& id, const json& content) const {
    const std::string prefix = layout_ == flat::Layout::dictionary ? "" : sets_[set].type + "_";
    require(content.at(prefix + "id") == id, "the id was overwritten");
    require(content.at("project_id") == "a-b" && content.at("auth_resource_path") == "/programs/a/projects/b",
            "the project was overwritten");
    for (const auto& [name, value] : content.items()) {
      const auto column = columns_[set].find(name);
      if (column != columns_[set].end()) {
        require_fits(value, column->second);
      } else {
        require(layout_ == flat::Layout::dictionary, "a member without a column: " + name);
        require(name.find_first_not_of("_0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") ==
                    std::string::npos,
                "a name that servers take apart: " + name);
      }
      if (!name.ends_with("identifier_coding")) continue;
      for (const json& one : value.is_array() ? value : json::array({value}))
        require(!one.is_string() || !one.get<std::string>().starts_with("http://hl7.org/fhir/sid/us-ssn#"),
                "a social security number");
    }
  }

  flat::Layout layout_;
  std::mutex mutex_;
  std::string digest_;
  std::vector<flat::DocumentSet> sets_;
  std::vector<std::map<std::string, flat::Column>> columns_;
  std::vector<std::map<std::string, std::string>> documents_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  static const Study study;
  static const dictionary::Dictionary dictionary = dictionary::Dictionary::parse(kDictionary, "fuzz");
  static const simplify::Plans plans(simplify::Config::load(""), &dictionary);
  const unsigned how = data[0];
  study.set(fuzz::text_of(data + 1, size - 1));
  const auto layout = (how & 1U) != 0 ? flat::Layout::dataframe : flat::Layout::dictionary;
  const auto make = [&](std::size_t memory, unsigned threads, Checked& sink) {
    const flat::DocumentsRequest request{
        .layout = layout,
        .project = {"a", "b"},
        .study = {.path = study.path().string(),
                  .selection = {},
                  .plans = plans,
                  .dictionary = &dictionary,
                  .ids = (how & 2U) != 0 ? std::optional<simplify::IdTransform>("seed") : std::nullopt,
                  .validate = (how & 4U) != 0,
                  .latest = (how & 8U) != 0,
                  .threads = threads,
                  .limits = {},
                  .temp_dir = fs::temp_directory_path()},
        .limit = (how & 16U) != 0 ? 1U : 0U,
        .memory = memory};
    simplify::IssueReport report([](const fhir::Issue&, bool) {}, true);
    return fuzz::refusal_of(
        [&] { static_cast<void>(flat::make_documents(request, sink, report, [](std::uint64_t) {})); });
  };
  Checked first(layout);
  const auto refused = make(std::size_t{1} << 20U, 1, first);
  Checked again(layout);
  const auto refused_again = make(0, 2, again);
  require(refused.has_value() == refused_again.has_value(), "refused once and not the other time");
  if (refused) return 0;
  first.finish();
  require(first == again, "other documents with less memory");
  return 0;
}
