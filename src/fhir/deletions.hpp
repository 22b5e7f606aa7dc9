#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "fhir/document_splitter.hpp"
#include "fhir/findings.hpp"

namespace etl::fhir {

/// Takes what the Bundles of a study delete. Called by several threads.
class DeletionSink {
 public:
  DeletionSink() = default;
  DeletionSink(const DeletionSink&) = delete;
  DeletionSink& operator=(const DeletionSink&) = delete;
  virtual ~DeletionSink() = default;
  /// The resource `target` (Type/id) is deleted.
  virtual void deleted(std::string_view target) = 0;
  /// A deletion that names no single resource (a conditional delete: `Type?name=value`).
  virtual void not_carried_out(Location where) = 0;
};

/// What the entries of one Bundle delete in the end. A resource that the Bundle puts again after its deletion is not
/// deleted; in a `history` Bundle, whose newest entries come first (R5 http.html#history), one that is put before it.
/// Memory: about 100 bytes for each deletion of the Bundle; of a history, for each entry.
class BundleDeletions {
 public:
  void entry(const BundleEntry& entry);
  /// The Bundle has ended: gives what it deletes to `sink` and forgets it. `file` numbers the file for locations.
  void end(std::string_view type, std::uint32_t file, DeletionSink& sink);

 private:
  struct Change {
    bool first_deletes = false;
    bool last_deletes = false;
  };
  void change(std::string target, bool deletes);

  std::unordered_map<std::string, Change> changes_;
  std::vector<std::uint64_t> unnamed_;  ///< lines
};

}  // namespace etl::fhir
