#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/project_id.hpp"
#include "config/settings.hpp"
#include "search/bulk_sender.hpp"

/// What all loads of the search server have in common, whichever index the documents go to.
namespace etl::search {

/// A type of document, as its index is to be.
struct DocumentType {
  std::string name;                                      ///< "patient": part of the index's name
  std::vector<std::string> aliases;                      ///< the first one tells which generation readers see
  nlohmann::json properties = nlohmann::json::object();  ///< fields; no other ones are indexed
  bool for_guppy = true;  ///< the first alias must always have an index, or guppy ends: an empty one if need be
  std::optional<std::vector<std::string>> list_fields = {};  ///< what guppy's array-config is to say; nothing: leave it
};

/// Which index a project's documents are in.
enum class IndexLayout : unsigned char {
  project,  ///< one of its own for each type, which takes the place of the previous one when it is complete
  single,   ///< `{prefix}_{type}_0`, which it shares with all other projects, as the tools before this one have it
};

/// As the setting search.layout_index says.
[[nodiscard]] IndexLayout index_layout(const config::Settings& settings);

/// What a load is to do.
struct LoadRequest {
  ProjectId project;
  std::string what;  ///< "search" or "fhir": one load of each at a time
  std::string prefix;
  std::vector<DocumentType> types;
  std::string digest;  ///< of all that decides the documents; empty: not known, so they are always sent
  /// Of the files that the documents are made of, and of all settings for that. It is known before the documents are,
  /// and tells that nothing has changed without making them; empty: not known.
  std::string source = {};
  bool force = false;  ///< also when the digest is that of the last load
  /// Previous generations to keep; 0: the command waits a minute and removes the last one, too. A single index has
  /// none.
  unsigned keep = 1;
  bool dry_run = false;
  IndexLayout layout_index = IndexLayout::project;
  BulkOptions bulk;
  std::filesystem::path state_dir;
  std::filesystem::path reject_file;

  /// As the settings search.* and state_dir say; the types and the digest are still to be set.
  [[nodiscard]] static LoadRequest from(const config::Settings& settings, Server& server, ProjectId project);
};

/// What became of one type.
struct TypeReport {
  std::string type;
  std::string index;         ///< that readers see now; empty: none
  std::uint64_t before = 0;  ///< documents that readers saw
  std::uint64_t after = 0;
  bool changed = false;
  std::vector<std::string> fields = {};  ///< that guppy should know
  std::vector<std::string>
      new_fields;  ///< that no index behind the alias had: guppy does not know them until it restarts
};

struct LoadReport {
  bool unchanged = false;
  std::vector<TypeReport> types;
  [[nodiscard]] bool has_new_fields() const;
};

/// Makes the search server hold a project's documents, and no others of this project.
///
///   const auto load = make_load(server, request);      // locks the project
///   if (!load->is_unchanged()) { load->begin(); … load->add(0, id, document); … }
///   const LoadReport report = load->finish();
class Load {
 public:
  Load() = default;
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;
  virtual ~Load() = default;

  /// What was not known when the load was made: the digest, and fields of the types, which stay the same otherwise.
  virtual void describe(std::string digest, std::vector<DocumentType> types) = 0;
  /// The server holds what the digest stands for, as the last load left it; before describe(), what the source does.
  [[nodiscard]] virtual bool is_unchanged() = 0;
  /// Makes the indexes ready for the fields. RefusedError before anything is changed when a field has another type
  /// there, or when there are too many.
  virtual void begin() = 0;
  /// `type`: its place in the request. From any thread.
  virtual void add(std::size_t type, std::string_view id, std::string_view document) = 0;
  /// Sends the rest and checks what the server holds. RefusedError when documents were refused for good or the count is
  /// wrong.
  [[nodiscard]] virtual LoadReport finish() = 0;
};

/// The load that `request.layout_index` asks for. LockedError when another process is at work on the project.
[[nodiscard]] std::unique_ptr<Load> make_load(Server& server, LoadRequest request);

}  // namespace etl::search
