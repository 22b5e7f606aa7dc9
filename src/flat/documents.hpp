#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/project_id.hpp"
#include "config/settings.hpp"
#include "flat/columns.hpp"
#include "simplify/issue_report.hpp"
#include "simplify/study.hpp"

// From a study to the documents of the search indexes.

namespace etl::flat {

/// Identifier systems that stay out of every document unless the request names others: social security numbers,
/// passports, driver's licences. Patterns as of fnmatch, without regard to case.
[[nodiscard]] const std::vector<std::string>& personal_systems();

struct DocumentsRequest {
  Layout layout = Layout::dictionary;
  ProjectId project;
  /// How the study is read: path, plans, dictionary, ids, threads, temp_dir, stop, … (simplify::StudySetup::options).
  /// The layout `dictionary` needs a dictionary; records that were simplified earlier are read by it alone.
  simplify::StudyOptions study;
  std::vector<std::string> types = {};          ///< of document_types(); empty: all
  std::uint64_t limit = 0;                      ///< so many documents of each type, the first of the study; 0: all
  std::size_t memory = std::size_t{64} << 20U;  ///< bytes that rows and joins may hold; what is more goes to temp_dir
  std::vector<std::string> personal = personal_systems();

  /// As the settings search.layout, search.personal_identifiers and limits.join_memory_mib say.
  [[nodiscard]] static DocumentsRequest from(const config::Settings& settings, ProjectId project,
                                             simplify::StudyOptions study);
};

/// What is known of the documents of one type before the first of them is made.
struct DocumentSet {
  std::string type;
  std::uint64_t documents = 0;
  /// Every column that a document of this study may have, by name; the fixed ones are among them.
  std::vector<Column> columns;
};

struct Document {
  std::string_view id;    ///< raw JSON text: the inside of a string
  std::string_view json;  ///< one object on one line, without a newline; no name occurs twice in it
};

/// Takes the documents of a study.
class DocumentSink {
 public:
  DocumentSink() = default;
  DocumentSink(const DocumentSink&) = delete;
  DocumentSink& operator=(const DocumentSink&) = delete;
  virtual ~DocumentSink() = default;

  /// Called once, when the study has been read and is valid: one set for each type of the request, in its order.
  /// `digest`: a hash (hexadecimal) of everything that the documents depend on; equal digests give equal documents.
  /// Answers whether the documents are wanted.
  [[nodiscard]] virtual bool begin(std::span<const DocumentSet> sets, std::string_view digest) = 0;

  /// Some documents of the set of this number. Called from several threads at the same time, unless ordered(). The
  /// views live until the call returns. What it throws ends the reading and comes out of make_documents().
  virtual void take(std::size_t set, std::span<const Document> documents) = 0;

  /// Are the documents to come in the order of the study, in one call at a time?
  [[nodiscard]] virtual bool ordered() const { return false; }
};

/// Why a value or resource of the study is not in the documents.
enum class Loss : std::uint8_t {
  no_number,        ///< the column takes numbers, and this is none, or too large
  more_values,      ///< the column takes one value: the first one is kept
  object,           ///< an object, which no column takes
  unusable_name,    ///< a name that is another column's after it is made usable
  overwritten,      ///< more observations, conditions or attachments than the columns hold: the last one is kept
  unreadable,       ///< a value that lacks what it needs, or of a kind that no column shows
  missing_subject,  ///< the row's subject is not in the study
  no_patient,       ///< an observation without a patient
  repeated,         ///< a resource that stands in the study more than once: one document is made
  personal,         ///< an identifier of a system that stays out
};
inline constexpr std::size_t loss_kinds = 10;

/// As the report says it: `left out: no number`.
[[nodiscard]] std::string_view name_of(Loss loss) noexcept;

struct DocumentsReport {
  simplify::StudyResult study;
  std::vector<std::uint64_t> documents;  ///< of each set
  std::uint64_t bytes = 0;               ///< of their JSON
  /// How often, by reason and by column or type (`observation.valueInteger`).
  std::map<std::pair<Loss, std::string>, std::uint64_t> lost;
};

/// Reads the study and gives its documents to `sink`. The study is read to its end before the first document is made,
/// since a document may need what stands anywhere in it. InputError when the study is not valid (`report` has told
/// why); dangling references make it invalid only if `report` says so. `progress` is told of bytes of the study that
/// have been read. Memory: that of reading a study, `request.memory`, and a few blocks for each thread.
[[nodiscard]] DocumentsReport make_documents(const DocumentsRequest& request, DocumentSink& sink,
                                             simplify::IssueReport& report,
                                             const std::function<void(std::uint64_t)>& progress);

}  // namespace etl::flat
