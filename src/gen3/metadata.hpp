#pragma once

#include <functional>
#include <optional>
#include <string>

#include "gen3/session.hpp"

namespace etl::gen3 {

/// metadata-service, the commons' store of documents by GUID, at /mds.
class MetadataService {
 public:
  explicit MetadataService(Session& session) : session_(session) {}

  /// False when there is one already, which stays as it is.
  bool create(const std::string& guid, const nlohmann::json& document);
  /// Makes it, or replaces what is there. True when it was made.
  bool overwrite(const std::string& guid, const nlohmann::json& document);
  [[nodiscard]] std::optional<nlohmann::json> get(const std::string& guid);

  // The same with documents as text, so that numbers keep their digits. Since August 2026 the service may ask for a
  // token when it is read, too: it is sent where there is one.

  /// An object; RefusedError where the document is none. `guid` may also be an alias of a document.
  [[nodiscard]] std::optional<std::string> get_text(const std::string& guid);
  /// False when there is one already, which stays as it is.
  bool create_text(const std::string& guid, const std::string& document);
  /// Replaces these members at the top level of a document, and keeps the others. False when it is not there; an alias
  /// does not count.
  bool merge_text(const std::string& guid, const std::string& members);
  /// False when it is not there.
  bool remove(const std::string& guid);
  /// Every document whose `_guid_type` is this one, page by page.
  void list(const std::string& guid_type,
            const std::function<void(const std::string& guid, const nlohmann::json& document)>& each);

 private:
  Session& session_;
};

}  // namespace etl::gen3
